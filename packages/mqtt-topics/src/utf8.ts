/** The UTF-8 of a string without lone surrogates. */
export const encodeUtf8 = (text: string): Uint8Array => {
  const ascii = new Uint8Array(text.length)
  let at = 0
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit >= 0x80) break
    ascii[at] = unit
  }
  return at === text.length ? ascii : encodeAny(text)
}

const encodeAny = (text: string): Uint8Array => {
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
  let at = start
  for (; at < end && bytes[at]! < 0x80 && at - start < SLICE; at++);
  // One call makes a flat string; character by character it would have to be put together again before it is looked up.
  if (at > start) text = String.fromCharCode.apply(null, bytes.subarray(start, at) as unknown as number[])
  while (at < end) {
    const first = bytes[at++]!
    if (first < 0x80) {
      text += String.fromCharCode(first)
      continue
    }
    const more = first < 0xc2 ? 0 : first < 0xe0 ? 1 : first < 0xf0 ? 2 : first < 0xf8 ? 3 : 0
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

/** Far fewer arguments than any engine takes in one call. */
const SLICE = 4096
