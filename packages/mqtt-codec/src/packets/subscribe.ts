import { MALFORMED } from '../failures.ts'
import type { PacketReader } from '../packet-reader.ts'
import { SUBACK, SUBSCRIBE, type QoS } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { ReasonProperties, UserProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { mayStandIn } from '../reason-codes.ts'
import { writeProperties } from '../write-properties.ts'

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

export type SubackProperties = ReasonProperties

/** @see MQTT 5.0 §3.9 */
export interface SubackPacket {
  readonly type: 'suback'
  readonly packetId: number
  /** One for each Subscription, in their order. Before 5.0 every refusal is 0x80: encoding makes it so. */
  readonly reasonCodes: readonly number[]
  readonly properties?: SubackProperties
}

export const readSubscribe = (reader: PacketReader): SubscribePacket => {
  const newer = reader.version === 5
  const packetId = reader.packetId(MALFORMED)
  const properties = newer ? readProperties<SubscribeProperties>(reader, SUBSCRIBE) : undefined
  const subscriptions: SubscriptionRequest[] = []
  if (reader.position === reader.end) reader.violation('no Topic Filter', '3.8.3-2 3.8.3-3')
  while (reader.position < reader.end) {
    const topicFilter = reader.topicFilter()
    const at = reader.position
    const options = reader.byte()
    if ((options & (newer ? 0xc0 : 0xfc)) !== 0) reader.malformed('reserved option', '3.8.3-5 3.8.3-4', at)
    if ((options & 0x03) === 0x03) reader.malformed('QoS 3', undefined, at)
    if ((options & 0x30) === 0x30) reader.violation('Retain Handling 3', undefined, at)
    subscriptions.push({
      topicFilter,
      qos: (options & 0x03) as QoS,
      noLocal: (options & 0x04) !== 0,
      retainAsPublished: (options & 0x08) !== 0,
      retainHandling: (options >> 4) as 0 | 1 | 2,
    })
  }
  return { type: 'subscribe', packetId, subscriptions, ...(properties && { properties }) }
}

export const writeSubscribe = (writer: PacketWriter, packet: SubscribePacket): void => {
  const { subscriptions } = packet
  writer.check(subscriptions.length > 0, 'SUBSCRIBE')
  writer.begin(0x82, 127)
  writer.packetId(packet.packetId)
  writeProperties(writer, packet.properties, SUBSCRIBE)
  for (const { topicFilter, qos, noLocal, retainAsPublished, retainHandling } of subscriptions) {
    writer.topicFilter(topicFilter)
    let options = qos as number
    if (writer.version === 5) options |= (noLocal ? 4 : 0) | (retainAsPublished ? 8 : 0) | (retainHandling << 4)
    writer.check(qos >= 0 && qos < 3 && options < 0x30, 'Subscription Options')
    writer.byte(options)
  }
}

export const readSuback = (reader: PacketReader): SubackPacket => {
  const packetId = reader.packetId()
  const properties = reader.version === 5 ? readProperties<SubackProperties>(reader, SUBACK) : undefined
  const reasonCodes: number[] = []
  if (reader.position === reader.end) reader.violation('no Reason Code', '3.8.4-6 3.8.4-5')
  while (reader.position < reader.end) {
    const reasonCode = reader.reasonCode(SUBACK, '3.9.3-2')
    if (reasonCode > 0x80 && reader.version !== 5) reader.malformed('no such Return Code here', '3.9.3-2')
    reasonCodes.push(reasonCode)
  }
  return { type: 'suback', packetId, reasonCodes, ...(properties && { properties }) }
}

export const writeSuback = (writer: PacketWriter, packet: SubackPacket): void => {
  const { reasonCodes } = packet
  writer.check(reasonCodes.length > 0, 'SUBACK')
  writer.begin(0x90, 2 + reasonCodes.length)
  writer.packetId(packet.packetId)
  writeProperties(writer, packet.properties, SUBACK)
  for (const reasonCode of reasonCodes) {
    writer.check(mayStandIn(SUBACK, reasonCode), 'Reason Code')
    writer.byte(writer.version === 5 ? reasonCode : Math.min(reasonCode, 0x80))
  }
}
