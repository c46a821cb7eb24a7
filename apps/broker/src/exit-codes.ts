/** Why `godwit` ended. Documented in its README. */
export const EXIT = { ok: 0, usage: 2, file: 3, listen: 4, crash: 70 } as const

/** A mistake that one line explains: what is wrong, and what to do. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly code = 'START_FAILED'
  readonly exitCode: number

  constructor(exitCode: number, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.exitCode = exitCode
  }
}
