import type { Checker } from './checker.ts'
import { matchingOf } from './expectations.ts'

/** I32 */
export const subscriptions: Checker = {
  name: 'I32',
  says: 'wildcards never match $ at the beginning, ended Subscriptions start no delivery, No Local holds',
  *check({ deliveries }) {
    for (const { message, session, place, topicName, packet } of deliveries) {
      if (message === undefined || session === undefined) continue
      const matching = matchingOf(session, topicName)
      if (matching.length === 0) {
        yield { place, text: `${message.name} (${topicName}) came to ${session.client}, which never subscribed to it` }
        continue
      }
      const [read] = message.reads
      if (read === undefined || packet.retain || message.reads.length > 1) continue
      if (matching.every(({ ended }) => ended < message.firstSent)) {
        yield { place, text: `${message.name} came to ${session.client}, which had unsubscribed before it was sent` }
      }
      const own = message.client === session.client
      if (own && matching.every(({ request, shareName }) => request.noLocal && shareName === undefined)) {
        yield { place, text: `${message.name} came back to ${session.client}, which asked for No Local` }
      }
    }
  },
}
