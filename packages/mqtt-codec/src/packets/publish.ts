import { view } from '../bytes.ts'
import { MALFORMED, type DecodeFailure, type DecodeLimits } from '../failures.ts'
import { PacketReader } from '../packet-reader.ts'
import { PUBLISH, type ProtocolVersion, type QoS } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { UserProperties, UserProperty } from '../properties.ts'
import type { TextCodec } from '../text.ts'
import { writeProperties } from '../write-properties.ts'
import { PublishFrame, readPublishFrame } from './publish-frame.ts'

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

export const decodePublish = (
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  end: number,
  version: ProtocolVersion,
  text: TextCodec,
  limits: DecodeLimits,
): PublishPacket | DecodeFailure => {
  const frame = scratch
  const failure = readPublishFrame(frame, bytes, start, bodyStart, end, version, limits)
  if (failure !== undefined) return failure
  const reader = new PacketReader(bytes, start, bodyStart, end, version, text, limits)
  const topicName = reader.topicName(MALFORMED, '3.3.2-2')
  if (reader.failure !== undefined) return reader.failure
  const packet: Mutable<PublishPacket> = {
    type: 'publish',
    topicName,
    payload: view(bytes, frame.payloadStart, end),
    qos: frame.qos,
    retain: frame.retain,
    dup: frame.dup,
  }
  if (frame.packetId !== 0) packet.packetId = frame.packetId
  if (frame.propertiesAt !== -1 && frame.propertiesStart < frame.propertiesEnd) {
    packet.properties = propertiesOf(frame, reader)
  }
  return packet
}

export const writePublish = (writer: PacketWriter, packet: PublishPacket): void => {
  const { qos, topicName, payload, packetId = 0, properties } = packet
  writer.check(
    (qos === 0 ? packetId === 0 && !packet.dup : qos === 1 || qos === 2) &&
      (topicName !== '' || (writer.version === 5 && properties?.topicAlias !== undefined)),
    'PUBLISH',
  )
  writer.begin(
    0x30 | (packet.dup ? 8 : 0) | (qos << 1) | (packet.retain ? 1 : 0),
    topicName.length + payload.length + 2 * qos,
  )
  writer.topicName(topicName)
  if (qos !== 0) writer.packetId(packetId)
  writeProperties(writer, properties, PUBLISH)
  writer.payload(payload)
}

/** All of it was judged when the frame was read: this only takes the values out. */
const propertiesOf = (frame: PublishFrame, reader: PacketReader): PublishProperties => {
  const properties: Mutable<PublishProperties> = {}
  let identifiers: number[] | undefined
  let pairs: UserProperty[] | undefined
  reader.position = frame.propertiesStart
  while (reader.position < frame.propertiesEnd) {
    switch (reader.byte()) {
      case 0x01:
        properties.payloadFormatIndicator = reader.byte() as 0 | 1
        break
      case 0x02:
        properties.messageExpiryIntervalSeconds = reader.fourBytes()
        break
      case 0x03:
        properties.contentType = reader.string()
        break
      case 0x08:
        properties.responseTopic = reader.string()
        break
      case 0x09:
        properties.correlationData = reader.binary()
        break
      case 0x0b: {
        const identifier = reader.variableByteInteger()
        if (identifiers === undefined) properties.subscriptionIdentifiers = identifiers = [identifier]
        else identifiers.push(identifier)
        break
      }
      case 0x23:
        properties.topicAlias = reader.twoBytes()
        break
      default: {
        const pair: UserProperty = [reader.string(), reader.string()]
        if (pairs === undefined) properties.userProperties = pairs = [pair]
        else pairs.push(pair)
      }
    }
  }
  return properties
}

/** Decoding is synchronous: one frame serves all. It keeps hold of the bytes decoded last until the next. */
const scratch = /* @__PURE__ */ new PublishFrame()
