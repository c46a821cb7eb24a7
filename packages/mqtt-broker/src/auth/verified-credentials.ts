import { createHmac, randomBytes } from 'node:crypto'
import type { PasswordHash } from './password-file.ts'

/**
 * Credentials that have been verified, so that Clients that all come back at once need not be hashed again. It holds keyed
 * hashes, and the key lives as long as this process: what is in it opens nothing anywhere.
 */
export class VerifiedCredentials {
  readonly #maximum: number
  readonly #key = randomBytes(32)
  readonly #fingerprints = new Set<string>()

  constructor(maximum: number) {
    this.#maximum = maximum
  }

  get size(): number {
    return this.#fingerprints.size
  }

  /** Of a password together with what it was verified against: after a change of the file it is another one. */
  fingerprint(username: string, password: Uint8Array, expected: PasswordHash): string {
    const hmac = createHmac('sha256', this.#key)
    // A User Name and a hash hold no NUL, so the three parts cannot run into each other.
    return hmac.update(username).update('\0').update(expected.encoded).update('\0').update(password).digest('base64')
  }

  has(fingerprint: string): boolean {
    if (!this.#fingerprints.delete(fingerprint)) return false
    // The newest are last.
    this.#fingerprints.add(fingerprint)
    return true
  }

  add(fingerprint: string): void {
    if (this.#maximum < 1) return
    if (this.#fingerprints.size >= this.#maximum) {
      const [oldest] = this.#fingerprints
      this.#fingerprints.delete(oldest!)
    }
    this.#fingerprints.add(fingerprint)
  }
}
