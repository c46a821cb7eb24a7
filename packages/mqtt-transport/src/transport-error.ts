export type TransportErrorCode =
  | 'CONNECTION_REFUSED'
  | 'CONNECTION_RESET'
  | 'ADDRESS_IN_USE'
  | 'ADDRESS_NOT_AVAILABLE'
  | 'PERMISSION_DENIED'
  | 'HOST_NOT_FOUND'
  | 'TLS_FAILED'
  | 'TIMEOUT'
  | 'ABORTED'
  | 'WEBSOCKET_REFUSED'
  | 'WEBSOCKET_CLOSED'
  | 'WS_NOT_INSTALLED'
  | 'NETWORK_FAILED'

export type TransportPhase = 'dns' | 'tcp' | 'tls' | 'ws'

const BRAND = Symbol.for('godwit.TransportError')

/** Why there is no stream, no listener, or no stream any more. The message says what was tried. */
export class TransportError extends Error {
  override readonly name = 'TransportError'
  readonly code: TransportErrorCode
  readonly phase: TransportPhase
  readonly [BRAND] = true

  constructor(code: TransportErrorCode, phase: TransportPhase, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.phase = phase
  }

  /** True also for an error of another copy of this package. */
  static isInstance(error: unknown): error is TransportError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
