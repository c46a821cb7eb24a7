/** The period is prime and longer than any buffer that is a power of two, so a shift by one is not invisible. */
const PERIOD = Uint8Array.from({ length: 65_521 }, (_, position) => (position ^ (position >> 8) ^ 0x5a) & 0xff)

/**
 * Bytes of an endless sequence, from an offset on: a lost, repeated or moved byte shows. Copied, since tests ask for many
 * megabytes.
 */
export const sequence = (offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let at = 0; at < length;) {
    const from = (offset + at) % PERIOD.length
    const part = PERIOD.subarray(from, from + length - at)
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}

/** Where bytes first differ from the sequence that begins at 0, or -1. Far faster than comparing arrays with `expect`. */
export const firstDifference = (bytes: Uint8Array): number => {
  for (let begin = 0; begin < bytes.length; begin += PERIOD.length) {
    const end = Math.min(begin + PERIOD.length, bytes.length)
    for (let index = begin; index < end; index++) if (bytes[index] !== PERIOD[index - begin]) return index
  }
  return -1
}
