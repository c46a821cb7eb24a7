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

/** A longer chunk is part of a burst. */
const LONE_CHUNK_BYTES = 4096
/** So many turns in a row with one chunk each, and the next chunk is expected to be alone, too. */
const LONE_TURNS = 4
/** One turn in so many is ended by the loop all the same: only so is seen whether chunks still come alone. */
const LOOK_EVERY = 16

/**
 * One turn of the loop: what has to be written at its end, and who goes on in the next one. Its end merges what all the chunks of a
 * turn have caused into one write for each socket. Where chunks come one at a time there is nothing to merge, and the turn ends with
 * the chunk: asking the loop would take a quarter of the CPU of such a message, and of its time (measured with one pair of Clients).
 */
export class Turn {
  /** What is owed of the bytes that are being read. */
  readonly copies = new PendingCopies()
  readonly #schedule: () => void
  readonly #end: () => void
  /** Rises with each turn. */
  number = 0
  #scheduled = false
  /** Chunks of this turn that caused something. */
  #chunks = 0
  /** Turns in a row that had one such chunk. */
  #loneTurns = 0
  /** Chunks that are being handled: one may bring another, which belongs to it. */
  #depth = 0
  /** The turn is to end with the chunk that is being handled. */
  #alone = false
  /** A chunk that comes while a turn ends is not: writing may bring it. */
  #ending = false
  /** There is something to do when it has been. */
  #owed = false
  #outputs = new RefilledList<Flushable>()
  #spare = new RefilledList<Flushable>()
  #deferred: Deferred[] = []

  /** `schedule` is called once when there is something to do at the end of the turn: it sees to it that `end` is called. */
  constructor(schedule: () => void, end: () => void) {
    this.#schedule = schedule
    this.#end = end
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
    if (this.#alone) {
      this.#owed = true
      return
    }
    this.#scheduled = true
    this.#schedule()
  }

  /** A chunk of so many bytes is going to be handled. */
  beginChunk(bytes: number): void {
    if (this.#depth++ > 0) return
    this.#alone =
      bytes <= LONE_CHUNK_BYTES &&
      this.#loneTurns >= LONE_TURNS &&
      this.#loneTurns % LOOK_EVERY !== 0 &&
      !this.#scheduled &&
      !this.#ending
  }

  /** The chunk has been handled. */
  endChunk(): void {
    if (--this.#depth > 0) return
    if (this.#scheduled) this.#chunks++
    if (!this.#alone) return
    this.#alone = false
    if (!this.#owed) return
    this.#owed = false
    this.#chunks++
    // Whoever used up its share of this turn waits for the loop.
    if (this.#deferred.length > 0) this.wake()
    else this.#end()
  }

  /** The turn begins to end: what is said from here on belongs to the next. */
  begin(): void {
    this.#scheduled = false
    this.#ending = true
    this.number++
    if (this.#chunks > 0) this.#loneTurns = this.#chunks === 1 ? this.#loneTurns + 1 : 0
    this.#chunks = 0
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
    this.#ending = false
  }
}

const flushOne = (output: Flushable): void => output.flush()

const NOBODY: readonly Deferred[] = []
