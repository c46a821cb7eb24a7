/** Something that must not be: what, and the bytes or steps that lead there. */
export class Finding extends Error {
  readonly code = 'FINDING'

  /** What to feed to see it again, for a regression case. */
  readonly input: string

  constructor(message: string, input: string) {
    super(message)
    this.name = 'Finding'
    this.input = input
  }
}

/** Throws unless it holds. The text is made only where it is needed. */
export function demand(holds: boolean, what: () => string, input: () => string): asserts holds {
  if (!holds) throw new Finding(what(), input())
}

export const hexOf = (bytes: Uint8Array, start = 0, end = bytes.length): string =>
  Array.from(bytes.subarray(start, end), (byte) => byte.toString(16).padStart(2, '0')).join('')

export const bytesOfHex = (hex: string): Uint8Array =>
  Uint8Array.from({ length: hex.length / 2 }, (_, place) => Number.parseInt(hex.slice(place * 2, place * 2 + 2), 16))
