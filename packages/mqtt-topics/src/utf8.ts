/** The UTF-8 of a string without lone surrogates. */
export const encodeUtf8 = (text: string): Uint8Array => {
  const bytes: number[] = []
  for (const character of text) {
    const point = character.codePointAt(0)!
    if (point < 0x80) bytes.push(point)
    else if (point < 0x800) bytes.push(0xc0 | (point >> 6), 0x80 | (point & 0x3f))
    else if (point < 0x10000) bytes.push(0xe0 | (point >> 12), 0x80 | ((point >> 6) & 0x3f), 0x80 | (point & 0x3f))
    else {
      bytes.push(
        0xf0 | (point >> 18),
        0x80 | ((point >> 12) & 0x3f),
        0x80 | ((point >> 6) & 0x3f),
        0x80 | (point & 0x3f),
      )
    }
  }
  return Uint8Array.from(bytes)
}

/** The string of UTF-8, strictly: no overlong forms, no surrogates, nothing above U+10FFFF; undefined where it is none. */
export const decodeUtf8 = (bytes: Uint8Array, start: number, end: number): string | undefined => {
  let text = ''
  for (let at = start; at < end;) {
    const first = bytes[at++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf5 ? 3 : 0
    if (more === 0 || at + more > end) return undefined
    let point = first & (0x3f >> more)
    for (let count = 0; count < more; count++) {
      const next = bytes[at++]!
      if ((next & 0xc0) !== 0x80) return undefined
      point = (point << 6) | (next & 0x3f)
    }
    const overlong = (more === 2 && point < 0x800) || (more === 3 && point < 0x10000)
    if (overlong || (point >= 0xd800 && point < 0xe000) || point > 0x10ffff) return undefined
    text += String.fromCodePoint(point)
  }
  return text
}
