import { pureText } from '../text.ts'
import { isWellFormedUtf8 } from '../utf8.ts'
import type { ExplainedField } from './explained-field.ts'

/** Where the bytes end before a field does. */
export class CutOff extends Error {
  readonly code = 'CUT_OFF'
}

/** Reads field by field and writes down what it reads; what is missing ends it, what is wrong does not. */
export class FieldReader {
  readonly bytes: Uint8Array
  position: number
  end: number
  #fields: ExplainedField[] = []

  constructor(bytes: Uint8Array, position: number, end: number) {
    this.bytes = bytes
    this.position = position
    this.end = end
  }

  /** What has been read so far on this level. */
  get fields(): readonly ExplainedField[] {
    return this.#fields
  }

  /** A field of so many bytes; `meaning` says what they are. */
  field(name: string, section: string, length: number, meaning: (start: number, end: number) => string): void {
    const start = this.position
    const end = start + length
    if (end > this.end) {
      this.rest(name, section, `cut off: ${this.end - start} of ${length} bytes`)
      throw new CutOff(name)
    }
    this.position = end
    this.#fields.push({ name, start, end, meaning: meaning(start, end), section })
  }

  byte(name: string, section: string, meaning: (value: number) => string = String): number {
    this.field(name, section, 1, (start) => meaning(this.bytes[start]!))
    return this.bytes[this.position - 1]!
  }

  /** A byte whose bits mean different things: [from bit, to bit, name, meaning], the highest bit first. */
  bits(name: string, section: string, meaning: string, parts: readonly BitField[]): number {
    const value = this.byte(name, section, () => meaning)
    const whole = this.#fields.pop()!
    const split = parts.map(([high, low, part, say]): ExplainedField => {
      const masked = (value >> low) & ((1 << (high - low + 1)) - 1)
      return { ...whole, name: part, bits: bitPicture(value, high, low), meaning: say(masked) }
    })
    this.#fields.push({ ...whole, parts: split })
    return value
  }

  /** A big-endian number. */
  number(name: string, section: string, length: 2 | 4, meaning: (value: number) => string = String): number {
    this.field(name, section, length, (start) => meaning(this.#number(start, length)))
    return this.#number(this.position - length, length)
  }

  variableByteInteger(name: string, section: string, meaning: (value: number) => string = String): number {
    let length = 1
    let value = 0
    while (length < 4 && (this.bytes[this.position + length - 1] ?? 0) >= 0x80) length++
    for (let place = 0; place < length; place++) {
      value += ((this.bytes[this.position + place] ?? 0) & 0x7f) * 128 ** place
    }
    this.field(name, section, length, () => meaning(value))
    return value
  }

  string(name: string, section: string): string {
    let text = ''
    this.group(name, section, () => {
      const length = this.number('length', '1.5.4', 2, (value) => `${value} bytes`)
      this.field('text', section, length, (start, end) => {
        if (!isWellFormedUtf8(this.bytes, start, end)) return 'not UTF-8'
        text = pureText.decodeUtf8(this.bytes, start, end)
        return JSON.stringify(text)
      })
      return JSON.stringify(text)
    })
    return text
  }

  binary(name: string, section: string): void {
    this.group(name, section, () => {
      const length = this.number('length', '1.5.6', 2, (value) => `${value} bytes`)
      this.field('data', section, length, () => `${length} bytes`)
      return `${length} bytes`
    })
  }

  /** Everything up to the end as one field, if there is anything. */
  rest(name: string, section: string, meaning: string): void {
    if (this.position === this.end) return
    this.#fields.push({ name, start: this.position, end: this.end, meaning, section })
    this.position = this.end
  }

  /** A field of fields; `read` returns what the whole of it says. It is written down also where it is cut off. */
  group(name: string, section: string, read: () => string): void {
    const start = this.position
    const outer = this.#fields
    this.#fields = []
    let meaning = 'cut off'
    try {
      meaning = read()
    } finally {
      const parts = this.#fields
      this.#fields = outer
      if (parts.length > 0) outer.push({ name, start, end: this.position, meaning, section, parts })
    }
  }

  /** A group that must not reach beyond so many bytes; what is left in it belongs to no field. */
  within(length: number, read: () => void): void {
    const outer = this.end
    this.end = Math.min(outer, this.position + length)
    try {
      read()
    } catch (error) {
      if (!(error instanceof CutOff) || this.end === outer) throw error
    } finally {
      this.rest('no field', '4.13', 'belongs to nothing')
      this.end = outer
    }
  }

  #number(start: number, length: number): number {
    let value = 0
    for (let place = 0; place < length; place++) value = value * 256 + this.bytes[start + place]!
    return value
  }
}

export type BitField = readonly [high: number, low: number, name: string, meaning: (value: number) => string]

/** `0011 ....`: the bits of one part of a byte. */
const bitPicture = (value: number, high: number, low: number): string => {
  const picture = Array.from({ length: 8 }, (_, place) => {
    const bit = 7 - place
    return bit > high || bit < low ? '.' : String((value >> bit) & 1)
  })
  return `${picture.slice(0, 4).join('')} ${picture.slice(4).join('')}`
}
