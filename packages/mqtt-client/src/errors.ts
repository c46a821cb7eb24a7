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

/** The one error class of this package. Compare `code`, and `reasonCode` where the server gave one. */
export class MqttError extends Error {
  override readonly name = 'MqttError'
  readonly code: ErrorCode
  readonly phase: ErrorPhase
  /** The Reason Code that the server sent, or the one that this client closed the connection with. */
  readonly reasonCode: number | undefined
  readonly reasonString: string | undefined
  /** Server Reference of a CONNACK or DISCONNECT, where it had one. */
  readonly serverReference: string | undefined
  /** Whether trying the same again later may succeed. Decides over reconnecting unless `reconnect.decide` does. */
  readonly retryable: boolean

  constructor(code: ErrorCode, message: string, details: MqttErrorDetails = {}) {
    super(message, 'cause' in details ? { cause: details.cause } : undefined)
    this.code = code
    this.phase = details.phase ?? 'local'
    this.reasonCode = details.reasonCode
    this.reasonString = details.reasonString
    this.serverReference = details.serverReference
    this.retryable = details.retryable ?? false
    Object.defineProperty(this, brand, { value: true })
  }

  /** True for an MqttError of any installed copy of this package, where `instanceof` knows one only. */
  static isInstance(value: unknown): value is MqttError {
    return typeof value === 'object' && value !== null && brand in value
  }
}
