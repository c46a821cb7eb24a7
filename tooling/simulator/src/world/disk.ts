import type { Random } from './random.ts'

const SECTOR_BYTES = 64

/** Bytes of one file that is only appended to. What was not synced is in a cache that a loss of power takes away, in part. */
export class Disk {
  #bytes = new Uint8Array(4096)
  #length = 0
  #synced = 0
  /** Where what was written last begins. */
  lastWriteAt = 0
  /** The next fsync fails. */
  syncFails = false
  /** No room: `hard`, not even for what is reserved. */
  full: 'no' | 'soft' | 'hard' = 'no'
  /** How long a write with its fsync takes, at the most. */
  latencyMs = 2

  get contents(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  append(bytes: Uint8Array): void {
    this.lastWriteAt = this.#length
    if (this.#length + bytes.length > this.#bytes.length) {
      const larger = new Uint8Array(2 * (this.#length + bytes.length))
      larger.set(this.contents)
      this.#bytes = larger
    }
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Everything is on the disk. */
  sync(): void {
    this.#synced = this.#length
  }

  /** Each sector that was not synced is there, or not, in any order; the last of them may be torn. */
  losePower(random: Random): void {
    let end = this.#synced
    for (let at = this.#synced; at < this.#length; at += SECTOR_BYTES) {
      const sectorEnd = Math.min(this.#length, at + SECTOR_BYTES)
      if (random.chance(0.5)) end = random.chance(0.3) ? random.between(at, sectorEnd) : sectorEnd
      else this.#bytes.fill(0, at, sectorEnd)
    }
    this.#truncate(end)
  }

  /** A process that ends takes nothing along; a write that it had begun may be short. */
  endProcess(random: Random): void {
    if (this.#length > this.#synced && random.chance(0.5)) {
      this.#truncate(random.between(this.#synced, this.#length))
    }
    this.#synced = this.#length
  }

  /** Cuts what a reader found to be torn. */
  truncate(length: number): void {
    this.#truncate(length)
    this.#synced = this.#length
  }

  /** Turns one bit around. Doing it again repairs it. */
  flip(place: number): void {
    this.#bytes[place >> 3]! ^= 1 << (place & 7)
  }

  #truncate(length: number): void {
    this.#bytes.fill(0, length, this.#length)
    this.#length = length
  }
}
