import type { Checker } from './checker.ts'
import { demandsOf } from './demands.ts'
import { copiesFor, tally, timesRouted } from './expectations.ts'
import { mayHaveEnded } from './session-times.ts'

/** I3 */
export const qos1: Checker = {
  name: 'I3',
  says: 'what was acknowledged reaches every Session that was subscribed, and never twice on one connection',
  *check(story) {
    for (const { message, session } of demandsOf(story)) {
      // With a Session that expired what waited for it is gone, also where it was begun anew without a word.
      if (Math.min(session.ended, mayHaveEnded(story, session)) < story.leaving) continue
      if (!message.deliveries.some((delivery) => delivery.session === session && delivery.received)) {
        yield {
          place: message.acknowledged,
          text: `${message.name} was acknowledged and never came to ${session.client}`,
        }
      }
    }
    for (const message of story.messages.values()) {
      const live = message.deliveries.filter(({ packet }) => packet.qos > 0 && !packet.retain)
      for (const [, some] of tally(live, ({ connection }) => connection)) {
        const { session, place } = some.at(-1)!
        if (session === undefined) continue
        if (some.length > timesRouted(story, message) * copiesFor(story, session, message.topicName)) {
          yield { place, text: `${message.name} was sent ${some.length} times to ${session.client} on one connection` }
        }
      }
    }
  },
}
