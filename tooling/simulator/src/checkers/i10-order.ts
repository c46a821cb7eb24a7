import type { Checker } from './checker.ts'
import type { Delivery, MessageStory } from './story.ts'

/** I10 */
export const order: Checker = {
  name: 'I10',
  says: 'messages of one connection, topic and QoS come in their order; what is sent again keeps it',
  *check(story) {
    const isShared = story.sessions.some(({ subscriptions }) =>
      subscriptions.some(({ shareName }) => shareName !== undefined),
    )
    for (const some of story.deliveriesOf.values()) {
      const latest = new Map<string, MessageStory>()
      const seen = new Set<string>()
      for (const delivery of some) {
        const { message, place, session } = delivery
        if (!isLive(delivery) || message === undefined || session === undefined || seen.has(message.name)) continue
        if (isShared && message.topicName.startsWith('g/')) continue
        seen.add(message.name)
        const [first] = message.reads
        if (first === undefined || message.sent.length > 1) continue
        const key = `${first.connection.id} ${message.topicName} ${message.packet.qos} ${delivery.packet.qos}`
        const before = latest.get(key)
        if (before !== undefined && before.firstSent > message.firstSent) {
          yield { place, text: `${session.client} got ${message.name} behind ${before.name}, which was sent later` }
        } else latest.set(key, message)
      }
    }
    yield* resends(story)
  },
}

const isLive = ({ packet, message }: Delivery): boolean => !packet.retain && message?.isWill === false

/** On one connection, what is sent again is in the order in which it was sent first. */
const resends: Checker['check'] = function* ({ sessions, deliveriesOf }) {
  for (const session of sessions) {
    const firstPlace = new Map<string, number>()
    let connection: unknown
    let last = -1
    for (const delivery of deliveriesOf.get(session) ?? []) {
      const { packet, message, place } = delivery
      if (packet.qos === 0 || message === undefined || packet.retain) continue
      const key = `${message.name} ${packet.packetId}`
      if (connection !== delivery.connection) last = -1
      connection = delivery.connection
      const first = firstPlace.get(key)
      // Without DUP it is another delivery, of what its publisher sent again, perhaps with the identifier of before.
      if (first === undefined || !packet.dup) firstPlace.set(key, place)
      else {
        if (first < last) yield { place, text: `${message.name} was sent to ${session.client} again, out of order` }
        last = Math.max(last, first)
      }
    }
  }
}
