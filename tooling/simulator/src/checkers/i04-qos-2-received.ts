import type { Checker } from './checker.ts'
import { copiesFor, tally } from './expectations.ts'
import { placesOf } from './places.ts'
import { mayHaveEnded } from './session-times.ts'
import type { MessageStory, SessionStory, Story } from './story.ts'

/** I4 */
export const qos2Received: Checker = {
  name: 'I4',
  says: 'a QoS 2 message is routed once into each Session, whatever repeats, reconnects and crashes there are',
  *check(story) {
    for (const message of story.messages.values()) {
      // Whose Session is gone sends what it does not know of as new, under another Packet Identifier.
      if (message.packet.qos !== 2 || message.isWill || !isOfOneSession(story, message)) continue
      const first = message.deliveries.filter(({ packet }) => packet.qos > 0 && !packet.retain && !packet.dup)
      for (const [, some] of tally(first, ({ session }) => session)) {
        const { session, place } = some.at(-1)!
        if (session === undefined) continue
        const copies = copiesFor(story, session, message.topicName)
        if (some.length > copies) {
          yield { place, text: `${message.name} (QoS 2) was routed ${some.length} times to ${session.client}` }
        }
      }
    }
    yield* handedOverTwice(story)
  },
}

/** A Session that a connection began anew without a word, because the old one had expired, is another one as well. */
const isOfOneSession = (story: Story, { sent, reads }: MessageStory): boolean => {
  const session = sent[0]?.connection.session
  if (!sent.every(({ connection }) => connection.session === session)) return false
  return session === undefined || mayHaveEnded(story, session) > (reads.at(-1)?.place ?? -1)
}

/** Who asked for a Clean Start, and was refused or cut off, has forgotten what it had received, and may find its Session again. */
const hasForgotten = (story: Story, { client, began, ended }: SessionStory): boolean =>
  story.connectionsOf
    .get(client)!
    .some(
      ({ accepted, connect, opened }) =>
        !accepted && connect?.packet.cleanStart === true && opened > began && opened < ended,
    )

const isExact = ({ subscriptions }: SessionStory): boolean =>
  subscriptions.every(({ grantedQos, shareName }) => grantedQos === 2 && shareName === undefined)

/** A correct receiver sees a QoS 2 message twice only where it was routed twice. */
const handedOverTwice: Checker['check'] = function* (story) {
  const retainedEver = new Set<string>()
  for (const { packet, message } of story.deliveries) if (packet.retain && message) retainedEver.add(message.name)
  const counts = new Map<MessageStory, Map<SessionStory, number>>()
  const exact = new Map<SessionStory, boolean>()
  for (const place of placesOf(story, 'handed-over')) {
    const event = story.history[place]!
    if (event.type !== 'handed-over') continue
    const message = story.messages.get(event.message)
    const connection = story.connections.get(event.connection)
    const session = connection?.session
    if (message === undefined || session === undefined || message.packet.qos !== 2 || message.isWill) continue
    // [MQTT-4.3.3-9] Whose refusal was lost on its way is sent the message again, as it should be.
    if (session.plan.kind !== 'raw' || session.plan.refusesOneIn > 0 || retainedEver.has(message.name)) continue
    if (!exact.has(session)) exact.set(session, isExact(session) && !hasForgotten(story, session))
    if (exact.get(session) !== true || !isOfOneSession(story, message)) continue
    const of = counts.get(message) ?? new Map<SessionStory, number>()
    const count = (of.get(session) ?? 0) + 1
    counts.set(message, of.set(session, count))
    if (count > copiesFor(story, session, message.topicName)) {
      yield { place, text: `${message.name} (QoS 2) was handed over ${count} times by ${session.client}` }
    }
  }
}
