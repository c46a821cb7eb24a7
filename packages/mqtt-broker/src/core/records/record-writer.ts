import { pureText } from '@godwit/mqtt-codec'

/**
 * Writes the bytes of one key or value into memory that is used again for the next one: what `bytes` returns is valid until
 * then, which is long enough for a batch that copies.
 */
export class RecordWriter {
  #buffer = new Uint8Array(512)
  #end = 0

  begin(): this {
    this.#end = 0
    return this
  }

  /** What has been written since `begin`. */
  get bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#end)
  }

  byte(value: number): this {
    this.#room(1)
    this.#buffer[this.#end++] = value
    return this
  }

  /** Two bytes, the higher one first: the order of numbers is the order of their bytes. */
  uint16(value: number): this {
    this.#room(2)
    this.#buffer[this.#end++] = value >>> 8
    this.#buffer[this.#end++] = value & 0xff
    return this
  }

  uint32(value: number): this {
    return this.uint16(value >>> 16).uint16(value & 0xffff)
  }

  /** Up to 2^48: enough for a number a microsecond during nine years. */
  uint48(value: number): this {
    this.#room(6)
    const buffer = this.#buffer
    const at = this.#end
    const high = Math.floor(value / 0x1_0000_0000)
    buffer[at] = high >>> 8
    buffer[at + 1] = high & 0xff
    buffer[at + 2] = (value >>> 24) & 0xff
    buffer[at + 3] = (value >>> 16) & 0xff
    buffer[at + 4] = (value >>> 8) & 0xff
    buffer[at + 5] = value & 0xff
    this.#end = at + 6
    return this
  }

  raw(bytes: Uint8Array, start = 0, end = bytes.length): this {
    this.#room(end - start)
    this.#buffer.set(start === 0 && end === bytes.length ? bytes : bytes.subarray(start, end), this.#end)
    this.#end += end - start
    return this
  }

  /** UTF-8 to the end of the record. */
  text(text: string): this {
    this.#room(text.length * 3)
    this.#end = pureText.write(this.#buffer, this.#end, text)
    return this
  }

  /** UTF-8 behind the number of its bytes. */
  countedText(text: string): this {
    const at = this.#end
    this.uint32(0).text(text)
    const length = this.#end - at - 4
    const buffer = this.#buffer
    buffer[at] = length >>> 24
    buffer[at + 1] = (length >>> 16) & 0xff
    buffer[at + 2] = (length >>> 8) & 0xff
    buffer[at + 3] = length & 0xff
    return this
  }

  /** The units of a string behind their number: also of one that is no text, which UTF-8 could not tell from another. */
  countedUnits(text: string): this {
    this.uint32(text.length)
    for (let at = 0; at < text.length; at++) this.uint16(text.charCodeAt(at))
    return this
  }

  countedBytes(bytes: Uint8Array): this {
    return this.uint32(bytes.length).raw(bytes)
  }

  #room(length: number): void {
    const needed = this.#end + length
    if (needed <= this.#buffer.length) return
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2))
    larger.set(this.#buffer.subarray(0, this.#end))
    this.#buffer = larger
  }
}
