import type { DecodeLimits } from './decode-limits.ts'
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
  /** For a log: the statement, or in a few words what no statement says. `explainFailure` of `./explain` has a sentence. */
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

/** What is wrong with a packet, before it is put into words. */
export interface Refusal {
  readonly reasonCode: number
  /** As `ruleText` takes it. */
  readonly rule: string
  /** Of the byte, from the packet's first. */
  readonly offset: number
  readonly limit?: keyof DecodeLimits | undefined
}

/** The statement that a rule names for that version, with `MQTT-`, or what it says in words. */
export const ruleText = (rule: string, version: ProtocolVersion | undefined): string => {
  const [newer, older = newer] = rule.split('|')
  const broken = (version === 5 ? newer : older)!
  return broken > '9' ? broken : 'MQTT-' + broken
}

/**
 * `rule` is the statement that was broken, without `MQTT-`: that of 5.0, then that of 3.1.1 where another says the same,
 * `'2.1.3-1|2.2.2-2'`. Where no statement says it, it is what is wrong in a few words.
 */
export const decodeFailure = (
  { reasonCode, rule, offset, limit }: Refusal,
  firstByte: number,
  protocolVersion: ProtocolVersion | undefined,
): DecodeFailure => {
  const message = ruleText(rule, protocolVersion)
  return {
    failed: true,
    kind: KINDS[reasonCode]!,
    reasonCode,
    offset,
    message,
    packetType: firstByte >> 4,
    ...(message.startsWith('MQTT-') && { statement: message }),
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
