import type { Runtime } from '../ports/runtime.ts'

/** Longer waits fire at once (`setTimeout` keeps 31 bits), so they are taken in steps. */
const LONGEST_STEP_MS = 2 ** 31 - 1

/** The one timer of a broker, always set for the next deadline. */
export class Timer {
  readonly #due: () => void
  readonly #runtime: Pick<Runtime, 'after'>
  #stop: (() => void) | undefined
  #at = Infinity

  constructor(due: () => void, runtime: Pick<Runtime, 'after'>) {
    this.#due = due
    this.#runtime = runtime
  }

  /** Milliseconds of the monotonic clock; Infinity: nothing is due. */
  set(at: number, now: number): void {
    if (at === this.#at) return
    this.clear()
    this.#at = at
    if (at === Infinity) return
    const wait = Math.min(Math.max(0, Math.ceil(at - now)), LONGEST_STEP_MS)
    this.#stop = this.#runtime.after(wait, () => {
      this.#at = Infinity
      this.#due()
    })
  }

  clear(): void {
    this.#stop?.()
    this.#stop = undefined
    this.#at = Infinity
  }
}
