/** Runs work with a limit on how much of it runs at once and how much waits. */
export class BoundedWork {
  readonly #maximumRunning: number
  readonly #maximumWaiting: number
  readonly #waiting: (() => void)[] = []
  #running = 0

  constructor(maximumRunning: number, maximumWaiting: number) {
    this.#maximumRunning = maximumRunning
    this.#maximumWaiting = maximumWaiting
  }

  /** The result of the work, which starts when its turn comes; undefined, at once, where too much waits already. */
  run<Result>(work: () => Promise<Result>): Promise<Result> | undefined {
    if (this.#running >= this.#maximumRunning && this.#waiting.length >= this.#maximumWaiting) return undefined
    return this.#inTurn(work)
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < this.#maximumRunning) this.#running++
    else await new Promise<void>((resolve) => this.#waiting.push(resolve))
    try {
      return await work()
    } finally {
      // Its place goes to the next one, so that a newcomer cannot take it in between.
      const next = this.#waiting.shift()
      if (next === undefined) this.#running--
      else next()
    }
  }
}
