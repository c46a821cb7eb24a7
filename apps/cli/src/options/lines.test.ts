import { Readable } from 'node:stream'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { everything, lines } from './lines.ts'

async function collect(chunks: Iterable<Uint8Array | string>): Promise<string[]> {
  const found: string[] = []
  for await (const line of lines(Readable.from(chunks))) found.push(Buffer.from(line).toString('latin1'))
  return found
}

describe('lines of standard input', () => {
  it('leaves blank lines out and needs no newline at the end', async () => {
    expect(await collect(['a\n\n b ', 'c\nlast'])).toEqual(['a', ' b c', 'last'])
  })

  it('are bytes: what is not UTF-8 comes through', async () => {
    expect(await collect([Uint8Array.of(0xff, 0x00, 0x0a, 0x80)])).toEqual(['\xff\0', '\x80'])
  })

  it('are the same however the input is cut', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 60 }), fc.array(fc.nat(60)), async (bytes, cuts) => {
        const noisy = bytes.map((byte) => (byte % 4 === 0 ? 0x0a : byte))
        const ends = [...new Set([...cuts.filter((cut) => cut < noisy.length), noisy.length])].sort((a, b) => a - b)
        const chunks = ends.map((end, at) => noisy.subarray(ends[at - 1] ?? 0, end))
        const expected = Buffer.from(noisy)
          .toString('latin1')
          .split('\n')
          .filter((line) => line !== '')
        expect(await collect(chunks)).toEqual(expected)
        expect(Buffer.from(await everything(Readable.from(chunks)))).toEqual(Buffer.from(noisy))
      }),
      { numRuns: 50 },
    )
  })
})
