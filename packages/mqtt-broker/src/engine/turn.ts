import { PendingCopies } from './pending-copies.ts'
import { RefilledList } from './refilled-list.ts'

/** Something with bytes to write. */
export interface Flushable {
  flush(): void
}

/** A connection that has more to do than one turn allows. */
export interface Deferred {
  continue(): void
}

/** One turn of the loop: what has to be written at its end, and who goes on in the next one. */
export class Turn {
  /** What is owed of the bytes that are being read. */
  readonly copies = new PendingCopies()
  readonly #schedule: () => void
  /** Rises with each turn. */
  number = 0
  #scheduled = false
  #outputs = new RefilledList<Flushable>()
  #spare = new RefilledList<Flushable>()
  #deferred: Deferred[] = []

  /** `schedule` is called once when there is something to do at the end of the turn. */
  constructor(schedule: () => void) {
    this.#schedule = schedule
  }

  dirty(output: Flushable): void {
    this.#outputs.push(output)
    this.wake()
  }

  defer(deferred: Deferred): void {
    this.#deferred.push(deferred)
    this.wake()
  }

  wake(): void {
    if (this.#scheduled) return
    this.#scheduled = true
    this.#schedule()
  }

  /** The turn begins to end: what is said from here on belongs to the next. */
  begin(): void {
    this.#scheduled = false
    this.number++
  }

  /** Those that were cut off in the turn before. */
  takeDeferred(): readonly Deferred[] {
    if (this.#deferred.length === 0) return NOBODY
    const deferred = this.#deferred
    this.#deferred = []
    return deferred
  }

  /** Writes every Output that has something to write. */
  flush(): void {
    const outputs = this.#outputs
    this.#outputs = this.#spare
    outputs.drain(flushOne)
    this.#spare = outputs
  }
}

const flushOne = (output: Flushable): void => output.flush()

const NOBODY: readonly Deferred[] = []
