import type { Random } from './random.ts'

/** The longest input. */
export const MOST_BYTES = 4096

/** Values at which lengths, flags and numbers turn over. */
const EDGES = [0x00, 0x01, 0x02, 0x7f, 0x80, 0x81, 0xc0, 0xfe, 0xff] as const

/** What text may not hold, or what means something in it. */
const TEXTS: readonly (readonly number[])[] = [
  [0x00],
  [0x01],
  [0x7f],
  [0xc0, 0x80],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf8, 0x88, 0x80, 0x80, 0x80],
  [0xe2, 0x82],
  [0xef, 0xbb, 0xbf],
  [0xef, 0xbf, 0xbf],
  [0xf0, 0x9f, 0x98, 0x80],
  [0x23],
  [0x2b],
  [0x2f],
  [...'$share/g/'].map((character) => character.charCodeAt(0)),
  [...'$SYS'].map((character) => character.charCodeAt(0)),
]

/** Every Property Identifier with a value of its type, some that do not exist, and Variable Byte Integers that are none. */
const PROPERTIES: readonly (readonly number[])[] = [
  [0x01, 1],
  [0x02, 0, 0, 0, 9],
  [0x03, 0, 1, 0x61],
  [0x08, 0, 1, 0x61],
  [0x09, 0, 2, 1, 2],
  [0x0b, 0x01],
  [0x0b, 0x80, 0x01],
  [0x0b, 0xff, 0xff, 0xff, 0x7f],
  [0x0b, 0xff, 0xff, 0xff, 0xff, 0x01],
  [0x11, 0xff, 0xff, 0xff, 0xff],
  [0x12, 0, 1, 0x61],
  [0x13, 0, 5],
  [0x15, 0, 1, 0x61],
  [0x16, 0, 1, 1],
  [0x17, 1],
  [0x18, 0, 0, 0, 1],
  [0x19, 1],
  [0x1a, 0, 1, 0x61],
  [0x1c, 0, 1, 0x61],
  [0x1f, 0, 1, 0x61],
  [0x21, 0, 1],
  [0x22, 0, 4],
  [0x23, 0, 1],
  [0x23, 0, 0],
  [0x24, 1],
  [0x25, 1],
  [0x26, 0, 1, 0x61, 0, 1, 0x62],
  [0x27, 0, 0, 1, 0],
  [0x28, 1],
  [0x29, 1],
  [0x2a, 1],
  [0x00],
  [0x7e, 1],
  [0x80, 0x01],
]

/** One packet under the knife: its bytes in a buffer that grows in place, and no object for a change. */
export class Mutator {
  readonly bytes = new Uint8Array(MOST_BYTES)
  length = 0
  readonly #random: Random
  /** Packets whose parts are put in. */
  readonly #donors: readonly Uint8Array[]

  constructor(random: Random, donors: readonly Uint8Array[]) {
    this.#random = random
    this.#donors = donors
  }

  /** Takes a packet and changes it, mostly so that its Remaining Length fits what became of it. */
  mutate(packet: Uint8Array): void {
    const random = this.#random
    this.length = Math.min(packet.length, MOST_BYTES >> 1)
    this.bytes.set(packet.subarray(0, this.length))
    if (random.oneIn(16)) return
    for (let changes = 1 + random.below(4); changes > 0; changes--) this.#change()
    if (!random.oneIn(4)) this.#mendRemainingLength()
  }

  #change(): void {
    const random = this.#random
    const { bytes } = this
    const at = this.length === 0 ? 0 : random.below(this.length)
    switch (random.below(14)) {
      case 0:
        bytes[at]! ^= 1 << random.below(8)
        return
      case 1:
        bytes[at] = random.pick(EDGES)
        return
      case 2:
        bytes[at] = random.next()
        return
      case 3:
        bytes[0]! ^= 1 << random.below(4)
        return
      case 4:
        bytes[0] = (bytes[0]! & 0x0f) | (random.below(16) << 4)
        return
      case 5:
        this.length = at
        return
      case 6:
        return this.#insert(at, this.#part(random.pick(this.#donors)))
      case 7:
        return this.#insert(at, random.pick(TEXTS))
      case 8:
        return this.#remove(at, 1 + random.below(8))
      case 9:
        return this.#insert(at, bytes.slice(at, Math.min(this.length, at + 1 + random.below(24))))
      case 10:
        return this.#insideText(random.pick(TEXTS))
      case 11:
        return this.#insideText(undefined)
      case 12:
      case 13:
        return this.#insideProperties(random.pick(PROPERTIES))
    }
  }

  /** A field with two length bytes, where something looks like one: grown by what is put in, or its length moved alone. */
  #insideText(put: readonly number[] | undefined): void {
    const random = this.#random
    const { bytes } = this
    for (let tries = 0; tries < 8; tries++) {
      const at = 2 + random.below(Math.max(1, this.length - 2))
      const size = (bytes[at]! << 8) | bytes[at + 1]!
      if (size > 64 || at + 2 + size > this.length) continue
      let changed = size
      if (put === undefined) changed += random.below(5) - 2
      else {
        this.#insert(at + 2 + random.below(size + 1), put)
        changed += put.length
      }
      bytes[at] = changed >> 8
      bytes[at + 1] = changed
      return
    }
  }

  /** A property, where something looks like a Property Length: it is made to fit. */
  #insideProperties(property: readonly number[]): void {
    const random = this.#random
    const { bytes } = this
    for (let tries = 0; tries < 8; tries++) {
      const at = 2 + random.below(Math.max(1, this.length - 2))
      const size = bytes[at]!
      if (size > 0x60 || at + 1 + size > this.length) continue
      this.#insert(at + 1 + (random.oneIn(2) ? 0 : size), property)
      bytes[at] = size + property.length
      return
    }
  }

  #part(donor: Uint8Array): Uint8Array {
    const from = this.#random.below(donor.length)
    return donor.subarray(from, from + 1 + this.#random.below(24))
  }

  #insert(at: number, put: ArrayLike<number>): void {
    if (this.length + put.length > MOST_BYTES - 8) return
    this.bytes.copyWithin(at + put.length, at, this.length)
    this.bytes.set(put, at)
    this.length += put.length
  }

  #remove(at: number, size: number): void {
    const end = Math.min(this.length, at + size)
    this.bytes.copyWithin(at, end, this.length)
    this.length -= end - at
  }

  /** Writes the length of what is there; now and then in more bytes than it takes. */
  #mendRemainingLength(): void {
    const { bytes } = this
    if (this.length < 2) return
    let bodyStart = 1
    while (bodyStart < 5 && bodyStart < this.length && bytes[bodyStart++]! >= 0x80);
    const body = this.length - bodyStart
    const field = variableByteInteger(body)
    if (this.#random.oneIn(64)) {
      field[field.length - 1]! |= 0x80
      field.push(0)
    }
    this.#remove(1, bodyStart - 1)
    this.#insert(1, field)
  }
}

const variableByteInteger = (value: number): number[] => {
  const field: number[] = []
  for (let rest = value; ; rest >>= 7) {
    if (rest < 0x80) return [...field, rest]
    field.push((rest & 0x7f) | 0x80)
  }
}
