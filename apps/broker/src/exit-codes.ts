/** Why `godwit` ended, by exit code: what the help and the README say of each. */
export const EXIT_CODES = {
  ok: [0, 'ended in order, by SIGTERM or SIGINT'],
  usage: [2, 'an option or a value that is none'],
  file: [3, 'a file that cannot be read'],
  addressInUse: [4, 'a port that something else listens at'],
  address: [5, 'an address that cannot be listened at'],
  tls: [6, 'a certificate or key that cannot be used'],
  loginFile: [7, 'a line of the password or ACL file that cannot be understood'],
  openToOthers: [8, 'an address open to others where nobody would have to log in'],
  data: [9, 'a data directory that cannot be used'],
  crash: [70, 'a fault of godwit itself'],
} as const

export type Ending = keyof typeof EXIT_CODES

/** The codes as text, for the help. */
export const exitCodesText = (): string =>
  Object.values(EXIT_CODES)
    .map(([code, meaning]) => `  ${String(code).padStart(2)}  ${meaning}`)
    .join('\n')

/** A mistake that one line explains: what is wrong, and what to do. */
export class StartFailure extends Error {
  override readonly name = 'StartFailure'
  readonly code = 'START_FAILED'
  readonly exitCode: number

  constructor(ending: Ending, message: string, cause?: unknown) {
    super(message.replaceAll(/\s*\n\s*/g, ' '), cause === undefined ? undefined : { cause })
    this.exitCode = EXIT_CODES[ending][0]
  }
}
