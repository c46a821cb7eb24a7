export type ScramErrorCode = 'INVALID_PASSWORD' | 'INVALID_ITERATIONS'

const BRAND = Symbol.for('godwit.ScramError')

/** Credentials that cannot be made. What Clients do wrong never throws. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
  readonly code: ScramErrorCode
  readonly [BRAND] = true

  constructor(code: ScramErrorCode, message: string) {
    super(message)
    this.code = code
  }

  /** True also for an error of another copy of this package. */
  static isInstance(error: unknown): error is ScramError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
