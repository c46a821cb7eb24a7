import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Core } from './context.ts'
import { pumpGroups } from './shared-subscriptions.ts'
import { continueStored } from './stored-delivery.ts'

/** Goes on with Sessions that waited for a commit, or for a Client that reads. */
export const continueStalled = (core: Core): void => {
  for (const session of [...core.stalled]) {
    const { stored, connection } = session
    if (connection !== undefined && connection.output.pendingBytes > core.limits.outputPauseBytes) continue
    core.stalled.delete(session)
    if (stored === undefined || connection === undefined) continue
    continueStored(core, session, stored)
    pumpGroups(core, session)
  }
}

/** The store has answered: what was asked for goes out, then what waits in the groups of the Session. */
export const recordsLoaded = (core: Core, ticket: number, records: readonly LoadedRecord[] | undefined): void => {
  const load = core.loads.get(ticket)
  if (load === undefined) return
  core.loads.delete(ticket)
  const session = load(records)
  if (session !== undefined) pumpGroups(core, session)
}
