import { copyBytes } from '../core/copy-bytes.ts'
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
  /** Pairs of an offset in the buffer and the Packet Identifier that belongs there. */
  #identifiers: number[] | undefined
  #identifierCount = 0
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

  /**
   * Takes bytes of the read buffer, which are copied together with what follows them there. `identifierAt` is where in the
   * source a Packet Identifier stands that has to be another, -1: nowhere.
   */
  copyLater(
    copies: PendingCopies,
    source: Uint8Array,
    from: number,
    to: number,
    identifierAt: number,
    packetId: number,
  ): void {
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
    if (identifierAt !== -1) this.#identify(copies, at + identifierAt - from, packetId)
  }

  /** Copies what is owed. */
  settle(): void {
    const source = this.#source
    if (source === undefined) return
    const buffer = this.buffer!
    copyBytes(source, this.#from, this.#to, buffer, this.#copyAt)
    this.#source = undefined
    const identifiers = this.#identifiers
    if (identifiers === undefined) return
    for (let place = 0; place < this.#identifierCount; place += 2) {
      const at = identifiers[place]!
      const packetId = identifiers[place + 1]!
      buffer[at] = packetId >> 8
      buffer[at + 1] = packetId & 0xff
    }
    this.#identifiers = undefined
    this.#identifierCount = 0
    this.#copies!.giveBack(identifiers)
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

  #identify(copies: PendingCopies, at: number, packetId: number): void {
    const identifiers = (this.#identifiers ??= copies.lend())
    identifiers[this.#identifierCount++] = at
    identifiers[this.#identifierCount++] = packetId
  }

  #seal(): void {
    if (this.buffer === undefined) return
    this.settle()
    ;(this.#parts ??= []).push(this.buffer.subarray(0, this.end))
    this.buffer = undefined
    this.end = 0
  }
}
