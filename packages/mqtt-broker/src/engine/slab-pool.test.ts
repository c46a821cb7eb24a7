import { describe, expect, it } from 'vitest'
import { LARGE_SLAB_BYTES, SLAB_BYTES, SlabPool } from './slab-pool.ts'

describe('SlabPool', () => {
  it('uses a slab again, of either size', () => {
    const pool = new SlabPool()
    const slab = pool.take()
    const large = pool.large(SLAB_BYTES + 1)
    expect([slab.length, large.length]).toEqual([SLAB_BYTES, LARGE_SLAB_BYTES])
    pool.give(slab)
    pool.give(large)
    expect([pool.take(), pool.large(LARGE_SLAB_BYTES)]).toEqual([slab, large])
    expect(pool.take()).not.toBe(slab)
  })

  it('keeps no more slabs than it may, and none that was made for one packet', () => {
    const made: number[] = []
    const allocate = (size: number) => {
      made.push(size)
      return new Uint8Array(size)
    }
    const pool = new SlabPool(allocate, 2)
    for (let count = 0; count < 3; count++) pool.give(new Uint8Array(SLAB_BYTES))
    for (let count = 0; count < 65; count++) pool.give(new Uint8Array(LARGE_SLAB_BYTES))
    pool.give(new Uint8Array(LARGE_SLAB_BYTES + 1))
    for (let count = 0; count < 3; count++) pool.take()
    for (let count = 0; count < 65; count++) pool.large(1)
    expect(made).toEqual([SLAB_BYTES, LARGE_SLAB_BYTES])
    expect(pool.large(LARGE_SLAB_BYTES + 1).length).toBe(LARGE_SLAB_BYTES + 1)
  })
})
