import { pureText } from '@godwit/mqtt-codec'
import { isWellFormedUtf8 } from '@godwit/mqtt-codec/relay'

const NO_BYTES = new Uint8Array(0)

/** Reads one key or value. What is cut off, or no text where there should be one, sets `failed` and reads as nothing: a damaged record is a value, not a throw. */
export class RecordReader {
  readonly bytes: Uint8Array
  at: number
  failed = false

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  /** True where everything was read and nothing was missing. */
  get complete(): boolean {
    return !this.failed && this.at === this.bytes.length
  }

  byte(): number {
    return this.#has(1) ? this.bytes[this.at++]! : 0
  }

  uint16(): number {
    return this.#has(2) ? (this.bytes[this.at++]! << 8) | this.bytes[this.at++]! : 0
  }

  uint32(): number {
    return this.uint16() * 0x1_0000 + this.uint16()
  }

  uint48(): number {
    return this.uint16() * 0x1_0000_0000 + this.uint32()
  }

  countedBytes(): Uint8Array {
    const length = this.uint32()
    if (!this.#has(length)) return NO_BYTES
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }

  countedText(): string {
    return this.#textOf(this.countedBytes())
  }

  countedUnits(): string {
    let text = ''
    for (let count = this.uint32(); count > 0 && !this.failed; count--) text += String.fromCharCode(this.uint16())
    return text
  }

  /** UTF-8 to the end of the record. */
  text(): string {
    const rest = this.bytes.subarray(this.at)
    this.at = this.bytes.length
    return this.#textOf(rest)
  }

  #textOf(bytes: Uint8Array): string {
    if (isWellFormedUtf8(bytes, 0, bytes.length)) return pureText.decodeUtf8(bytes, 0, bytes.length)
    this.failed = true
    return ''
  }

  #has(length: number): boolean {
    if (!this.failed && this.at + length <= this.bytes.length) return true
    this.failed = true
    return false
  }
}
