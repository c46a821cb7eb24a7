import { createHash, pbkdf2, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import type { PasswordHash } from './password-file.ts'

const derive = promisify(pbkdf2)

/** Whether this is the password that was hashed. `$7$` is worked out on a thread of the pool, `$6$` takes microseconds. */
export const verifyPassword = async (expected: PasswordHash, password: Uint8Array): Promise<boolean> => {
  const { scheme, salt, iterations, hash } = expected
  const actual =
    scheme === 'sha512'
      ? createHash('sha512').update(password).update(salt).digest()
      : await derive(password, salt, iterations, hash.length, 'sha512')
  return timingSafeEqual(actual, hash)
}
