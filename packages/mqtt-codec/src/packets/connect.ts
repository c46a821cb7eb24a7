import { NOTHING, type Body } from '../body.ts'
import { CONNECT, WILL } from '../packet-sets.ts'
import type { ProtocolVersion, QoS } from '../packet-type.ts'
import type { UserProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { EMPTY_TOPIC, WRONG_FLAGS } from '../rules.ts'
import {
  binary,
  byte,
  end,
  name,
  position,
  refuse,
  setVersion,
  start,
  string,
  topicName,
  twoBytes,
  version,
  writing,
} from '../wire.ts'
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

export const connect: Body<ConnectPacket> = (given, type, firstFlags) => {
  protocol()
  // MQTT 3.1 ignores these bits, so they could not be judged before the name was read.
  if (version !== 3 && firstFlags !== 0) refuse(WRONG_FLAGS, start)
  const at = position
  const flags = byte(writing ? flagsOf(given) : 0)
  if ((flags & 0x01) !== 0) refuse('3.1.2-3', at)
  if ((flags & 0x18) === 0x18) refuse('3.1.2-12|3.1.2-14', at)
  if ((flags & 0x3c) > 0 && (flags & 0x04) === 0) refuse('3.1.2-11', at)
  if (version !== 5 && (flags & 0xc0) === 0x40) refuse('3.1.2-22', at)
  const keepAliveSeconds = twoBytes(given.keepAliveSeconds)
  const properties = propertyList(given.properties, CONNECT)
  const clientId = name(given.clientId, CLIENT_IDENTIFIER_NOT_VALID)
  const will = (flags & 0x04) !== 0 ? willOf(given.will ?? (NOTHING as Will), flags) : undefined
  // MQTT 3.1 lets a packet end where its flags promise a User Name or a Password: the Remaining Length wins.
  const username = (flags & 0x80) !== 0 && !endsEarly() ? name(given.username!) : undefined
  const password = (flags & 0x40) !== 0 && !endsEarly() ? binary(given.password!) : undefined
  return {
    type,
    protocolVersion: version!,
    clientId,
    cleanStart: (flags & 0x02) !== 0,
    keepAliveSeconds,
    ...(will && { will }),
    ...(username !== undefined && { username }),
    ...(password && { password }),
    ...(properties && { properties }),
  }
}

/** The protocol's name and level; from then on a failure can be answered in a version. */
const protocol = (): void => {
  const at = position
  const given = string(version === 3 ? 'MQIsdp' : 'MQTT')
  const level = byte(version!)
  const old = given === 'MQIsdp'
  if (given !== 'MQTT' && !old) return refuse('3.1.2-1', at, UNSUPPORTED_PROTOCOL_VERSION)
  // Bridges try a level with bit 7 set first and understand only the answer of 3.1.1.
  setVersion(old ? 3 : level > 4 && level < 0x80 ? 5 : 4)
  if (level !== version) refuse('3.1.2-2', position - 1, UNSUPPORTED_PROTOCOL_VERSION)
}

/** Connect Flags. What is wrong with a QoS shows in them. */
export const flagsOf = ({ cleanStart, will, username, password }: ConnectPacket): number =>
  (cleanStart ? 0x02 : 0) |
  (will === undefined ? 0 : 0x04 | (Math.min(will.qos, 3) << 3) | (will.retain ? 0x20 : 0)) |
  (password === undefined ? 0 : 0x40) |
  (username === undefined ? 0 : 0x80)

const willOf = (given: Will, flags: number): Will => {
  const properties = propertyList(given.properties, WILL)
  const at = position
  const topic = topicName(given.topicName, '4.7.0-1|4.7.1-1')
  if (topic === '') refuse(EMPTY_TOPIC, at)
  return {
    topicName: topic,
    payload: binary(given.payload),
    qos: ((flags >> 3) & 3) as QoS,
    retain: (flags & 0x20) !== 0,
    ...(properties && { properties }),
  }
}

const endsEarly = (): boolean => !writing && version === 3 && position === end
