import type { StoreBatch } from '@godwit/mqtt-broker/ports'
import type { ClassicLevel } from 'classic-level'
import { LevelStoreError } from './store-error.ts'

export type Database = ClassicLevel<Uint8Array, Uint8Array>
type NativeBatch = ReturnType<Database['batch']>

/**
 * Changes go to LevelDB's own batch at once, which copies them; so a commit has nothing left to do but to write. A second copy, one
 * piece of memory for all, is there for the day on which the disk is full: the database is then closed with all its batches, and
 * this one has to be written after all.
 */
export class LevelBatch implements StoreBatch {
  size = 0
  sizeBytes = 0
  spent = false
  readonly #database: Database | undefined
  #native: NativeBatch | undefined
  #bytes: Buffer
  /** For each change the length of its key and of its value, or DELETED. */
  readonly #lengths: number[] = []

  constructor(database: Database, memory: Buffer) {
    this.#database = database.status === 'open' ? database : undefined
    this.#native = this.#database?.batch()
    this.#bytes = memory
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.#mustBeOpen()
    this.#copy(key)
    this.#copy(value)
    this.#lengths.push(key.length, value.length)
    this.size++
    if (this.#stillOpen()) this.#native?.put(key, value)
  }

  delete(key: Uint8Array): void {
    this.#mustBeOpen()
    this.#copy(key)
    this.#lengths.push(key.length, DELETED)
    this.size++
    if (this.#stillOpen()) this.#native?.del(key)
  }

  /** The batch to write to `database`, which may be another one than it was begun for. */
  nativeFor(database: Database): NativeBatch {
    const native = this.#native
    this.#native = undefined
    if (native !== undefined && this.#database === database && database.status === 'open') return native
    const again = database.batch()
    let at = 0
    const take = (length: number): Buffer => this.#bytes.subarray(at, (at += length))
    for (let place = 0; place < this.#lengths.length; place += 2) {
      const key = take(this.#lengths[place]!)
      const length = this.#lengths[place + 1]!
      if (length === DELETED) again.del(key)
      else again.put(key, take(length))
    }
    return again
  }

  /** Its memory, for the next batch. */
  release(): Buffer {
    const memory = this.#bytes
    this.#bytes = EMPTY
    return memory
  }

  /** A database that was closed meanwhile has taken its batches with it. */
  #stillOpen(): boolean {
    if (this.#native !== undefined && this.#database?.status !== 'open') this.#native = undefined
    return this.#native !== undefined
  }

  #copy(bytes: Uint8Array): void {
    const needed = this.sizeBytes + bytes.length
    if (needed > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(needed, 2 * this.#bytes.length, FIRST_BYTES))
      this.#bytes.copy(larger, 0, 0, this.sizeBytes)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.sizeBytes)
    this.sizeBytes = needed
  }

  #mustBeOpen(): void {
    if (this.spent) throw new LevelStoreError('BATCH_SPENT', 'A batch takes no change after it was given to commit().')
  }
}

const DELETED = -1
const FIRST_BYTES = 16 * 1024
const EMPTY: Buffer = Buffer.alloc(0)
