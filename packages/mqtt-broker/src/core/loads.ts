import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Core } from './context.ts'
import { rangeOfQueue } from './records/keys.ts'
import { StoredQueue } from './stored-queue.ts'

/** What is done with the records when they come. Undefined: the store could not be read. */
export type Load = (records: readonly LoadedRecord[] | undefined) => void

/** Asks for the next messages of a queue, from a sequence on; the ticket names the answer. */
export const requestLoad = (core: Core, number: number, sequence: number, load: Load): number => {
  const ticket = core.nextTicket++
  core.loads.set(ticket, load)
  core.edges.load!(ticket, { ...rangeOfQueue(number, sequence), ...StoredQueue.chunk })
  return ticket
}

export const recordsLoaded = (core: Core, ticket: number, records: readonly LoadedRecord[] | undefined): void => {
  const load = core.loads.get(ticket)
  if (load === undefined) return
  core.loads.delete(ticket)
  load(records)
}
