import { describe, expect, it } from 'vitest'
import { CommitGate } from './commit-gate.ts'

describe('CommitGate', () => {
  it('commits what was staged, one commit in flight, everything meanwhile in the next', () => {
    const gate = new CommitGate()
    expect(gate.ready).toBe(false)
    expect(gate.stage()).toBe(1)
    expect(gate.stage()).toBe(1)
    expect(gate.ready).toBe(true)
    expect(gate.seal()).toBe(1)
    expect(gate.stage()).toBe(2)
    expect(gate.ready).toBe(false)
    gate.succeeded(1)
    expect(gate.committed).toBe(1)
    expect(gate.ready).toBe(true)
  })

  it('I5 tells everyone who waits that a commit is durable', () => {
    const gate = new CommitGate()
    const told: string[] = []
    const one = { committed: (upTo: number) => told.push(`one ${upTo}`) }
    const other = { committed: (upTo: number) => told.push(`other ${upTo}`) }
    gate.await(one)
    gate.await(other)
    gate.forget(other)
    gate.stage()
    gate.succeeded(gate.seal())
    expect(told).toEqual(['one 1'])
  })

  it('I25 after a failed commit nothing ever moves', () => {
    const gate = new CommitGate()
    gate.stage()
    gate.seal()
    gate.failed()
    gate.stage()
    expect(gate.ready).toBe(false)
    expect(gate.committed).toBe(0)
  })
})
