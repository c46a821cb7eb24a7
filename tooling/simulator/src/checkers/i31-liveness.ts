import { QUIET_MS } from '../simulation.ts'
import type { Checker } from './checker.ts'
import { exchange } from './outstanding.ts'
import { timeOf } from './session-times.ts'

/** I31 */
export const liveness: Checker = {
  name: 'I31',
  says: 'within 60 s after the last fault everything is delivered and acknowledged, and nobody waits',
  *check(story) {
    const { healed, leaving } = story
    // Until the audit, which takes a few seconds of its own.
    const quietMs = timeOf(story, leaving) - timeOf(story, healed)
    const last = story.history[leaving]
    const waiting = last?.type === 'leaving' ? last.waiting : []
    if (quietMs >= QUIET_MS && waiting.length > 0) {
      yield {
        place: leaving,
        text: `${waiting.join(', ')} is not connected, or not done, after ${QUIET_MS} ms without a fault`,
      }
    }
    for (const connection of story.connections.values()) {
      if (connection.plan.kind !== 'raw' || !connection.accepted || connection.goneForClient < leaving) continue
      const before = { written: upTo(connection.written), read: upTo(connection.read) }
      let open = 0
      exchange(before, ({ outstanding }) => {
        open = outstanding.size
      })
      if (open > 0) yield { place: leaving, text: `${open} messages for ${connection.client} are not acknowledged` }
    }
    const counted = story.history.findLast((event, place) => event.type === 'counters' && place < leaving)
    if (counted?.type === 'counters' && counted.counters.queuedMessages > 0 && everybodyIsThere(story)) {
      yield { place: leaving, text: `${counted.counters.queuedMessages} messages are still queued` }
    }

    function upTo<Value extends { readonly place: number }>(values: readonly Value[]): Value[] {
      return values.filter(({ place }) => place < leaving)
    }
  },
}

/** Messages of groups wait for members that may take them; those of Sessions for their clients. */
const everybodyIsThere = (story: Parameters<Checker['check']>[0]): boolean =>
  story.plan.clients.every(({ kind }) => kind === 'raw') &&
  !story.plan.features.includes('shared') &&
  !story.plan.features.includes('rights')
