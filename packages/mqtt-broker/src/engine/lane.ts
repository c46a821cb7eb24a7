import { SLAB_BYTES, type SlabPool } from './slab-pool.ts'

/**
 * Bytes in the order in which they go out: whole slabs, references to large payloads, and the slab that is being filled.
 * Holds no memory while it is empty.
 */
export class Lane {
  readonly #pool: SlabPool
  /** What is full, or not ours to fill. */
  #parts: Uint8Array[] | undefined
  /** The slab that is being filled, and up to where. */
  buffer: Uint8Array | undefined
  end = 0
  sizeBytes = 0

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** Makes room for so many bytes: they are to be written into `buffer` at the offset that is returned. */
  reserve(length: number): number {
    this.sizeBytes += length
    const start = this.end
    if (this.buffer !== undefined && start + length <= this.buffer.length) {
      this.end = start + length
      return start
    }
    this.#seal()
    this.buffer = length <= SLAB_BYTES ? this.#pool.take() : this.#pool.large(length)
    this.end = length
    return 0
  }

  /** Adds bytes that stay where they are: nobody may change them any more. */
  reference(bytes: Uint8Array): void {
    this.#seal()
    ;(this.#parts ??= []).push(bytes)
    this.sizeBytes += bytes.length
  }

  copy(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length)
    this.buffer!.set(bytes, at)
  }

  /** Everything in the lane, in order; the lane is empty after it. Give the parts back with `recycle` when they are free. */
  takeAll(): Uint8Array[] {
    this.#seal()
    const parts = this.#parts ?? []
    this.#parts = undefined
    this.sizeBytes = 0
    return parts
  }

  /** The one part there is, where there is one: the common case, without an array. */
  takeOnly(): Uint8Array | undefined {
    if (this.#parts !== undefined || this.buffer === undefined) return undefined
    const only = this.buffer.subarray(0, this.end)
    this.buffer = undefined
    this.end = 0
    this.sizeBytes = 0
    return only
  }

  clear(): void {
    for (const part of this.takeAll()) this.recycle(part)
  }

  /** Memory that nobody reads any more. */
  recycle(part: Uint8Array): void {
    // A part that begins its memory and is memory of ours is a slab; anything else is shared or was made to measure.
    if (part.byteOffset === 0 && part.buffer.byteLength === SLAB_BYTES) {
      this.#pool.give(new Uint8Array(part.buffer))
    }
  }

  #seal(): void {
    if (this.buffer === undefined) return
    ;(this.#parts ??= []).push(this.buffer.subarray(0, this.end))
    this.buffer = undefined
    this.end = 0
  }
}
