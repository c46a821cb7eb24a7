import { describe, expect, it } from 'vitest'
import { decodeUtf8, encodeUtf8 } from './utf8.ts'

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** What the platform's own decoder says, undefined where it refuses. */
const expected = (bytes: Uint8Array): string | undefined => {
  try {
    return strict.decode(bytes)
  } catch {
    return undefined
  }
}

describe('UTF-8', () => {
  it.each([
    '',
    'a',
    '\u007f',
    '\u0080',
    'é',
    '\u07ff',
    '\u0800',
    '€',
    '\uffff',
    '\u{10000}',
    '😀',
    '\u{10ffff}',
    '\ufeffa',
  ])('the bytes of %j are those of TextEncoder, alone and between others, and are read back', (text) => {
    for (const whole of [text, `a${text}`, `${text}${text}z`]) {
      const bytes = encodeUtf8(whole)
      expect(bytes).toEqual(new TextEncoder().encode(whole))
      expect(decodeUtf8(bytes, 0, bytes.length)).toBe(whole)
      const around = Uint8Array.of(0x21, ...bytes, 0x21)
      expect(decodeUtf8(around, 1, around.length - 1)).toBe(whole)
    }
  })

  it('[MQTT-1.5.4-1] every first byte, whatever follows it: refused where TextDecoder refuses', () => {
    const wrong: string[] = []
    for (let first = 0x80; first <= 0xff; first++) {
      for (const second of [0x00, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xff]) {
        for (const more of [[], [0x80], [0xbf], [0x7f], [0xc0], [0x80, 0x80], [0xbf, 0xbf], [0x80, 0x41]]) {
          const bytes = Uint8Array.of(first, second, ...more)
          // What lies behind the end is not part of it, also where it would make a character whole.
          for (let end = 1; end <= bytes.length; end++)
            if (decodeUtf8(bytes, 0, end) !== expected(bytes.subarray(0, end))) wrong.push(`${String(bytes)} to ${end}`)
        }
      }
    }
    expect(wrong).toEqual([])
  })

  it.each([4_095, 4_096, 4_097, 9_000])('ASCII of %i bytes is read whole', (length) => {
    const text = 'x'.repeat(length - 1) + 'y'
    expect(decodeUtf8(encodeUtf8(text), 0, length)).toBe(text)
  })
})
