/** A seeded sequence (mulberry32): the same seed makes the same choices. */
export class Random {
  #state

  /** @param {number} seed */
  constructor(seed) {
    this.#state = seed >>> 0
  }

  /** From 0 to below 1. */
  next() {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    let value = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1)
    value ^= value + Math.imul(value ^ (value >>> 7), value | 61)
    return ((value ^ (value >>> 14)) >>> 0) / 2 ** 32
  }

  /**
   * From `from` to `to`, both included.
   *
   * @param {number} from
   * @param {number} to
   */
  whole(from, to) {
    return from + Math.floor(this.next() * (to - from + 1))
  }

  /**
   * True so many times of a hundred.
   *
   * @param {number} chance
   */
  percent(chance) {
    return this.next() * 100 < chance
  }

  /**
   * @template T
   * @param {readonly T[]} choices
   * @returns {T}
   */
  one(choices) {
    return choices[Math.floor(this.next() * choices.length)]
  }
}
