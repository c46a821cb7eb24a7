import { RefilledList } from './refilled-list.ts'

/** Somebody who has made room for bytes of the read buffer and has not copied them yet. */
export interface Copier {
  settle(): void
}

/** So many lists are kept for next time, and none that is longer: a burst must not pin its memory. */
const LISTS_KEPT = 128
const LIST_LENGTH = 1024

/**
 * Packets that follow each other in the read buffer mostly go to the same subscribers, so a lane copies them at once and not
 * one by one: a view and a copy of 100 bytes cost what a copy of 4 KiB does (measured). While one connection's bytes are read
 * the lanes are noted here; before the buffer is used again all of them copy what they owe.
 */
export class PendingCopies {
  readonly #copiers = new RefilledList<Copier>()
  readonly #lists: number[][] = []
  /** Whether the bytes that are read stay where they are until `settle`. */
  reading = false

  begin(): void {
    this.reading = true
  }

  add(copier: Copier): void {
    this.#copiers.push(copier)
  }

  /** The read buffer is about to be used again. */
  settle(): void {
    this.reading = false
    this.#copiers.drain(settleOne)
  }

  /** A list of numbers with anything in it. */
  lend(): number[] {
    return this.#lists.pop() ?? []
  }

  giveBack(list: number[]): void {
    if (this.#lists.length < LISTS_KEPT && list.length <= LIST_LENGTH) this.#lists.push(list)
  }
}

const settleOne = (copier: Copier): void => copier.settle()
