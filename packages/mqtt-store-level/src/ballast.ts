import { randomBytes } from 'node:crypto'
import { open, rename, rm, stat } from 'node:fs/promises'

/**
 * A file that is only there to be removed: on a full disk even a delete needs room for its record, and LevelDB for a new log. Random
 * bytes, since a file system may store zeros in no space at all.
 */
export class Ballast {
  readonly #file: string
  readonly #sizeBytes: number
  /** Whether it is in its place. */
  present = false

  constructor(file: string, sizeBytes: number) {
    this.#file = file
    this.#sizeBytes = sizeBytes
  }

  /** What it would still take. */
  get missingBytes(): number {
    return this.present ? 0 : this.#sizeBytes
  }

  /** Notices one that an earlier run has left. */
  async find(): Promise<void> {
    const found = await stat(this.#file).catch(() => undefined)
    this.present = this.#sizeBytes === 0 || found?.size === this.#sizeBytes
  }

  /** Writes it. On failure nothing is left and it is not present. */
  async fill(): Promise<void> {
    const temporary = `${this.#file}.new`
    try {
      const handle = await open(temporary, 'w', 0o600)
      try {
        for (let left = this.#sizeBytes; left > 0; left -= CHUNK_BYTES) {
          await handle.write(randomBytes(Math.min(left, CHUNK_BYTES)))
        }
        await handle.sync()
      } finally {
        await handle.close()
      }
      await rename(temporary, this.#file)
      this.present = true
    } catch {
      // A disk that has no room for it after all is looked at again soon.
      await rm(temporary, { force: true }).catch(() => {})
    }
  }

  /** Gives its room back. */
  async release(): Promise<void> {
    await rm(this.#file, { force: true })
    this.present = this.#sizeBytes === 0
  }
}

const CHUNK_BYTES = 1 << 20
