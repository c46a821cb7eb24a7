import { bytes, packet, type Part, properties, text, u16, u32 } from './bytes.ts'

/** 3 is MQTT 3.1, 4 is 3.1.1, 5 is 5.0: the Protocol Level. */
export type Version = 3 | 4 | 5

export interface WillFields {
  readonly topicName: string | Uint8Array
  readonly payload?: string | Uint8Array
  readonly qos?: number
  readonly retain?: boolean
  /** Of 5.0, without their length. */
  readonly properties?: Uint8Array
}

export interface ConnectFields {
  readonly version: Version
  readonly clientId: string | Uint8Array
  /** Default: true. */
  readonly clean?: boolean
  /** Default: 60. */
  readonly keepAliveSeconds?: number
  readonly will?: WillFields
  readonly username?: string | Uint8Array
  readonly password?: string | Uint8Array
  /** Of 5.0, without their length. */
  readonly properties?: Uint8Array
  /** Instead of those that follow from the fields. */
  readonly flags?: number
  readonly protocolName?: string
  readonly level?: number
  readonly firstByte?: number
}

/** CONNECT (§3.1). Nothing here stops anybody from writing a wrong one. */
export const connect = (fields: ConnectFields): Buffer => {
  const { version, clientId, clean = true, keepAliveSeconds = 60, will, username, password } = fields
  const flags =
    (clean ? 0x02 : 0) |
    (will === undefined ? 0 : 0x04 | ((will.qos ?? 0) << 3) | (will.retain === true ? 0x20 : 0)) |
    (password === undefined ? 0 : 0x40) |
    (username === undefined ? 0 : 0x80)
  return packet(
    fields.firstByte ?? 0x10,
    text(fields.protocolName ?? (version === 3 ? 'MQIsdp' : 'MQTT')),
    fields.level ?? version,
    fields.flags ?? flags,
    u16(keepAliveSeconds),
    version === 5 ? properties(fields.properties ?? []) : [],
    text(clientId),
    will === undefined
      ? []
      : bytes(
          version === 5 ? properties(will.properties ?? []) : [],
          text(will.topicName),
          text(will.payload ?? 'will'),
        ),
    username === undefined ? [] : text(username),
    password === undefined ? [] : text(password),
  )
}

export interface PublishFields {
  readonly version: Version
  readonly topicName: string | Uint8Array
  readonly payload?: string | Uint8Array
  readonly qos?: number
  readonly packetId?: number
  readonly dup?: boolean
  readonly retain?: boolean
  /** Of 5.0, without their length. */
  readonly properties?: Uint8Array
}

export const publish = (fields: PublishFields): Buffer => {
  const { version, topicName, payload = '', qos = 0, packetId = 1, dup = false, retain = false } = fields
  return packet(
    0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0),
    text(topicName),
    qos > 0 ? u16(packetId) : [],
    version === 5 ? properties(fields.properties ?? []) : [],
    Buffer.from(payload),
  )
}

/** A filter, and its Subscription Options or, before 5.0, its QoS. */
export type FilterFields = readonly [topicFilter: string | Uint8Array, options: number]

export const subscribe = (
  version: Version,
  packetId: number,
  filters: readonly FilterFields[],
  given: Part = [],
): Buffer =>
  packet(
    0x82,
    u16(packetId),
    version === 5 ? properties(given) : [],
    ...filters.map(([topicFilter, options]) => bytes(text(topicFilter), options)),
  )

export const unsubscribe = (version: Version, packetId: number, filters: readonly (string | Uint8Array)[]): Buffer =>
  packet(0xa2, u16(packetId), version === 5 ? properties() : [], ...filters.map((filter) => text(filter)))

/** PUBACK, PUBREC, PUBREL or PUBCOMP, in the two bytes that all versions know, or with a Reason Code of 5.0. */
export const acknowledgement = (
  type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp',
  packetId: number,
  reasonCode?: number,
): Buffer => packet(ACKNOWLEDGEMENTS[type], u16(packetId), reasonCode ?? [])

const ACKNOWLEDGEMENTS = { puback: 0x40, pubrec: 0x50, pubrel: 0x62, pubcomp: 0x70 } as const

export const PINGREQ = bytes(0xc0, 0x00)

/** DISCONNECT with Reason Code 0, which every version writes in the same way. */
export const DISCONNECT = bytes(0xe0, 0x00)

export const disconnect = (reasonCode: number, ...given: readonly Part[]): Buffer =>
  packet(0xe0, reasonCode, given.length === 0 ? [] : properties(...given))

export const auth = (reasonCode: number, ...given: readonly Part[]): Buffer =>
  packet(0xf0, reasonCode, properties(...given))

/** Properties that cases set by name. */
export const willDelay = (seconds: number): Buffer => bytes(0x18, u32(seconds))
export const sessionExpiry = (seconds: number): Buffer => bytes(0x11, u32(seconds))
export const receiveMaximum = (count: number): Buffer => bytes(0x21, u16(count))
export const maximumPacketSize = (size: number): Buffer => bytes(0x27, u32(size))
export const topicAlias = (alias: number): Buffer => bytes(0x23, u16(alias))
