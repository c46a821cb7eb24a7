/** What may stand in a list of bytes: a byte, or bytes. */
export type Part = number | Uint8Array | readonly number[]

export const bytes = (...parts: readonly Part[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'number' ? Uint8Array.of(part) : Uint8Array.from(part))))

/** Bytes as they stand in a book: `C0 00`. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

export const u16 = (value: number): Buffer => bytes(value >> 8, value & 0xff)

export const u32 = (value: number): Buffer => bytes(u16(Math.floor(value / 65_536)), u16(value % 65_536))

/** A Variable Byte Integer (§1.5.5). */
export const variable = (value: number): Buffer => {
  const found: number[] = []
  let rest = value
  do {
    const more = rest > 127
    found.push((rest % 128) + (more ? 128 : 0))
    rest = Math.floor(rest / 128)
  } while (rest > 0)
  return bytes(found)
}

/** Bytes with their length in front: a string, or binary data (§1.5.4, §1.5.6). */
export const text = (value: string | Uint8Array | readonly number[]): Buffer => {
  const content = typeof value === 'string' ? Buffer.from(value) : Buffer.from(value)
  return bytes(u16(content.length), content)
}

/** A Control Packet: its first byte, its Remaining Length, its body. */
export const packet = (firstByte: number, ...body: readonly Part[]): Buffer => {
  const content = bytes(...body)
  return bytes(firstByte, variable(content.length), content)
}

/** Properties with their length in front. */
export const properties = (...parts: readonly Part[]): Buffer => {
  const content = bytes(...parts)
  return bytes(variable(content.length), content)
}
