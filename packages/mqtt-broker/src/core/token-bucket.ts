/** So many a second, and so many at once after a rest. Allocates nothing. */
export class TokenBucket {
  readonly #perSecond: number
  readonly #burst: number
  #tokens: number
  /** Milliseconds of the monotonic clock. */
  #countedAt: number

  constructor(perSecond: number, burst: number, now: number) {
    this.#perSecond = perSecond
    this.#burst = Math.max(1, burst)
    this.#tokens = this.#burst
    this.#countedAt = now
  }

  /** Takes one; false where there is none. */
  take(now: number): boolean {
    this.#refill(now)
    if (this.#tokens < 1) return false
    this.#tokens--
    return true
  }

  /** Nobody would notice if it were made anew. */
  isFull(now: number): boolean {
    this.#refill(now)
    return this.#tokens >= this.#burst
  }

  /** When there will be one, in milliseconds of the monotonic clock. */
  nextAt(now: number): number {
    this.#refill(now)
    return this.#tokens >= 1 ? now : now + ((1 - this.#tokens) / this.#perSecond) * 1000
  }

  #refill(now: number): void {
    // Without this check 0 a second would be 0 * Infinity.
    if (now <= this.#countedAt) return
    this.#tokens = Math.min(this.#burst, this.#tokens + ((now - this.#countedAt) / 1000) * this.#perSecond)
    this.#countedAt = now
  }
}
