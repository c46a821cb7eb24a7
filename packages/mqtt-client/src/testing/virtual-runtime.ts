import type { Runtime } from '../ports/runtime.ts'

interface Timer {
  readonly at: number
  readonly callback: () => void
}

/** Lets everything that is ready happen: microtasks, and the memory streams' own steps. */
export async function settle(): Promise<void> {
  for (let round = 0; round < 4; round++) await new Promise((resolve) => setImmediate(resolve))
}

/** Time that stands still until it is told to pass. */
export class VirtualRuntime implements Runtime {
  readonly timers = new Set<Timer>()
  readonly wakeListeners = new Set<() => void>()
  randomValue = 0.5
  #now = 1_000_000
  #ids = 0

  now(): number {
    return this.#now
  }

  wallNow(): number {
    return this.#now + 1_700_000_000_000
  }

  random(): number {
    return this.randomValue
  }

  randomId(): string {
    return `id-${++this.#ids}`
  }

  setTimer(callback: () => void, delayMs: number): unknown {
    const timer = { at: this.#now + delayMs, callback }
    this.timers.add(timer)
    return timer
  }

  clearTimer(timer: unknown): void {
    this.timers.delete(timer as Timer)
  }

  onWake(callback: () => void): () => void {
    this.wakeListeners.add(callback)
    return () => this.wakeListeners.delete(callback)
  }

  /** Passes time in steps, one timer after the other. */
  async advance(byMs: number): Promise<void> {
    const end = this.#now + byMs
    await settle()
    for (;;) {
      const [next] = [...this.timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
      if (!next) break
      this.timers.delete(next)
      this.#now = Math.max(this.#now, next.at)
      next.callback()
      await settle()
    }
    this.#now = end
    await settle()
  }

  /** The machine sleeps: time passes, timers fire late. */
  sleep(byMs: number): void {
    this.#now += byMs
  }
}
