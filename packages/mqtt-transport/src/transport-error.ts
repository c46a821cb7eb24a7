/** What went wrong, for programs. */
export type TransportErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_RESET'
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'PERMISSION_DENIED'
  | 'HOST_NOT_FOUND'
  | 'HOST_LOOKUP_FAILED'
  | 'HOST_UNREACHABLE'
  | 'TOO_MANY_OPEN_FILES'
  | 'TLS_FAILED'
  | 'TLS_CONFIGURATION_INVALID'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'WEBSOCKET_REFUSED'
  | 'WEBSOCKET_CLOSED'
  | 'WEBSOCKET_VIOLATION'
  | 'WS_NOT_INSTALLED'
  | 'NOT_SUPPORTED'
  | 'INVALID_OPTION'
  | 'ALREADY_OPEN'
  | 'NETWORK_FAILED'

/** How far a connection had come. */
export type TransportPhase = 'dns' | 'tcp' | 'tls' | 'ws'

const brand: unique symbol = Symbol.for('@godwit/mqtt-transport/TransportError')

/**
 * Every error of this package. The message says what was tried, with host and port; `cause` is the runtime's own error.
 * Recognise it by `code` or `TransportError.isInstance`.
 */
export class TransportError extends Error {
  readonly code: TransportErrorCode
  readonly phase: TransportPhase
  override readonly name = 'TransportError'
  readonly [brand] = true

  constructor(code: TransportErrorCode, phase: TransportPhase, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.phase = phase
  }

  /** Also true for an error of another copy of this package (ESM beside CJS, two versions). */
  static isInstance(value: unknown): value is TransportError {
    return brand in Object(value)
  }
}

export const alreadyOpen = (): TransportError =>
  new TransportError('ALREADY_OPEN', 'tcp', 'open() of a byte stream may be called only once')
