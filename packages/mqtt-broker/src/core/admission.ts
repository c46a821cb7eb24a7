import type { Counters } from './counters.ts'
import type { CountedLimitName, Limits } from './limits.ts'
import { TokenBucket } from './token-bucket.ts'

/** Addresses whose rate is watched; beyond that the one that has been quiet for longest is forgotten. */
const REMEMBERED_ADDRESSES = 16_384

/** Decides at accept, before anything is spent on a connection: how many there are, how many of one address, how fast they come. */
export class Admission {
  readonly #limits: Limits
  readonly #counters: Counters
  readonly #unauthenticated = new Map<string, number>()
  readonly #rates = new Map<string, TokenBucket>()
  readonly #rate: TokenBucket | undefined

  constructor(limits: Limits, counters: Counters) {
    this.#limits = limits
    this.#counters = counters
    this.#rate =
      limits.acceptsPerSecond === Infinity ? undefined : new TokenBucket(limits.acceptsPerSecond, limits.acceptBurst, 0)
  }

  /** Addresses whose rate is remembered. */
  get remembered(): number {
    return this.#rates.size
  }

  /** `open`: connections that hold a descriptor now. False: it is not to be, and has been counted. */
  admits(address: string | undefined, open: number, now: number): boolean {
    const exceeded = this.#exceeded(address, open, now)
    if (exceeded === undefined) return true
    this.#counters.connectionsRefused++
    this.#counters.limitsMet[exceeded]++
    return false
  }

  /** A connection that has not said who it is. */
  entered(address: string | undefined): void {
    this.#counters.unauthenticatedConnections++
    if (address !== undefined) this.#unauthenticated.set(address, (this.#unauthenticated.get(address) ?? 0) + 1)
  }

  /** It has been let in, or has gone. */
  left(address: string | undefined): void {
    this.#counters.unauthenticatedConnections--
    if (address === undefined) return
    const count = this.#unauthenticated.get(address)! - 1
    if (count === 0) this.#unauthenticated.delete(address)
    else this.#unauthenticated.set(address, count)
  }

  #exceeded(address: string | undefined, open: number, now: number): CountedLimitName | undefined {
    const limits = this.#limits
    if (open >= limits.maximumConnections) return 'maximumConnections'
    if (this.#counters.unauthenticatedConnections >= limits.maximumUnauthenticatedConnections) {
      return 'maximumUnauthenticatedConnections'
    }
    const ofAddress = address === undefined ? 0 : (this.#unauthenticated.get(address) ?? 0)
    if (ofAddress >= limits.maximumUnauthenticatedConnectionsPerAddress) {
      return 'maximumUnauthenticatedConnectionsPerAddress'
    }
    if (address !== undefined && !this.#takeOf(address, now)) return 'acceptsPerSecondPerAddress'
    if (this.#rate?.take(now) === false) return 'acceptsPerSecond'
    return undefined
  }

  #takeOf(address: string, now: number): boolean {
    const { acceptsPerSecondPerAddress: perSecond, acceptBurstPerAddress: burst } = this.#limits
    if (perSecond === Infinity) return true
    const rate = this.#rates.get(address) ?? new TokenBucket(perSecond, burst, now)
    // A Map keeps the order in which its members came: whoever is heard of goes to its end.
    this.#rates.delete(address)
    this.#rates.set(address, rate)
    const taken = rate.take(now)
    this.#forgetQuiet(now)
    return taken
  }

  #forgetQuiet(now: number): void {
    for (const [address, rate] of this.#rates) {
      if (this.#rates.size <= REMEMBERED_ADDRESSES && !rate.isFull(now)) return
      this.#rates.delete(address)
    }
  }
}
