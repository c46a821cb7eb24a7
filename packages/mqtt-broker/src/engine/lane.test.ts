import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lane } from './lane.ts'
import { PendingCopies } from './pending-copies.ts'
import { LARGE_SLAB_BYTES, SLAB_BYTES, SlabPool } from './slab-pool.ts'

const joined = (parts: readonly Uint8Array[]): number[] => parts.flatMap((part) => [...part])

/** What a read brings. */
const READ = Uint8Array.from({ length: 140_000 }, (_, index) => (index * 7) % 251)

describe('Lane', () => {
  it('gives back what was put in, in order, whatever the sizes', () => {
    const piece = fc.record({ how: fc.constantFrom('copy', 'reference'), bytes: fc.uint8Array({ maxLength: 40_000 }) })
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const lane = new Lane(new SlabPool())
        for (const { how, bytes } of pieces) how === 'copy' ? lane.copy(bytes) : lane.reference(bytes)
        const all = joined(pieces.map(({ bytes }) => bytes))
        expect(lane.sizeBytes).toBe(all.length)
        expect(joined(lane.takeAll())).toEqual(all)
        expect(lane.sizeBytes).toBe(0)
      }),
      { numRuns: 30 },
    )
  })

  it('owes bytes of the read buffer until they are settled, whatever is written between, and never longer', () => {
    const step = fc.record({
      what: fc.constantFrom('later', 'later', 'later', 'gap', 'copy', 'reference', 'settle'),
      size: fc.integer({ min: 4, max: 6000 }),
      packetId: fc.integer({ min: 0, max: 65_535 }),
    })
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), fc.boolean(), (steps, throughPending) => {
        const copies = new PendingCopies()
        const lane = new Lane(new SlabPool())
        const expected: number[] = []
        let source = new Uint8Array(0)
        let at = 0
        const settle = () => {
          if (throughPending) copies.settle()
          else lane.settle()
          // The next read fills the same memory.
          source.fill(0xdd)
          source = READ.slice()
          at = 0
        }
        settle()
        for (const { what, size, packetId } of steps) {
          if (what === 'settle') settle()
          else if (what === 'gap') at += size
          else if (what === 'later') {
            const bytes = [...source.subarray(at, at + size)]
            if (packetId > 0) [bytes[1], bytes[2]] = [packetId >> 8, packetId & 0xff]
            expected.push(...bytes)
            const place = lane.copyLater(copies, source, at, at + size)
            if (packetId > 0) lane.amend(place + 1, packetId)
            at += size
          } else {
            const bytes = new Uint8Array(size).fill(size % 251)
            if (what === 'copy') lane.copy(bytes)
            else lane.reference(bytes)
            expected.push(...bytes)
          }
        }
        expect(lane.sizeBytes).toBe(expected.length)
        if (throughPending) settle()
        const parts = lane.takeAll()
        settle()
        expect(Buffer.compare(Buffer.concat(parts), Uint8Array.from(expected))).toBe(0)
      }),
      { numRuns: 100 },
    )
  })

  it('uses a slab again once it has been given back, and never one that was referred to', () => {
    const pool = new SlabPool()
    const lane = new Lane(pool)
    lane.copy(new Uint8Array(10))
    const slab = lane.takeOnly()!
    lane.recycle(slab)
    lane.copy(new Uint8Array(10))
    expect(lane.takeOnly()!.buffer).toBe(slab.buffer)
    const shared = new Uint8Array(100)
    lane.recycle(shared)
    expect(pool.take()).not.toBe(shared)
  })

  it('uses memory for long packets again, and fills it with those that follow', () => {
    const pool = new SlabPool()
    const lane = new Lane(pool)
    const packet = new Uint8Array(SLAB_BYTES + 1).fill(7)
    lane.copy(packet)
    lane.copy(packet)
    const slab = lane.takeOnly()!
    expect([slab.length, slab.buffer.byteLength]).toEqual([2 * packet.length, LARGE_SLAB_BYTES])
    lane.recycle(slab)
    lane.copy(packet)
    expect(lane.takeOnly()!.buffer).toBe(slab.buffer)
    lane.copy(new Uint8Array(LARGE_SLAB_BYTES + 1))
    expect(lane.takeOnly()!.buffer.byteLength).toBe(LARGE_SLAB_BYTES + 1)
  })

  it('holds no memory while it is empty', () => {
    const lane = new Lane(new SlabPool())
    lane.copy(new Uint8Array(SLAB_BYTES))
    lane.clear()
    expect(lane.buffer).toBeUndefined()
    expect(lane.takeOnly()).toBeUndefined()
  })
})
