import { createHash, createHmac, pbkdf2, randomBytes } from 'node:crypto'
import { promisify } from 'node:util'
import { saslprep } from './saslprep.ts'
import { ScramError } from './scram-error.ts'

/** What a Server keeps of a password: enough to check a proof, not enough to make one (RFC 5802 section 3). */
export interface ScramCredentials {
  readonly salt: Uint8Array
  /** Rounds of PBKDF2; 4,096 at least (RFC 7677 section 4). */
  readonly iterations: number
  readonly storedKey: Uint8Array
  readonly serverKey: Uint8Array
}

export const LEAST_ITERATIONS = 4096
/** OWASP's advice for PBKDF2 with SHA-256 would be 600,000; a Client computes this at each login, a small device slowly. */
export const DEFAULT_ITERATIONS = 15_000
const SALT_BYTES = 16
const HASH_BYTES = 32

const derive = promisify(pbkdf2)

/**
 * Credentials for a password. Default: 15,000 iterations, 16 random bytes of salt. Throws `ScramError` where the password
 * holds characters that none may have (RFC 4013), or where there are fewer than 4,096 iterations.
 */
export const createScramCredentials = async (
  password: string,
  options: { readonly iterations?: number; readonly salt?: Uint8Array } = {},
): Promise<ScramCredentials> => {
  const { iterations = DEFAULT_ITERATIONS, salt = randomBytes(SALT_BYTES) } = options
  if (!Number.isInteger(iterations) || iterations < LEAST_ITERATIONS) {
    throw new ScramError('INVALID_ITERATIONS', `SCRAM needs at least ${LEAST_ITERATIONS} iterations.`)
  }
  const prepared = saslprep(password)
  if (prepared === undefined || prepared === '') {
    throw new ScramError('INVALID_PASSWORD', 'The password is empty or holds characters that none may have (RFC 4013).')
  }
  const saltedPassword = await derive(prepared, salt, iterations, HASH_BYTES, 'sha256')
  return {
    salt,
    iterations,
    storedKey: sha256(hmacSha256(saltedPassword, 'Client Key')),
    serverKey: hmacSha256(saltedPassword, 'Server Key'),
  }
}

export const hmacSha256 = (key: Uint8Array, text: string): Buffer => createHmac('sha256', key).update(text).digest()

export const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
