import fc from 'fast-check'
import { expect, it } from 'vitest'
import { crc32c, maskedCrc32c } from './crc32c.ts'

// RFC 3720, B.4.
it.each([
  ['32 zeros', new Uint8Array(32), 0x8a9136aa],
  ['32 ones', new Uint8Array(32).fill(0xff), 0x62a8ab43],
  ['0 to 31', Uint8Array.from({ length: 32 }, (_, place) => place), 0x46dd794e],
  ['31 to 0', Uint8Array.from({ length: 32 }, (_, place) => 31 - place), 0x113fdb5c],
  ['123456789', Buffer.from('123456789'), 0xe3069283],
  ['nothing', new Uint8Array(), 0],
])('the checksum of %s is that of the standard', (_name, bytes, expected) => {
  expect(crc32c(bytes)).toBe(expected)
})

it('equals the definition, bit by bit, at every start and length', () => {
  const naive = (bytes: Uint8Array): number => {
    let crc = -1
    for (const byte of bytes) {
      crc ^= byte
      for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1
    }
    return ~crc >>> 0
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (bytes, start) => {
      const from = Math.min(start, bytes.length)
      expect(crc32c(bytes, from)).toBe(naive(bytes.subarray(from)))
    }),
  )
})

it("masks as LevelDB does: its own test's numbers", () => {
  expect(maskedCrc32c(Buffer.from('foo'), 0, 3)).not.toBe(crc32c(Buffer.from('foo')))
  const crc = crc32c(Buffer.from('foo'))
  const masked = maskedCrc32c(Buffer.from('foo'), 0, 3)
  const rotated = (masked - 0xa282ead8) >>> 0
  expect(((rotated >>> 17) | (rotated << 15)) >>> 0).toBe(crc)
})
