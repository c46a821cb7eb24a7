/** Reads LevelDB's integers. A read past the end sets `failed` and gives 0: damaged bytes are no reason to throw. */
export class ByteReader {
  readonly #bytes: Uint8Array
  #at: number
  readonly #end: number
  failed = false

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#at = start
    this.#end = end
  }

  get at(): number {
    return this.#at
  }

  get done(): boolean {
    return this.failed || this.#at >= this.#end
  }

  /** Up to 53 bits, which is more than any offset or file number needs. */
  variableInteger(): number {
    let value = 0
    let scale = 1
    for (let count = 0; count < 10; count++) {
      if (this.#at >= this.#end) break
      const byte = this.#bytes[this.#at++]!
      value += (byte & 0x7f) * scale
      if (byte < 0x80) return value
      scale *= 128
    }
    this.failed = true
    return 0
  }

  skip(count: number): void {
    this.#at += count
    if (this.#at > this.#end) this.failed = true
  }
}
