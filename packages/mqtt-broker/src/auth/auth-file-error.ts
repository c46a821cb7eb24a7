export type AuthFileErrorCode = 'PASSWORD_FILE_INVALID' | 'ACL_FILE_INVALID'

const BRAND = Symbol.for('godwit.AuthFileError')

/** A line of a password or ACL file that cannot be understood. The message begins with `file:line:column`. */
export class AuthFileError extends Error {
  override readonly name = 'AuthFileError'
  readonly code: AuthFileErrorCode
  /** From 1. */
  readonly line: number
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number
  readonly [BRAND] = true

  constructor(code: AuthFileErrorCode, fileName: string, line: number, column: number, problem: string) {
    super(`${fileName}:${line}:${column}: ${problem}`)
    this.code = code
    this.line = line
    this.column = column
  }

  /** True also for an error of another copy of this package. */
  static isInstance(error: unknown): error is AuthFileError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
