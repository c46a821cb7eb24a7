import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Lane } from './lane.ts'
import { SLAB_BYTES, SlabPool } from './slab-pool.ts'

const joined = (parts: readonly Uint8Array[]): number[] => parts.flatMap((part) => [...part])

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

  it('holds no memory while it is empty', () => {
    const lane = new Lane(new SlabPool())
    lane.copy(new Uint8Array(SLAB_BYTES))
    lane.clear()
    expect(lane.buffer).toBeUndefined()
    expect(lane.takeOnly()).toBeUndefined()
  })
})
