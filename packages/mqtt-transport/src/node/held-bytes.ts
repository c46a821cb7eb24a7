/**
 * Bytes that came while their reader was paused, joined. A chunk of 64 KiB can hold 9,000 WebSocket frames of one byte: as
 * objects they would take a megabyte.
 */
export class HeldBytes {
  #memory = NOTHING
  #length = 0

  get length(): number {
    return this.#length
  }

  add(chunk: Uint8Array): void {
    const needed = this.#length + chunk.length
    if (needed > this.#memory.length) {
      const grown = new Uint8Array(Math.max(needed, this.#memory.length * 2, MINIMUM_BYTES))
      grown.set(this.#memory.subarray(0, this.#length))
      this.#memory = grown
    }
    this.#memory.set(chunk, this.#length)
    this.#length = needed
  }

  /** All of them; nothing is held any more. */
  take(): Uint8Array {
    const taken = this.#memory.subarray(0, this.#length)
    this.#memory = NOTHING
    this.#length = 0
    return taken
  }
}

const NOTHING = new Uint8Array(0)
const MINIMUM_BYTES = 1_024
