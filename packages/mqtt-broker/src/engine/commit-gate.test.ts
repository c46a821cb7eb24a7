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
