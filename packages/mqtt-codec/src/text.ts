import { followingBytes } from './utf8.ts'

/**
 * How strings become bytes and back, and where memory for a long packet comes from. It only converts: whether text is well-formed has
 * been judged before, by the same strict rules for each. `pureText` runs everywhere; `nodeText` from `@godwit/mqtt-codec/node` is faster for long text.
 */
export interface TextCodec {
  /** The string of bytes 0x01-0x7F. */
  decodeAscii(bytes: Uint8Array, start: number, end: number): string
  /** The string of well-formed UTF-8; a byte order mark is a character like any other. */
  decodeUtf8(bytes: Uint8Array, start: number, end: number): string
  /** Writes a string without lone surrogates as UTF-8 and returns where it ends, also where that is past the target. */
  write(target: Uint8Array, offset: number, text: string): number
  /** Memory for one long packet, which is written whole before anybody sees it. Absent: `new Uint8Array`, which fills it with zeros first. */
  allocate?(byteLength: number): Uint8Array
}

/** Characters that one call takes as arguments: far below what any engine puts on its stack. */
const SLICE = 4096

export const pureText: TextCodec = {
  decodeAscii(bytes, start, end) {
    let text = ''
    for (let at = start; at < end; at += SLICE) {
      text += String.fromCharCode.apply(null, bytes.subarray(at, Math.min(end, at + SLICE)) as unknown as number[])
    }
    return text
  },

  decodeUtf8(bytes, start, end) {
    let text = ''
    for (let at = start; at < end;) {
      let code = bytes[at++]!
      let more = followingBytes(code)
      if (more > 0) code &= 0x3f >> more
      for (; more > 0; more--) code = (code << 6) | (bytes[at++]! & 0x3f)
      text += String.fromCodePoint(code)
    }
    return text
  },

  write(target, offset, text) {
    let at = offset
    for (let index = 0; index < text.length; index++) {
      const code = text.codePointAt(index)!
      let more = 0
      if (code > 0x7f) more = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3
      if (more === 3) index++
      // The first byte has one bit set for each byte of the character.
      target[at++] = more === 0 ? code : (0xff00 >> (more + 1)) | (code >> (6 * more))
      while (more-- > 0) target[at++] = 0x80 | ((code >> (6 * more)) & 0x3f)
    }
    return at
  },
}
