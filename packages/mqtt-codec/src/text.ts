/**
 * How strings become bytes and back. It only converts: whether text is well-formed has been judged before, by the same
 * strict rules for each. `pureText` runs everywhere; `nodeText` from `@godwit/mqtt-codec/node` is faster for long text.
 */
export interface TextCodec {
  /** The string of bytes 0x01-0x7F. */
  decodeAscii(bytes: Uint8Array, start: number, end: number): string
  /** The string of well-formed UTF-8; a byte order mark is a character like any other. */
  decodeUtf8(bytes: Uint8Array, start: number, end: number): string
  /** Writes a string without lone surrogates as UTF-8 and returns where it ends, also where that is past the target. */
  write(target: Uint8Array, offset: number, text: string): number
}

/** Characters that one call of `fromCharCode` takes: far below what any engine puts on its stack. */
const SLICE = 4096

export const pureText: TextCodec = {
  decodeAscii(bytes, start, end) {
    let text = ''
    for (let at = start; at < end; at += SLICE) {
      text += fromCodeUnits(bytes.subarray(at, Math.min(end, at + SLICE)))
    }
    return text
  },

  decodeUtf8(bytes, start, end) {
    const units: number[] = []
    let text = ''
    for (let at = start; at < end;) {
      const byte = bytes[at++]!
      if (byte < 0x80) units.push(byte)
      else if (byte < 0xe0) units.push(((byte & 0x1f) << 6) | (bytes[at++]! & 0x3f))
      else if (byte < 0xf0) units.push(((byte & 0x0f) << 12) | ((bytes[at++]! & 0x3f) << 6) | (bytes[at++]! & 0x3f))
      else {
        const above =
          (((byte & 0x07) << 18) |
            ((bytes[at++]! & 0x3f) << 12) |
            ((bytes[at++]! & 0x3f) << 6) |
            (bytes[at++]! & 0x3f)) -
          0x10000
        units.push(0xd800 | (above >> 10), 0xdc00 | (above & 0x3ff))
      }
      if (units.length >= SLICE || at >= end) {
        text += fromCodeUnits(units)
        units.length = 0
      }
    }
    return text
  },

  write(target, offset, text) {
    let at = offset
    for (let index = 0; index < text.length; index++) {
      let code = text.charCodeAt(index)
      if (code < 0x80) {
        target[at++] = code
        continue
      }
      if (code < 0x800) target[at++] = 0xc0 | (code >> 6)
      else {
        if (code >> 11 === 0x1b) {
          code = 0x10000 + ((code & 0x3ff) << 10) + (text.charCodeAt(++index) & 0x3ff)
          target[at++] = 0xf0 | (code >> 18)
          target[at++] = 0x80 | ((code >> 12) & 0x3f)
        } else target[at++] = 0xe0 | (code >> 12)
        target[at++] = 0x80 | ((code >> 6) & 0x3f)
      }
      target[at++] = 0x80 | (code & 0x3f)
    }
    return at
  },
}

const fromCodeUnits = (units: ArrayLike<number>): string => String.fromCharCode.apply(null, units as number[])
