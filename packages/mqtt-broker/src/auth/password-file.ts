import { AuthFileError } from './auth-file-error.ts'
import { fileLines } from './file-lines.ts'

/** A password as a file keeps it: salted, and hashed once (`$6$`) or many times (`$7$`). */
export interface PasswordHash {
  readonly scheme: 'sha512' | 'pbkdf2-sha512'
  /** Rounds of PBKDF2; 1 where the scheme knows none. */
  readonly iterations: number
  readonly salt: Uint8Array
  readonly hash: Uint8Array
  /** As it stands in the file. */
  readonly encoded: string
}

/** User Names and their passwords. */
export type PasswordFile = ReadonlyMap<string, PasswordHash>

/** SHA-512 gives so many bytes. */
const HASH_BYTES = 64

/** A login must not take seconds, whatever a file asks for. mosquitto_passwd writes 101. */
const MAXIMUM_ITERATIONS = 10_000_000

/**
 * Reads a password file as `mosquitto_passwd` writes it: `name:$7$iterations$salt$hash` (PBKDF2 with SHA-512) or
 * `name:$6$salt$hash` (SHA-512), one line for each User Name; lines that begin with # are comments.
 *
 * @param fileName what messages call the file
 * @throws {AuthFileError} at the first line that is not one of these; the message never repeats a password
 */
export const parsePasswordFile = (content: string, fileName = 'password file'): PasswordFile => {
  const passwords = new Map<string, PasswordHash>()
  for (const { text, line, column } of fileLines(content)) {
    const fail = (at: number, problem: string): never => {
      throw new AuthFileError('PASSWORD_FILE_INVALID', fileName, line, column + at, problem)
    }
    const colon = text.indexOf(':')
    if (colon < 0) return fail(0, 'there is no colon; a line is name:hash, as mosquitto_passwd writes it')
    const username = text.slice(0, colon).trim()
    if (username === '') return fail(0, 'there is no User Name before the colon')
    if (passwords.has(username))
      return fail(0, `the User Name "${username}" is here a second time; keep one line of it`)
    const encoded = text.slice(colon + 1).trim()
    passwords.set(
      username,
      parseHash(encoded, (problem) => fail(colon + 1, problem)),
    )
  }
  return passwords
}

const parseHash = (encoded: string, fail: (problem: string) => never): PasswordHash => {
  if (encoded === '') return fail('there is no hash after the colon; run mosquitto_passwd to set a password')
  const [before, scheme, ...parts] = encoded.split('$')
  if (before !== '' || parts.length === 0) {
    return fail('this is not a hash; a file of plain passwords becomes one of hashes with mosquitto_passwd -U')
  }
  switch (scheme) {
    case '6':
      if (parts.length !== 2) return fail('a $6$ hash is $6$salt$hash')
      return { scheme: 'sha512', iterations: 1, ...saltAndHash(parts[0]!, parts[1]!, fail), encoded }
    case '7': {
      if (parts.length !== 3) return fail('a $7$ hash is $7$iterations$salt$hash')
      const iterations = Number(parts[0])
      if (!/^\d+$/.test(parts[0]!) || iterations < 1 || iterations > MAXIMUM_ITERATIONS) {
        return fail(`the iterations of a $7$ hash are a number from 1 to ${MAXIMUM_ITERATIONS}`)
      }
      return { scheme: 'pbkdf2-sha512', iterations, ...saltAndHash(parts[1]!, parts[2]!, fail), encoded }
    }
    default:
      return fail(`hashes of the kind $${scheme}$ are not known; mosquitto_passwd writes $7$ and, with -H sha512, $6$`)
  }
}

const saltAndHash = (salt: string, hash: string, fail: (problem: string) => never) => {
  const decoded = { salt: fromBase64(salt), hash: fromBase64(hash) }
  if (decoded.salt === undefined) return fail('the salt is not base64')
  if (decoded.hash?.length !== HASH_BYTES) return fail(`the hash is not ${HASH_BYTES} bytes in base64`)
  return { salt: decoded.salt, hash: decoded.hash }
}

const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/

const fromBase64 = (text: string): Uint8Array | undefined =>
  text !== '' && BASE64.test(text) ? new Uint8Array(Buffer.from(text, 'base64')) : undefined
