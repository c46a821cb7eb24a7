import { createHmac, randomBytes } from 'node:crypto'
import type { AuthenticationMechanism } from '../ports/authentication-mechanism.ts'
import type { Grant } from '../ports/grant.ts'
import { DEFAULT_ITERATIONS, type ScramCredentials } from './scram-credentials.ts'
import { type CredentialsOrFake, ScramExchange, type ScramServer } from './scram-exchange.ts'

export interface ScramOptions {
  /** The credentials of a User Name (after SASLprep); `undefined` where there is no such user. */
  readonly credentials: (username: string) => ScramCredentials | undefined | Promise<ScramCredentials | undefined>
  /** Rights of who has proven to be that user. Its principal is the User Name, unless the Grant says otherwise. Default: all. */
  readonly grant?: (username: string) => Grant
  /** What an unknown user is told, so that it looks like a known one. Default: 15,000, the default of `createScramCredentials`. */
  readonly iterations?: number
  /** 18 bytes become the Server's nonce. Default: those of node:crypto. */
  readonly randomBytes?: (count: number) => Uint8Array
}

const NONCE_BYTES = 18
const SALT_BYTES = 16
const NO_RIGHTS_OF_ITS_OWN: Grant = {}

/**
 * SCRAM-SHA-256 as an Authentication Method (RFC 7677): the password never travels, what the Server keeps does not let
 * anybody log in, and the Server proves that it knows the user as well. Channel binding (`-PLUS`) is not offered.
 */
export const scramSha256 = (options: ScramOptions): AuthenticationMechanism => {
  const { iterations = DEFAULT_ITERATIONS, grant = () => NO_RIGHTS_OF_ITS_OWN } = options
  const random = options.randomBytes ?? randomBytes
  const secret = random(32)
  const orFake = (username: string, credentials: ScramCredentials | undefined): CredentialsOrFake =>
    credentials === undefined
      ? { credentials: fakeCredentials(secret, username, iterations), fake: true }
      : { credentials, fake: false }
  const server: ScramServer = {
    credentials: (username) => {
      const found = options.credentials(username)
      return found !== undefined && 'then' in found
        ? found.then((credentials) => orFake(username, credentials))
        : orFake(username, found)
    },
    nonce: () => Buffer.from(random(NONCE_BYTES)).toString('base64'),
    grant,
  }
  return { name: 'SCRAM-SHA-256', begin: () => new ScramExchange(server) }
}

/** The same salt each time that somebody asks for the same unknown user: another one would tell that it is made up. */
const fakeCredentials = (secret: Uint8Array, username: string, iterations: number): ScramCredentials => {
  const bytes = createHmac('sha512', secret).update(username).digest()
  return {
    salt: bytes.subarray(0, SALT_BYTES),
    iterations,
    storedKey: bytes.subarray(32),
    serverKey: bytes.subarray(SALT_BYTES, 48),
  }
}
