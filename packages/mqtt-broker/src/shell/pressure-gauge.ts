import type { Measurement } from '../core/pressure.ts'
import type { Runtime } from '../ports/runtime.ts'

const INTERVAL_MS = 500
/** A pause of the collector or of the machine passes; overload is there the next time as well. */
const SAMPLES = 3

/** Measures memory and the lateness of the event loop twice a second, for as long as the broker is open. */
export class PressureGauge {
  readonly #maximumMemoryBytes: number
  readonly #report: (measurement: Measurement) => void
  readonly #runtime: Pick<Runtime, 'now' | 'every' | 'memoryFraction'>
  readonly #lags: number[] = []
  #stop: (() => void) | undefined
  #dueAt = 0

  /** `maximumMemoryBytes` Infinity: what the container or the machine has. */
  constructor(
    maximumMemoryBytes: number,
    report: (measurement: Measurement) => void,
    runtime: Pick<Runtime, 'now' | 'every' | 'memoryFraction'>,
  ) {
    this.#maximumMemoryBytes = maximumMemoryBytes
    this.#report = report
    this.#runtime = runtime
  }

  start(): void {
    this.#dueAt = this.#runtime.now() + INTERVAL_MS
    this.#stop = this.#runtime.every(INTERVAL_MS, () => this.#measure())
  }

  stop(): void {
    this.#stop?.()
  }

  #measure(): void {
    const now = this.#runtime.now()
    this.#lags.push(Math.max(0, now - this.#dueAt))
    if (this.#lags.length > SAMPLES) this.#lags.shift()
    this.#dueAt = now + INTERVAL_MS
    const lagMs = this.#lags.length < SAMPLES ? 0 : Math.min(...this.#lags)
    this.#report({ memoryFraction: this.#runtime.memoryFraction(this.#maximumMemoryBytes), lagMs })
  }
}
