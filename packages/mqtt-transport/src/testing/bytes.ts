/** Bytes of an endless sequence, from an offset on: a lost, repeated or moved byte shows. */
export const sequence = (offset: number, length: number): Uint8Array => {
  const bytes = new Uint8Array(length)
  for (let index = 0; index < length; index++) bytes[index] = byteAt(offset + index)
  return bytes
}

/** Where bytes first differ from the sequence that begins at 0, or -1. Far faster than comparing arrays with `expect`. */
export const firstDifference = (bytes: Uint8Array): number => {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== byteAt(index)) return index
  return -1
}

/** The period is prime and longer than any buffer that is a power of two, so a shift by one is not invisible. */
const byteAt = (offset: number): number => {
  const position = offset % 65_521
  return (position ^ (position >> 8) ^ 0x5a) & 0xff
}
