import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { nodeRuntime } from './node-runtime.ts'
import { Timer } from './timer.ts'

describe('Timer', () => {
  beforeEach(() => void vi.useFakeTimers())
  afterEach(() => void vi.useRealTimers())

  it('is due at its time, once, and not after it was cleared', () => {
    let due = 0
    const timer = new Timer(() => due++, nodeRuntime)
    timer.set(100, 50)
    timer.set(100, 60)
    vi.advanceTimersByTime(49)
    expect(due).toBe(0)
    vi.advanceTimersByTime(1)
    expect(due).toBe(1)
    timer.set(200, 100)
    timer.clear()
    timer.set(Infinity, 100)
    vi.advanceTimersByTime(1000)
    expect([due, vi.getTimerCount()]).toEqual([1, 0])
  })

  it('hostile #97: a wait of more than 31 bits is taken in steps, not at once', () => {
    let due = 0
    const timer = new Timer(() => due++, nodeRuntime)
    timer.set(2 ** 40, 0)
    vi.advanceTimersByTime(2 ** 31 - 2)
    expect(due).toBe(0)
    vi.advanceTimersByTime(1)
    expect(due).toBe(1)
  })
})
