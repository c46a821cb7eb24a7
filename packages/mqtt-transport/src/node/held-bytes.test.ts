import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { HeldBytes } from './held-bytes.ts'

describe('HeldBytes', () => {
  it('gives back what was added, joined, and is empty then', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.uint8Array({ maxLength: 3_000 }), { maxLength: 20 }), { maxLength: 4 }),
        (rounds) => {
          const held = new HeldBytes()
          for (const chunks of rounds) {
            for (const chunk of chunks) held.add(chunk)
            const joined = Uint8Array.from(chunks.flatMap((chunk) => [...chunk]))
            expect(held.length).toBe(joined.length)
            expect(Buffer.from(held.take()).equals(joined)).toBe(true)
            expect(held.length).toBe(0)
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('hostile #119: 9,000 chunks of one byte take 16 KiB, not a megabyte', () => {
    const held = new HeldBytes()
    const chunk = new Uint8Array(65_536).subarray(0, 1)
    for (let count = 0; count < 9_000; count++) held.add(chunk)
    expect(held.take().buffer.byteLength).toBe(16_384)
  })
})
