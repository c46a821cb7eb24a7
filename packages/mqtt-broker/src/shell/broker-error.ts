export type BrokerErrorCode =
  | 'BROKER_CLOSED'
  | 'INVALID_URL'
  | 'INVALID_LIMIT'
  | 'INVALID_TOPIC_NAME'
  | 'INVALID_MESSAGE'
  | 'INVALID_REASON_CODE'
  | 'INVALID_MECHANISM'
  | 'TLS_OPTIONS_MISSING'
  | 'DURABILITY_NOT_GIVEN'
  | 'STORE_UNAVAILABLE'
  | 'STORE_FAILED'
  | 'STORE_UNREADABLE'
  | 'STORE_FORMAT_UNKNOWN'
  | 'STORE_DAMAGED'

const BRAND = Symbol.for('godwit.BrokerError')

/** A mistake in how the broker is used. What peers do wrong never throws. */
export class BrokerError extends Error {
  override readonly name = 'BrokerError'
  readonly code: BrokerErrorCode
  readonly [BRAND] = true

  constructor(code: BrokerErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }

  /** True also for an error of another copy of this package. */
  static isInstance(error: unknown): error is BrokerError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
