/** Bytes of one slab. A burst for one connection rarely needs more; a fan-out holds one for each subscriber. */
export const SLAB_BYTES = 16 * 1024
/** Bytes of a slab for packets that do not fit into one: a payload of 64 KiB, which many programs choose, and what stands before it. */
export const LARGE_SLAB_BYTES = 65 * 1024
/** So many large slabs are kept for next time. */
const MAXIMUM_FREE_LARGE = 64

/** Slabs that come back are used again: a fresh allocation costs ten times the copy of a message. */
export class SlabPool {
  readonly #free: Uint8Array[] = []
  readonly #freeLarge: Uint8Array[] = []
  readonly #maximumFree: number
  readonly #allocate: (size: number) => Uint8Array

  /** `allocate`: how new memory is had; a runtime may know one that is not cleared first. */
  constructor(allocate: (size: number) => Uint8Array = (size) => new Uint8Array(size), maximumFree = 1024) {
    this.#allocate = allocate
    this.#maximumFree = maximumFree
  }

  take(): Uint8Array {
    return this.#free.pop() ?? this.#allocate(SLAB_BYTES)
  }

  /** Memory of one of the two sizes of slabs; of another size it was made for one packet, and is left to the collector. */
  give(slab: Uint8Array): void {
    if (slab.length === SLAB_BYTES) {
      if (this.#free.length < this.#maximumFree) this.#free.push(slab)
    } else if (slab.length === LARGE_SLAB_BYTES && this.#freeLarge.length < MAXIMUM_FREE_LARGE)
      this.#freeLarge.push(slab)
  }

  /** Memory for a packet that is larger than a slab. */
  large(size: number): Uint8Array {
    if (size > LARGE_SLAB_BYTES) return this.#allocate(size)
    return this.#freeLarge.pop() ?? this.#allocate(LARGE_SLAB_BYTES)
  }
}
