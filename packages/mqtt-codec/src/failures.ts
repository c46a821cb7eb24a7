import type { ProtocolVersion } from './packet-type.ts'

/** What is wrong with a peer's bytes, as Reason Codes name it. */
export type FailureKind =
  | 'malformed-packet'
  | 'protocol-error'
  | 'unsupported-protocol-version'
  | 'client-identifier-not-valid'
  | 'topic-alias-invalid'
  | 'packet-too-large'
  | 'quota-exceeded'

/** A peer's bytes were refused. It is returned, never thrown: nothing behind it on the same connection may be used. */
export interface DecodeFailure {
  readonly failed: true
  readonly kind: FailureKind
  /** The Reason Code of MQTT 5.0 that says the same: what a CONNACK or DISCONNECT in answer carries. */
  readonly reasonCode: number
  /** Bytes from the beginning of the packet to where it went wrong. */
  readonly offset: number
  /** The normative statement that was broken, such as `MQTT-1.5.4-1`, where there is one for this version. */
  readonly statement?: string
  /** For a log, in English. */
  readonly message: string
  /** The Message Type, 0-15. */
  readonly packetType?: number
  /**
   * In what form to answer. For CONNECT: undefined until the version is known, and then no answer is due, the connection
   * is just closed. An `unsupported-protocol-version` has the version that the refusing CONNACK is to be encoded in.
   */
  readonly protocolVersion?: ProtocolVersion
  /** Which of the DecodeLimits was exceeded, for `quota-exceeded`. */
  readonly limit?: keyof DecodeLimits
}

/** What a decoder takes at most, beyond the rules of MQTT. */
export interface DecodeLimits {
  /** User Properties in one packet, those of its Will included. Default: Infinity. */
  readonly maximumUserProperties?: number
  /** Bytes of their names and values together, with the two length bytes of each. Default: Infinity. */
  readonly maximumUserPropertyBytes?: number
  /**
   * Whether names that others read (Client Identifier, User Name, Topic Names, Topic Filters) may have control characters
   * (U+0001-1F, U+007F-9F) and U+FFFE or U+FFFF. Default: true; a server says false [MQTT 5.0 §1.5.4].
   */
  readonly allowControlCharacters?: boolean
}

export const isDecodeFailure = (value: object): value is DecodeFailure => 'failed' in value

const KINDS: { readonly [reasonCode: number]: FailureKind } = {
  0x81: 'malformed-packet',
  0x82: 'protocol-error',
  0x84: 'unsupported-protocol-version',
  0x85: 'client-identifier-not-valid',
  0x94: 'topic-alias-invalid',
  0x95: 'packet-too-large',
  0x97: 'quota-exceeded',
}

/** The Reason Codes of the usual failures. */
export const MALFORMED = 0x81
export const VIOLATION = 0x82
export const QUOTA = 0x97

/** Which limit that many User Properties exceed. */
export const exceededLimit = (limits: DecodeLimits, count: number, bytes: number): keyof DecodeLimits | undefined => {
  if (count > (limits.maximumUserProperties ?? Infinity)) return 'maximumUserProperties'
  return bytes > (limits.maximumUserPropertyBytes ?? Infinity) ? 'maximumUserPropertyBytes' : undefined
}

/** `statements`: that of 5.0, then that of 3.1.1 where another says the same, without `MQTT-`; one alone holds for both. */
export const decodeFailure = (
  reasonCode: number,
  message: string,
  offset: number,
  firstByte: number,
  protocolVersion: ProtocolVersion | undefined,
  statements = '',
  limit?: keyof DecodeLimits,
): DecodeFailure => {
  const [newer, older = newer] = statements.split(' ')
  const statement = protocolVersion === 5 ? newer : older
  return {
    failed: true,
    kind: KINDS[reasonCode]!,
    reasonCode,
    offset,
    message,
    packetType: firstByte >> 4,
    ...(statement && { statement: 'MQTT-' + statement }),
    ...(protocolVersion && { protocolVersion }),
    ...(limit && { limit }),
  }
}

export type EncodeErrorCode =
  /** The packet does not fit behind the offset of `encodeInto`. */
  | 'BUFFER_TOO_SMALL'
  /** A lone surrogate, U+0000, or more than 65,535 bytes of UTF-8. */
  | 'INVALID_TEXT'
  /** A number, a Packet Identifier, a QoS, a Reason Code or a Topic outside what its field may hold. */
  | 'INVALID_VALUE'
  /** More than 65,535 bytes where a length has two bytes, or a packet above 268,435,455 bytes. */
  | 'TOO_LONG'
  /** The protocol version has no such packet or field. */
  | 'NOT_IN_THIS_VERSION'

const BRAND = /* @__PURE__ */ Symbol.for('godwit.mqtt-codec.EncodeError')

/** A packet that no peer would accept: a mistake of the caller's, so it is thrown. */
export class EncodeError extends Error {
  readonly code: EncodeErrorCode
  readonly [BRAND] = true

  constructor(code: EncodeErrorCode, message: string) {
    super(message)
    this.name = 'EncodeError'
    this.code = code
  }

  /** Whether a value is an EncodeError, also one of another copy of this package. */
  static isInstance(value: unknown): value is EncodeError {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}
