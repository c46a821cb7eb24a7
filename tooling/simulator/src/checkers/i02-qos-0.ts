import type { Checker } from './checker.ts'
import { copiesFor, filterMatches, tally } from './expectations.ts'

/** I2 */
export const qos0: Checker = {
  name: 'I2',
  says: 'a QoS 0 message is delivered once to each Session at the most, and is there where nothing was in its way',
  *check(story) {
    for (const message of story.messages.values()) {
      if (message.packet.qos !== 0 || message.isWill) continue
      const live = message.deliveries.filter(({ packet }) => !packet.retain)
      for (const [, some] of tally(live, ({ session }) => session)) {
        const { session, place } = some.at(-1)!
        if (session !== undefined && some.length > copiesFor(story, session, message.topicName)) {
          yield { place, text: `${message.name} (QoS 0) came ${some.length} times to ${session.client}` }
        }
      }
      const read = message.reads[0]
      if (read === undefined || story.plan.faults.length > 0 || story.plan.features.includes('slow-readers')) continue
      if (message.packet.properties?.messageExpiryIntervalSeconds !== undefined) continue
      for (const session of story.sessions) {
        const { maximumPacketSizeBytes } = session.plan
        if (maximumPacketSizeBytes !== undefined) continue
        const connection = session.connections.find(
          (each) =>
            each.connack!.place < message.firstSent &&
            each.goneForClient > read.place &&
            each.goneForBroker > read.place,
        )
        if (connection === undefined || connection.goneForClient !== Infinity) continue
        const wanted = session.subscriptions.some(
          (subscription) =>
            subscription.shareName === undefined &&
            subscription.told < message.firstSent &&
            subscription.mayEnd === Infinity &&
            !(subscription.request.noLocal && message.client === session.client) &&
            filterMatches(subscription, message.topicName),
        )
        if (wanted && !message.deliveries.some((delivery) => delivery.session === session)) {
          yield { place: read.place, text: `${message.name} (QoS 0) never came to ${session.client}, which was there` }
        }
      }
    }
  },
}
