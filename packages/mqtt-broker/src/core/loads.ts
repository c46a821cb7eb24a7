import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Core } from './context.ts'
import type { Session } from './session.ts'
import { rangeOfQueue } from './records/keys.ts'
import { StoredQueue } from './stored-queue.ts'

/** What is done with the records when they come (undefined: the store could not be read). The Session that may have room now. */
export type Load = (records: readonly LoadedRecord[] | undefined) => Session | undefined

/** Asks for the next messages of a queue, from a sequence on; the ticket names the answer. */
export const requestLoad = (core: Core, number: number, sequence: number, load: Load): number => {
  const ticket = core.nextTicket++
  core.loads.set(ticket, load)
  core.edges.load!(ticket, { ...rangeOfQueue(number, sequence), ...StoredQueue.chunk })
  return ticket
}
