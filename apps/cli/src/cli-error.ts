import { ExitCode } from './exit-codes.ts'

const brand = Symbol.for('godwit.CliError')

/** Ends the command: one line that says what is wrong, where there is one a second that says what to do, and the exit code. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly code: string
  readonly exitCode: number
  readonly hint: string | undefined

  constructor(code: string, exitCode: number, message: string, hint?: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
    this.exitCode = exitCode
    this.hint = hint
    Object.defineProperty(this, brand, { value: true })
  }

  static isInstance(value: unknown): value is CliError {
    return typeof value === 'object' && value !== null && brand in value
  }
}

/** The command line is wrong. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError('USAGE', ExitCode.usage, message, hint)
}
