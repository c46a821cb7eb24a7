import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import type { Measurement } from '../core/pressure.ts'
import { nodeRuntime } from './node-runtime.ts'
import { PressureGauge } from './pressure-gauge.ts'

describe('PressureGauge', () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }))
  afterEach(() => void vi.useRealTimers())

  const gauge = (maximumMemoryBytes = Infinity) => {
    const measured: Measurement[] = []
    const made = new PressureGauge(maximumMemoryBytes, (measurement) => measured.push(measurement), nodeRuntime)
    made.start()
    return { made, measured }
  }

  it('measures twice a second until it is stopped, and leaves no timer', () => {
    const { made, measured } = gauge()
    vi.advanceTimersByTime(2_000)
    expect(measured).toHaveLength(4)
    made.stop()
    vi.advanceTimersByTime(2_000)
    expect([measured.length, vi.getTimerCount()]).toEqual([4, 0])
  })

  it('memory is that of the process, as a part of what it may have', () => {
    const { made, measured } = gauge(process.memoryUsage.rss() / 2)
    const { made: other, measured: roomy } = gauge()
    vi.advanceTimersByTime(500)
    made.stop()
    other.stop()
    expect(measured[0]!.memoryFraction).toBeGreaterThan(1)
    expect(roomy[0]!.memoryFraction).toBeGreaterThan(0)
    expect(roomy[0]!.memoryFraction).toBeLessThan(1)
  })

  it('hostile #126: goes on with what it knew where the system has no file descriptor to tell by', () => {
    const { made, measured } = gauge()
    vi.advanceTimersByTime(500)
    const rss = vi.spyOn(process.memoryUsage, 'rss').mockImplementation(() => {
      throw Object.assign(new TypeError('too many open files'), { code: 'EMFILE' })
    })
    vi.advanceTimersByTime(500)
    rss.mockRestore()
    made.stop()
    expect(measured).toHaveLength(2)
    expect(measured[1]!.memoryFraction).toBeGreaterThan(0)
  })

  it('lateness counts when it lasts: a single pause is forgiven, three in a row are not', () => {
    let time = 0
    const measured: Measurement[] = []
    const made = new PressureGauge(Infinity, (measurement) => void measured.push(measurement), {
      ...nodeRuntime,
      now: () => time,
    })
    made.start()
    for (const ms of [0, 0, 900, 0, 300, 400, 350]) {
      time += 500 + ms
      vi.advanceTimersByTime(500)
    }
    made.stop()
    expect(measured.map(({ lagMs }) => lagMs)).toEqual([0, 0, 0, 0, 0, 0, 300])
  })
})
