import { totalmem } from 'node:os'
import { performance } from 'node:perf_hooks'
import { getHeapStatistics } from 'node:v8'
import type { Measurement } from '../core/pressure.ts'

const INTERVAL_MS = 500
/** A pause of the collector or of the machine passes; overload is there the next time as well. */
const SAMPLES = 3

/** Measures memory and the lateness of the event loop twice a second, for as long as the broker is open. */
export class PressureGauge {
  readonly #maximumMemoryBytes: number
  readonly #report: (measurement: Measurement) => void
  readonly #now: () => number
  readonly #lags: number[] = []
  #timer: ReturnType<typeof setInterval> | undefined
  #dueAt = 0

  /** `maximumMemoryBytes` Infinity: what the container or the machine has. */
  constructor(
    maximumMemoryBytes: number,
    report: (measurement: Measurement) => void,
    now: () => number = () => performance.now(),
  ) {
    this.#now = now
    this.#maximumMemoryBytes = maximumMemoryBytes === Infinity ? memoryOfMachine() : maximumMemoryBytes
    this.#report = report
  }

  start(): void {
    this.#dueAt = this.#now() + INTERVAL_MS
    this.#timer = setInterval(() => this.#measure(), INTERVAL_MS)
    // A broker that nobody can reach does not keep its process alive.
    this.#timer.unref()
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  #measure(): void {
    const now = this.#now()
    this.#lags.push(Math.max(0, now - this.#dueAt))
    if (this.#lags.length > SAMPLES) this.#lags.shift()
    this.#dueAt = now + INTERVAL_MS
    const lagMs = this.#lags.length < SAMPLES ? 0 : Math.min(...this.#lags)
    this.#report({ memoryFraction: this.#memoryFraction(), lagMs })
  }

  #memoryFraction(): number {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics()
    return Math.max(process.memoryUsage.rss() / this.#maximumMemoryBytes, used / limit)
  }
}

const memoryOfMachine = (): number => {
  const total = totalmem()
  // Where nothing constrains the process the answer is 0, or more than there is; Bun has no such function.
  const constrained = process.constrainedMemory?.() ?? 0
  return constrained > 0 && constrained < total ? constrained : total
}
