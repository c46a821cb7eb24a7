/** A stream of numbers that its seed decides: the same seed, the same run. */
export class Random {
  #state: number

  constructor(seed: number) {
    // A seed of small numbers would begin with small numbers.
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) | 0 || 1
  }

  /** 0 to 2^32 - 1 (xorshift, as Marsaglia has it). */
  next(): number {
    let state = this.#state
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    this.#state = state
    return state >>> 0
  }

  /** 0 to limit - 1. */
  below(limit: number): number {
    return this.next() % limit
  }

  /** True once in so many times. */
  oneIn(many: number): boolean {
    return this.next() % many === 0
  }

  pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)]!
  }
}
