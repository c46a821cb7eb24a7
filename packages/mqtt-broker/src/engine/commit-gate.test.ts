import { describe, expect, it } from 'vitest'
import { MemoryStore } from '../store/memory-store.ts'
import { CommitGate } from './commit-gate.ts'

/** What is staged does not matter to a gate. */
const KEY = Uint8Array.of(1)

describe('CommitGate', () => {
  it('commits what was staged, one commit in flight, everything meanwhile in the next', () => {
    const gate = new CommitGate(new MemoryStore())
    expect(gate.ready).toBe(false)
    expect(gate.put(KEY, KEY)).toBe(1)
    expect(gate.put(KEY, KEY)).toBe(1)
    expect(gate.ready).toBe(true)
    expect(gate.seal().commit).toBe(1)
    expect(gate.put(KEY, KEY)).toBe(2)
    expect(gate.ready).toBe(false)
    gate.succeeded(1)
    expect(gate.committed).toBe(1)
    expect(gate.ready).toBe(true)
  })

  it('I5 tells everyone who waits that a commit is durable', () => {
    const gate = new CommitGate(new MemoryStore())
    const told: string[] = []
    const one = { committed: (upTo: number) => told.push(`one ${upTo}`), failed: () => told.push('one failed') }
    const other = { committed: (upTo: number) => told.push(`other ${upTo}`), failed: () => told.push('other failed') }
    gate.await(one)
    gate.await(other)
    gate.forget(other)
    gate.put(KEY, KEY)
    gate.succeeded(gate.seal().commit)
    expect(told).toEqual(['one 1'])
  })

  it('says that the end of a turn has something to seal, once for each batch', () => {
    let woken = 0
    const gate = new CommitGate(new MemoryStore(), undefined, () => woken++)
    gate.put(KEY, KEY)
    gate.delete(KEY)
    expect(woken).toBe(1)
    gate.seal()
    gate.put(KEY, KEY)
    expect(woken).toBe(2)
  })

  it('numbers the newest commit that anything was staged for', () => {
    const gate = new CommitGate(new MemoryStore())
    expect(gate.newest).toBe(0)
    gate.put(KEY, KEY)
    expect(gate.newest).toBe(1)
    gate.seal()
    expect(gate.newest).toBe(1)
    gate.delete(KEY)
    expect(gate.newest).toBe(2)
  })

  it.each([
    ['maximumUncommittedRecords', { maximumBatchRecords: 2, maximumBatchBytes: 1_000 }],
    ['maximumUncommittedBytes', { maximumBatchRecords: 1_000, maximumBatchBytes: 4 }],
  ] as const)('says which limit the open batch has reached: %s', (limit, limits) => {
    const gate = new CommitGate(new MemoryStore(), limits)
    gate.put(KEY, KEY)
    expect([gate.full, gate.exceeded]).toEqual([false, undefined])
    gate.put(Uint8Array.of(2), KEY)
    expect([gate.full, gate.exceeded]).toEqual([true, limit])
    gate.seal()
    expect([gate.full, gate.exceeded]).toEqual([false, undefined])
  })

  it('without a store there is nothing to wait for; after a failure what is waited for never comes', () => {
    const none = new CommitGate()
    expect([none.put(KEY, KEY), none.delete(KEY), none.committed]).toEqual([0, 0, 0])
    const failed = new CommitGate(new MemoryStore())
    failed.put(KEY, KEY)
    failed.seal()
    failed.fail()
    expect(failed.put(KEY, KEY)).toBeGreaterThan(failed.committed)
    expect(failed.delete(KEY)).toBeGreaterThan(failed.committed)
  })

  it('I25 after a failed commit nothing ever moves', () => {
    const gate = new CommitGate(new MemoryStore())
    gate.put(KEY, KEY)
    gate.seal()
    gate.fail()
    gate.put(KEY, KEY)
    expect(gate.ready).toBe(false)
    expect(gate.committed).toBe(0)
  })
})
