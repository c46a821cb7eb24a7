import type { Checker } from './checker.ts'
import { matchingOf, timesRouted } from './expectations.ts'
import { isStored } from './stored-sessions.ts'

/** I11 */
export const dupAndRetain: Checker = {
  name: 'I11',
  says: 'DUP is set where a message may have been sent before, and only there; RETAIN where the Subscription says so',
  *check(story) {
    for (const session of story.sessions) {
      const sentBefore = new Map<string, number>()
      for (const { packet, message, place, connection } of story.deliveriesOf.get(session) ?? []) {
        if (packet.qos === 0) continue
        if (message === undefined || timesRouted(story, message) > 1) continue
        const key = `${message.name} ${packet.packetId}`
        const before = sentBefore.get(key)
        const again = before !== undefined && before !== connection.id && !packet.retain
        if (again && !packet.dup)
          yield { place, text: `${message.name} was sent to ${session.client} again without DUP` }
        const crashed = isStored(story, session) && story.lives.length > 1
        if (packet.dup && before === undefined && !crashed && session.connections[0] === connection) {
          yield { place, text: `${message.name} was sent to ${session.client} with DUP for the first time` }
        }
        sentBefore.set(key, connection.id)
      }
    }
    for (const [session, some] of story.deliveriesOf) {
      for (const { packet, message, topicName, place } of some) {
        if (packet.dup && packet.qos === 0) yield { place, text: 'DUP with QoS 0' }
        if (!packet.retain || message === undefined || session === undefined) continue
        // Live with Retain As Published, or an answer to a Subscription.
        const matching = matchingOf(session, topicName)
        if (!message.packet.retain || matching.length === 0) {
          yield { place, text: `${message.name} came to ${session.client} with RETAIN, and was not retained` }
        } else if (matching.every(({ request }) => request.retainHandling === 2 && !request.retainAsPublished)) {
          yield { place, text: `${message.name} came to ${session.client} with RETAIN, which it never asked for` }
        }
      }
    }
  },
}
