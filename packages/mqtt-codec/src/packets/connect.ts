import { MALFORMED } from '../failures.ts'
import type { PacketReader } from '../packet-reader.ts'
import { CONNECT, WILL, type ProtocolVersion, type QoS } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { UserProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { writeProperties } from '../write-properties.ts'
import type { MessageProperties } from './publish.ts'

/** @see MQTT 5.0 §3.1.2.11 */
export interface ConnectProperties extends UserProperties {
  /** Seconds that the Session outlives its connection; 0xFFFFFFFF: for ever. Absent: 0. */
  readonly sessionExpiryIntervalSeconds?: number
  /** QoS 1 and 2 messages that the client takes at once, 1 to 65,535. Absent: 65,535. */
  readonly receiveMaximum?: number
  /** The longest packet that the client takes, at least 1. Absent: no limit. */
  readonly maximumPacketSizeBytes?: number
  /** The highest Topic Alias that the client takes. Absent: 0, none. */
  readonly topicAliasMaximum?: number
  /** Absent: false. */
  readonly requestResponseInformation?: boolean
  /** Whether answers may carry Reason Strings and User Properties. Absent: true. */
  readonly requestProblemInformation?: boolean
  readonly authenticationMethod?: string
  readonly authenticationData?: Uint8Array
}

/** @see MQTT 5.0 §3.1.3.2 */
export interface WillProperties extends MessageProperties {
  /** Seconds that the server waits before it publishes the Will. Absent: 0. */
  readonly willDelayIntervalSeconds?: number
}

/** A message that the server publishes when the connection ends otherwise than in order. @see MQTT 5.0 §3.1.2.5 */
export interface Will {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  readonly properties?: WillProperties
}

/** @see MQTT 5.0 §3.1 */
export interface ConnectPacket {
  readonly type: 'connect'
  readonly protocolVersion: ProtocolVersion
  /** Empty: the server gives one; whether it does is the server's business. */
  readonly clientId: string
  /** Clean Session before 5.0. */
  readonly cleanStart: boolean
  /** 0: no Keep Alive. */
  readonly keepAliveSeconds: number
  readonly will?: Will
  readonly username?: string
  /** Before 5.0 only with a User Name. */
  readonly password?: Uint8Array
  readonly properties?: ConnectProperties
}

const CLIENT_IDENTIFIER_NOT_VALID = 0x85
const UNSUPPORTED_PROTOCOL_VERSION = 0x84

export const readConnect = (reader: PacketReader): ConnectPacket | undefined => {
  const version = readVersion(reader)
  if (version === undefined) return undefined
  const flags = readFlags(reader, version)
  const keepAliveSeconds = reader.twoBytes()
  const properties = version === 5 ? readProperties<ConnectProperties>(reader, CONNECT) : undefined
  const clientId = reader.name(CLIENT_IDENTIFIER_NOT_VALID)
  const will = (flags & 0x04) !== 0 ? readWill(reader, flags, version) : undefined
  // MQTT 3.1 lets a packet end where its flags promise a User Name or a Password: the Remaining Length wins.
  const username = (flags & 0x80) !== 0 && !endsEarly(reader) ? reader.name() : undefined
  const password = (flags & 0x40) !== 0 && !endsEarly(reader) ? reader.binary() : undefined
  return {
    type: 'connect',
    protocolVersion: version,
    clientId,
    cleanStart: (flags & 0x02) !== 0,
    keepAliveSeconds,
    ...(will && { will }),
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(properties && { properties }),
  }
}

export const writeConnect = (writer: PacketWriter, packet: ConnectPacket): void => {
  const { version } = writer
  const { will, username, password } = packet
  if (password !== undefined && username === undefined) writer.only5('Password without User Name')
  writer.check(version === 3 || version === 4 || version === 5, 'Protocol Level')
  writer.begin(0x10, 127)
  writer.string(version === 3 ? 'MQIsdp' : 'MQTT')
  writer.byte(version)
  writer.byte(
    (packet.cleanStart ? 0x02 : 0) |
      (will === undefined ? 0 : 0x04 | (will.qos << 3) | (will.retain ? 0x20 : 0)) |
      (password === undefined ? 0 : 0x40) |
      (username === undefined ? 0 : 0x80),
  )
  writer.twoBytes(packet.keepAliveSeconds)
  writeProperties(writer, packet.properties, CONNECT)
  writer.string(packet.clientId)
  if (will !== undefined) {
    writer.check((will.qos === 0 || will.qos === 1 || will.qos === 2) && will.topicName !== '', 'Will')
    writeProperties(writer, will.properties, WILL)
    writer.topicName(will.topicName)
    writer.binary(will.payload)
  }
  if (username !== undefined) writer.string(username)
  if (password !== undefined) writer.binary(password)
}

/** The protocol's name and level; sets the reader's version where the failure can be answered in it. */
const readVersion = (reader: PacketReader): ProtocolVersion | undefined => {
  const start = reader.position
  const name = reader.string()
  const level = reader.byte()
  if (reader.failure !== undefined) return undefined
  if (name !== 'MQTT' && name !== 'MQIsdp') {
    reader.fail(UNSUPPORTED_PROTOCOL_VERSION, 'not MQTT', '3.1.2-1', start)
    return undefined
  }
  if (name === 'MQIsdp') reader.version = 3
  // Bridges try a level with bit 7 set first and understand only the answer of 3.1.1.
  else reader.version = level > 4 && level < 0x80 ? 5 : 4
  if (level === reader.version) return level
  reader.fail(UNSUPPORTED_PROTOCOL_VERSION, 'Protocol Level ' + level, '3.1.2-2', reader.position - 1)
  return undefined
}

const readFlags = (reader: PacketReader, version: ProtocolVersion): number => {
  // MQTT 3.1 ignores these bits, so they could not be judged before the name was read.
  if (version !== 3 && (reader.bytes[reader.start]! & 0x0f) !== 0) {
    reader.malformed('wrong flags', '2.1.3-1 2.2.2-2', reader.start)
  }
  const at = reader.position
  const flags = reader.byte()
  if ((flags & 0x01) !== 0) reader.malformed('reserved Connect Flag', '3.1.2-3', at)
  if ((flags & 0x18) === 0x18) reader.malformed('Will QoS 3', '3.1.2-12 3.1.2-14', at)
  if ((flags & 0x3c) > 0 && (flags & 0x04) === 0)
    reader.malformed('Will QoS or Will Retain without Will', '3.1.2-11', at)
  if (version !== 5 && (flags & 0xc0) === 0x40) reader.malformed('Password without User Name', '3.1.2-22', at)
  return flags
}

const readWill = (reader: PacketReader, flags: number, version: ProtocolVersion): Will => {
  const properties = version === 5 ? readProperties<WillProperties>(reader, WILL) : undefined
  const at = reader.position
  const topicName = reader.topicName(MALFORMED, '4.7.0-1 4.7.1-1')
  if (topicName === '') reader.malformed('empty Will Topic', '4.7.3-1', at)
  return {
    topicName,
    payload: reader.binary(),
    qos: ((flags >> 3) & 3) as QoS,
    retain: (flags & 0x20) !== 0,
    ...(properties && { properties }),
  }
}

const endsEarly = (reader: PacketReader): boolean => reader.version === 3 && reader.position === reader.end
