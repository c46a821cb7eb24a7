/** Bytes of one slab. A burst for one connection rarely needs more; a fan-out holds one for each subscriber. */
export const SLAB_BYTES = 16 * 1024

/** Slabs that come back are used again: a fresh allocation costs ten times the copy of a message. */
export class SlabPool {
  readonly #free: Uint8Array[] = []
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

  /** Memory of another size was made for one packet and is left to the collector. */
  give(slab: Uint8Array): void {
    if (slab.length === SLAB_BYTES && this.#free.length < this.#maximumFree) this.#free.push(slab)
  }

  /** Memory for one packet that is larger than a slab. */
  large(size: number): Uint8Array {
    return this.#allocate(size)
  }
}
