import type { ConnectPacket } from '@godwit/mqtt-codec'
import { matches } from '@godwit/mqtt-topics'
import { denies } from '../simulation.ts'
import type { MessageStory, SessionStory, Story, SubscriptionStory } from './story.ts'

/** Properties, identifiers and a header that surround topic and payload, at the most. */
const OVERHEAD_BYTES = 60

export const filterMatches = (subscription: SubscriptionStory, topicName: string): boolean =>
  matches(subscription.matchedFilter, topicName)

/** A Session is written down, and so outlives the process of the broker. */
export const isStored = (story: Story, session: SessionStory): boolean =>
  story.plan.durable && session.connections.every(({ connect }) => outlives(connect!.packet))

const outlives = ({ protocolVersion, cleanStart, properties }: ConnectPacket): boolean =>
  protocolVersion === 5 ? (properties?.sessionExpiryIntervalSeconds ?? 0) > 0 : !cleanStart

/** Whether a limit may have dropped messages on their way, so that none can be demanded. */
export const mayDrop = (story: Story): boolean => story.plan.limits.maximumQueuedMessages !== undefined

/**
 * The Subscriptions because of which a Session has to get a message of QoS 1 or 2: it had its SUBACK before the message was
 * sent, and kept it until the message was acknowledged; nothing about message or Session allows to leave it out.
 */
export const demandedBy = (story: Story, message: MessageStory, session: SessionStory): SubscriptionStory[] => {
  const { packet, topicName } = message
  if (message.acknowledged === Infinity || mayDrop(story)) return []
  if (!wasThere(session, message.acknowledged)) return []
  if (packet.qos === 0 || packet.properties?.messageExpiryIntervalSeconds !== undefined) return []
  const { maximumPacketSizeBytes, principal } = session.plan
  const sizeBytes = packet.payload.length + topicName.length + OVERHEAD_BYTES
  if (maximumPacketSizeBytes !== undefined && sizeBytes > maximumPacketSizeBytes) return []
  if (story.policies.some(({ policy }) => denies(policy.deniedReads, principal, topicName))) return []
  // 3.1.1 has no word for a message without the right: it is acknowledged like any other.
  const from = story.plan.clients.find(({ name }) => name === message.client)
  // A Packet Identifier that is still in use is no new message, whatever a hostile client means by it.
  if (from?.kind === 'hostile') return []
  const publisher = from?.principal ?? ''
  if (story.policies.some(({ policy }) => denies(policy.deniedWrites, publisher, topicName))) return []
  return session.subscriptions.filter(
    (subscription) =>
      subscription.shareName === undefined &&
      subscription.grantedQos > 0 &&
      subscription.told < message.firstSent &&
      subscription.mayEnd > message.acknowledged &&
      !(subscription.request.noLocal && message.client === session.client) &&
      filterMatches(subscription, topicName),
  )
}

/** How many copies of a message a Session may get, by all the Subscriptions that it ever had. */
export const copiesFor = (story: Story, session: SessionStory, topicName: string): number => {
  const matching = session.subscriptions.filter((subscription) => filterMatches(subscription, topicName))
  const distinct = (some: readonly SubscriptionStory[]): number =>
    new Set(some.map(({ request }) => request.topicFilter)).size
  const shared = distinct(matching.filter(({ shareName }) => shareName !== undefined))
  const own = distinct(matching.filter(({ shareName }) => shareName === undefined))
  const each = story.plan.settings.overlappingSubscriptions === 'one-per-subscription'
  return shared + (each ? own : Math.min(1, own))
}

/** Whether a Session was there for sure at a place: with a connection, or with one that resumed it later. */
const wasThere = (session: SessionStory, place: number): boolean =>
  session.connections.some(
    ({ connack, goneForBroker, endedByBroker }) =>
      connack!.place > place || Math.min(goneForBroker, endedByBroker) > place,
  )

/** How often the broker may have taken a message as new: QoS 1 with each repeat, QoS 2 in each Session of its publisher. */
export const timesRouted = ({ packet, reads, sent }: MessageStory): number =>
  Math.max(1, packet.qos === 1 ? reads.length : new Set(sent.map(({ connection }) => connection.session)).size)

/** Counts by a key. */
export const tally = <Value>(values: Iterable<Value>, key: (value: Value) => unknown): Map<unknown, Value[]> => {
  const groups = new Map<unknown, Value[]>()
  for (const value of values) {
    const of = key(value)
    const group = groups.get(of)
    if (group === undefined) groups.set(of, [value])
    else group.push(value)
  }
  return groups
}
