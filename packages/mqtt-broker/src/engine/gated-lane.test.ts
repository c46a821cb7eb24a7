import { describe, expect, it } from 'vitest'
import { GatedLane } from './gated-lane.ts'
import { Lane } from './lane.ts'
import { SlabPool } from './slab-pool.ts'

const bytes = (lane: Lane): number[] => lane.takeAll().flatMap((part) => [...part])

describe('GatedLane', () => {
  it('I5 releases what waited for a commit, and nothing that waits for a later one', () => {
    const pool = new SlabPool()
    const gated = new GatedLane(pool)
    const free = new Lane(pool)
    gated.lane(1).copy(Uint8Array.of(1))
    gated.lane(2).copy(Uint8Array.of(2))
    gated.lane(3).copy(Uint8Array.of(3))
    expect(gated.lastCommit).toBe(3)
    gated.release(2, free)
    expect(bytes(free)).toEqual([1, 2])
    expect(gated.sizeBytes).toBe(1)
  })

  it('[MQTT-4.6.0-4 v5.0] what needs no commit, or an older one, waits behind what came before it', () => {
    const pool = new SlabPool()
    const gated = new GatedLane(pool)
    const free = new Lane(pool)
    gated.lane(5).copy(Uint8Array.of(1))
    gated.lane(0).copy(Uint8Array.of(2))
    gated.lane(4).copy(Uint8Array.of(3))
    gated.release(4, free)
    expect(bytes(free)).toEqual([])
    gated.release(5, free)
    expect([bytes(free), gated.lastCommit, gated.sizeBytes]).toEqual([[1, 2, 3], 0, 0])
  })
})
