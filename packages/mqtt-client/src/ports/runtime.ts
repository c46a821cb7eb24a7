/** Time, randomness and wake-ups, as arguments: tests give their own. */
export interface Runtime {
  /** Monotonic milliseconds. */
  now(): number
  /** Wall clock, milliseconds since 1970: only for what a store keeps. */
  wallNow(): number
  /** In [0, 1). */
  random(): number
  /** 128 random bits as text, for a Client Identifier. */
  randomId(): string
  setTimer(callback: () => void, delayMs: number): unknown
  clearTimer(timer: unknown): void
  /** Calls back when the machine or the page may have slept; returns the way to stop that. */
  onWake?(callback: () => void): () => void
}
