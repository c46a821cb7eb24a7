import type { Body } from '../body.ts'
import { SUBSCRIBE, UNSUBSCRIBE } from '../packet-sets.ts'
import type { ProtocolVersion, QoS } from '../packet-type.ts'
import type { UserProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { MALFORMED } from '../rules.ts'
import { byte, list, packetId, position, refuse, topicFilter, version, violation, writing } from '../wire.ts'

/** @see MQTT 5.0 §3.8.2.1 */
export interface SubscribeProperties extends UserProperties {
  /** Comes back with every message that one of these Subscriptions lets through. 1 to 268,435,455. */
  readonly subscriptionIdentifier?: number
}

/** A Topic Filter and its Subscription Options. Before 5.0 there is only the QoS. @see MQTT 5.0 §3.8.3.1 */
export interface SubscriptionRequest {
  readonly topicFilter: string
  /** The highest QoS that messages may come with. */
  readonly qos: QoS
  /** Whether the client's own messages stay away. */
  readonly noLocal: boolean
  /** Whether messages keep the RETAIN flag that they were published with. */
  readonly retainAsPublished: boolean
  /** Retained messages: 0 send, 1 send if the Subscription is new, 2 do not send. */
  readonly retainHandling: 0 | 1 | 2
}

/** @see MQTT 5.0 §3.8 */
export interface SubscribePacket {
  readonly type: 'subscribe'
  readonly packetId: number
  readonly subscriptions: readonly SubscriptionRequest[]
  readonly properties?: SubscribeProperties
}

export type UnsubscribeProperties = UserProperties

/** @see MQTT 5.0 §3.10 */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe'
  readonly packetId: number
  readonly topicFilters: readonly string[]
  readonly properties?: UnsubscribeProperties
}

export const subscribe: Body<SubscribePacket> = (given, type) => {
  const id = packetId(given.packetId, MALFORMED)
  const properties = propertyList(given.properties, SUBSCRIBE)
  const subscriptions = list(given.subscriptions, subscription, '3.8.3-2|3.8.3-3')
  return { type, packetId: id, subscriptions, ...(properties && { properties }) }
}

const subscription = (given: SubscriptionRequest): SubscriptionRequest => {
  const filter = topicFilter(given.topicFilter)
  const at = position
  const options = byte(writing ? optionsOf(given, version) : 0)
  if ((options & (version === 5 ? 0xc0 : 0xfc)) !== 0) refuse('3.8.3-5|3.8.3-4', at)
  if ((options & 0x03) === 0x03) refuse('QoS 3', at)
  if ((options & 0x30) === 0x30) violation('Retain Handling 3', at)
  return {
    topicFilter: filter,
    qos: (options & 0x03) as QoS,
    noLocal: (options & 0x04) !== 0,
    retainAsPublished: (options & 0x08) !== 0,
    retainHandling: (options >> 4) as 0 | 1 | 2,
  }
}

/** What is wrong with them shows in the byte. */
export const optionsOf = (
  { qos, noLocal, retainAsPublished, retainHandling }: SubscriptionRequest,
  version: ProtocolVersion | undefined,
): number =>
  Math.min(qos, 3) |
  (version === 5 ? (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (Math.min(retainHandling, 3) << 4) : 0)

export const unsubscribe: Body<UnsubscribePacket> = (given, type) => {
  const id = packetId(given.packetId, MALFORMED)
  const properties = propertyList(given.properties, UNSUBSCRIBE)
  const topicFilters = list(given.topicFilters, topicFilter, '3.10.3-2')
  return { type, packetId: id, topicFilters, ...(properties && { properties }) }
}
