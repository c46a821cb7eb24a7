import type { Body } from '../body.ts'
import { NO_BYTES } from '../bytes.ts'
import { PUBLISH } from '../packet-sets.ts'
import type { QoS } from '../packet-type.ts'
import type { UserProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { EMPTY_TOPIC, PACKET_ID_0 } from '../rules.ts'
import { packetId, position, refuse, rest, topicName, violation } from '../wire.ts'

/** What a PUBLISH and a Will tell about their message. @see MQTT 5.0 §3.3.2.3 */
export interface MessageProperties extends UserProperties {
  /** 1: the payload is UTF-8. Absent is the same as 0: unspecified bytes. */
  readonly payloadFormatIndicator?: 0 | 1
  /** Seconds after which it is of no use any more, 0 to 4,294,967,295. Absent: never. */
  readonly messageExpiryIntervalSeconds?: number
  /** Such as a MIME type; its meaning is the application's. */
  readonly contentType?: string
  /** The Topic Name that an answer is to be published to. */
  readonly responseTopic?: string
  /** Tells the requester which request an answer is for. */
  readonly correlationData?: Uint8Array
}

export interface PublishProperties extends MessageProperties {
  /** Stands for the Topic Name from now on, or instead of it. 1 to 65,535. */
  readonly topicAlias?: number
  /** Of all Subscriptions that this copy is for; sent by servers only. 1 to 268,435,455 each. */
  readonly subscriptionIdentifiers?: readonly number[]
}

/** A message on its way. @see MQTT 5.0 §3.3 */
export interface PublishPacket {
  readonly type: 'publish'
  /** Empty only where `properties.topicAlias` stands for it. */
  readonly topicName: string
  /** Out of a decoder: a view into the bytes that were given, valid only as long as those. */
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  /** This very packet may have been sent before. Never with QoS 0. */
  readonly dup: boolean
  /** 1 to 65,535 with QoS 1 and 2, absent with QoS 0. */
  readonly packetId?: number
  readonly properties?: PublishProperties
}

type Mutable<T> = { -readonly [key in keyof T]: T[key] }

export const publish: Body<PublishPacket> = (given, type, flags) => {
  const at = position
  const qos = ((flags >> 1) & 3) as QoS
  const packet: Mutable<PublishPacket> = {
    type,
    topicName: topicName(given.topicName, '3.3.2-2'),
    payload: NO_BYTES,
    qos,
    retain: (flags & 1) !== 0,
    dup: (flags & 8) !== 0,
  }
  if (qos !== 0) packet.packetId = packetId(given.packetId)
  // Reading, nothing is given.
  else if (given.packetId) refuse(PACKET_ID_0)
  const properties = propertyList(given.properties, PUBLISH)
  if (properties !== undefined) packet.properties = properties
  if (packet.topicName === '' && properties?.topicAlias === undefined) violation(EMPTY_TOPIC, at)
  packet.payload = rest(given.payload)
  return packet
}

/** The lower bits of the first byte: what is wrong with them is judged there. */
export const publishFlags = ({ qos, dup, retain }: PublishPacket): number =>
  (dup ? 8 : 0) | (Math.min(qos, 3) << 1) | (retain ? 1 : 0)
