type Data = Uint8Array | undefined

/** Enhanced authentication of 5.0 (section 4.12), one exchange at a time: `start`, any number of `step`, `done`. */
export interface AuthMechanism {
  /** Authentication Method, e.g. `SCRAM-SHA-256`. */
  readonly method: string
  /** Authentication Data of CONNECT, or of the AUTH that begins a re-authentication. */
  start(): Data | Promise<Data>
  /** The server's data in, the answer out. Throwing ends the connection with code `AUTHENTICATION_FAILED`. */
  step(challenge: Uint8Array): Data | Promise<Data>
  /** The server agrees. Throw here when its last data does not prove that it is who it says. */
  done?(data: Data): void | Promise<void>
}
