import fc from 'fast-check'
import { expect, it } from 'vitest'
import { uncompressSnappy } from './snappy.ts'

const text = (bytes: Uint8Array | undefined): string | undefined =>
  bytes === undefined ? undefined : Buffer.from(bytes).toString()

// Written by hand from the format's description.
it.each([
  ['a literal', [3, 2 << 2, 97, 98, 99], 'abc'],
  ['a long literal, its length in one more byte', [61, 60 << 2, 60, ...Array<number>(61).fill(97)], 'a'.repeat(61)],
  ['a near copy that reaches into itself', [8, 0, 97, ((7 - 4) << 2) | 1, 1], 'aaaaaaaa'],
  ['a far copy', [6, 2 << 2, 97, 98, 99, (2 << 2) | 2, 3, 0], 'abcabc'],
  ['a copy with four bytes of distance', [6, 2 << 2, 97, 98, 99, (2 << 2) | 3, 3, 0, 0, 0], 'abcabc'],
  ['nothing', [0], ''],
])('undoes %s', (_name, bytes, expected) => {
  expect(text(uncompressSnappy(Uint8Array.from(bytes)))).toBe(expected)
})

it.each([
  ['no bytes', []],
  ['a size without an end', [0x80, 0x80, 0x80, 0x80, 0x80, 0x80]],
  ['more promised than could be there', [0xff, 0xff, 0xff, 0x7f, 0]],
  ['a literal that is cut', [3, 2 << 2, 97]],
  ['a copy from before the beginning', [4, 0, 97, ((4 - 4) << 2) | 1, 9]],
  ['a distance of nothing', [5, 0, 97, ((4 - 4) << 2) | 1, 0]],
  ['less than promised', [4, 0, 97]],
  ['more than promised', [1, 2 << 2, 97, 98, 99]],
])('refuses %s', (_name, bytes) => {
  expect(uncompressSnappy(Uint8Array.from(bytes))).toBeUndefined()
})

it('never throws, and never makes more than its input can stand for', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      expect(uncompressSnappy(bytes)?.length ?? 0).toBeLessThanOrEqual(bytes.length * 32)
    }),
  )
})
