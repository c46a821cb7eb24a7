import type { Core } from './context.ts'
import type { GroupOrigin } from './records/queued-record.ts'

/** A message that was written down for its group is done, given up, or written down elsewhere. */
export const forgetOrigin = (core: Core, origin: GroupOrigin | undefined): void => {
  if (origin !== undefined) core.records.forgetQueued(origin.number, origin.sequence, 0)
}
