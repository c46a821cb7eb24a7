/** Time, randomness and the loop, as arguments: a simulation gives its own, and nothing of the broker happens outside it. */
export interface Runtime {
  /** Milliseconds of a clock that never goes back. */
  now(): number
  /** Milliseconds since 1970. */
  wallClock(): number
  /** Calls back when everything that is ready now has been handled. */
  endOfTurn(callback: () => void): void
  /** Calls back once, at the earliest in so many milliseconds; returns the way to stop that. */
  after(milliseconds: number, callback: () => void): () => void
  /** Calls back again and again, and keeps no process alive for it; returns the way to stop that. */
  every(milliseconds: number, callback: () => void): () => void
  /** Unguessable bytes. */
  randomBytes(count: number): Uint8Array
  /** How full the memory is, from 0 to 1 where that much is the limit; `maximumBytes` Infinity: what the machine has. */
  memoryFraction(maximumBytes: number): number
  /** How many connections the process may hold. */
  maximumConnections(): number
}
