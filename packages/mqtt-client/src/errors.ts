/** What went wrong, in one word that a program can compare. */
export type ErrorCode =
  | 'ABORTED'
  | 'AUTHENTICATION_FAILED'
  | 'CLOSED'
  | 'CONNECTION_LOST'
  | 'CONNECT_REFUSED'
  | 'EXPIRED'
  | 'HANDLER_FAILED'
  | 'INVALID_ARGUMENT'
  | 'KEEP_ALIVE_TIMEOUT'
  | 'MALFORMED_PACKET'
  | 'NOT_SUPPORTED'
  | 'OFFLINE'
  | 'OUTBOX_FULL'
  | 'PACKET_TOO_LARGE'
  | 'PROTOCOL_ERROR'
  | 'PUBLISH_REFUSED'
  | 'SERVER_DISCONNECTED'
  | 'STORE_FAILED'
  | 'SUBSCRIBE_REFUSED'
  | 'TIMEOUT'
  | 'TRANSPORT_FAILED'
  | 'UNCLAIMED'

/** Where it went wrong: a stage of dialling, the handshake, the Session, or this side before anything was sent. */
export type ErrorPhase = 'dns' | 'tcp' | 'tls' | 'ws' | 'connect' | 'session' | 'local'

export interface MqttErrorDetails {
  readonly phase?: ErrorPhase
  readonly reasonCode?: number | undefined
  readonly reasonString?: string | undefined
  readonly serverReference?: string | undefined
  readonly retryable?: boolean
  readonly cause?: unknown
}

const brand = Symbol.for('godwit.MqttError')

/** What may go well the next time, where the error does not say otherwise. */
const RETRYABLE = /^(CONNECTION_LOST|KEEP_ALIVE_TIMEOUT|MALFORMED_PACKET|OFFLINE|OUTBOX_FULL|PROTOCOL_ERROR|TIMEOUT)$/

/** The one error class of this package. Compare `code`, and `reasonCode` where the server gave one. */
export class MqttError extends Error {
  // Declared only: `Object.assign` sets them, with what else the server said.
  declare readonly code: ErrorCode
  declare readonly phase: ErrorPhase
  /** The Reason Code that the server sent, or the one that this client closed the connection with. */
  declare readonly reasonCode: number | undefined
  declare readonly reasonString: string | undefined
  /** Server Reference of a CONNACK or DISCONNECT, where it had one. */
  declare readonly serverReference: string | undefined
  /** Whether trying the same again later may succeed. Decides over reconnecting unless `reconnect.decide` does. */
  declare readonly retryable: boolean

  /** @param message default: the code in words, and what the server said */
  constructor(code: ErrorCode, message = '', details: MqttErrorDetails = {}) {
    const { reasonCode, reasonString = reasonCode && `0x${reasonCode.toString(16)}` } = details
    const said = reasonString ? `: ${reasonString}` : ''
    super(message || code.toLowerCase().replaceAll('_', ' ') + said, details)
    Object.assign(this, { name: 'MqttError', phase: 'local', retryable: RETRYABLE.test(code), ...details, code })
  }

  /** Of the class, so that nobody sees it who prints an error. */
  get [brand](): true {
    return true
  }

  /** True for an MqttError of any installed copy of this package, where `instanceof` knows one only. */
  static isInstance(value: unknown): value is MqttError {
    return brand in Object(value)
  }
}
