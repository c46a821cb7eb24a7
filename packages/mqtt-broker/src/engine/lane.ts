import { copyBytes } from '../core/copy-bytes.ts'
import { writeTwoBytes } from '../core/write-bytes.ts'
import type { Copier, PendingCopies } from './pending-copies.ts'
import { LARGE_SLAB_BYTES, SLAB_BYTES, type SlabPool } from './slab-pool.ts'

/**
 * Bytes in the order in which they go out: whole slabs, references to large payloads, and the slab that is being filled.
 * Holds no memory while it is empty.
 */
export class Lane implements Copier {
  readonly #pool: SlabPool
  /** What is full, or not ours to fill. */
  #parts: Uint8Array[] | undefined
  /** The slab that is being filled, and up to where. */
  buffer: Uint8Array | undefined
  end = 0
  sizeBytes = 0
  /** What is still to be copied to `#copyAt` of the buffer: `#source` from `#from` to `#to`. */
  #source: Uint8Array | undefined
  #from = 0
  #to = 0
  #copyAt = 0
  /** Pairs of an offset in the buffer and the two bytes that belong there. */
  #amendments: number[] | undefined
  #amendmentCount = 0
  #copies: PendingCopies | undefined

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  /** Makes room for so many bytes: they are to be written into `buffer` at the offset that is returned. */
  reserve(length: number): number {
    if (this.#source !== undefined) this.settle()
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

  /** Takes bytes of the read buffer, which are copied together with what follows them there. Returns where in `buffer` they will be. */
  copyLater(copies: PendingCopies, source: Uint8Array, from: number, to: number): number {
    const length = to - from
    const { buffer, end } = this
    let at = end
    if (source === this.#source && from === this.#to && buffer !== undefined && end + length <= buffer.length) {
      this.end = end + length
      this.sizeBytes += length
    } else {
      at = this.reserve(length)
      this.#source = source
      this.#from = from
      this.#copyAt = at
      this.#copies = copies
      copies.add(this)
    }
    this.#to = to
    return at
  }

  /** Two bytes of what `copyLater` has just taken become others: a Packet Identifier, a Topic Alias. */
  amend(at: number, value: number): void {
    const amendments = (this.#amendments ??= this.#copies!.lend())
    amendments[this.#amendmentCount++] = at
    amendments[this.#amendmentCount++] = value
  }

  /** Copies what is owed. */
  settle(): void {
    const source = this.#source
    if (source === undefined) return
    const buffer = this.buffer!
    copyBytes(source, this.#from, this.#to, buffer, this.#copyAt)
    this.#source = undefined
    const amendments = this.#amendments
    if (amendments === undefined) return
    for (let place = 0; place < this.#amendmentCount; place += 2) {
      writeTwoBytes(buffer, amendments[place]!, amendments[place + 1]!)
    }
    this.#amendments = undefined
    this.#amendmentCount = 0
    this.#copies!.giveBack(amendments)
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
    this.settle()
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
    const { byteLength } = part.buffer
    if (part.byteOffset === 0 && (byteLength === SLAB_BYTES || byteLength === LARGE_SLAB_BYTES)) {
      this.#pool.give(new Uint8Array(part.buffer))
    }
  }

  #seal(): void {
    if (this.buffer === undefined) return
    this.settle()
    ;(this.#parts ??= []).push(this.buffer.subarray(0, this.end))
    this.buffer = undefined
    this.end = 0
  }
}
