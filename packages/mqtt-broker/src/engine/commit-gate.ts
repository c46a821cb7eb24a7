import type { CommitNumber, Staging } from '../core/output.ts'
import type { Store, StoreBatch } from '../ports/store.ts'

/** What waits at the gate. */
export interface Gated {
  committed(upTo: CommitNumber): void
  /** Nothing that waits will ever move. */
  failed(): void
}

/** A publisher that is not read while too much waits to be committed, or while there is no room. */
export interface Throttled {
  unthrottled(): void
}

export interface GateLimits {
  readonly maximumBatchBytes: number
  readonly maximumBatchRecords: number
}

/**
 * The batch that is open, the numbers of commits, and who waits for them. One commit is in flight; everything that is staged
 * meanwhile fills the next (group commit).
 */
export class CommitGate implements Staging {
  /** Everything up to this one is durable. */
  committed: CommitNumber = 0
  writable = true
  failed = false
  /** Publishers are not read: too much waits, or the disk is full. */
  throttles = false
  readonly durable: boolean
  readonly #store: Pick<Store, 'batch'> | undefined
  readonly #limits: GateLimits
  /** The one that is being filled. */
  #open: CommitNumber = 1
  #batch: StoreBatch | undefined
  #inFlight = false
  readonly #waiting = new Set<Gated>()
  readonly #throttled = new Set<Throttled>()

  readonly #wake: () => void

  /** Without a store nothing is written down, and nothing waits. `wake`: there is a batch to seal at the end of this turn. */
  constructor(store?: Pick<Store, 'batch'>, limits: GateLimits = NO_LIMITS, wake: () => void = () => {}) {
    this.#store = store
    this.#wake = wake
    this.#limits = limits
    this.durable = store !== undefined
  }

  put(key: Uint8Array, value: Uint8Array): CommitNumber {
    const batch = this.#openBatch()
    if (batch === undefined) return this.#never
    batch.put(key, value)
    return this.#staged(batch)
  }

  delete(key: Uint8Array): CommitNumber {
    const batch = this.#openBatch()
    if (batch === undefined) return this.#never
    batch.delete(key)
    return this.#staged(batch)
  }

  /** Whether the open batch should be sealed and committed now. */
  get ready(): boolean {
    return this.#batch !== undefined && !this.#inFlight && !this.failed
  }

  /** Whether anything has not been committed yet. */
  get busy(): boolean {
    return (this.#batch !== undefined || this.#inFlight) && !this.failed
  }

  /** The number of the newest commit that anything has been staged for. */
  get newest(): CommitNumber {
    return this.#batch === undefined ? this.#open - 1 : this.#open
  }

  /** Closes the open batch, which now goes to the store, and says which commit that is. */
  seal(): { readonly commit: CommitNumber; readonly batch: StoreBatch } {
    const sealed = { commit: this.#open, batch: this.#batch! }
    this.#open++
    this.#batch = undefined
    this.#inFlight = true
    this.#judge()
    return sealed
  }

  /** A commit is durable: what waited for it moves. */
  succeeded(commit: CommitNumber): void {
    this.#inFlight = false
    this.committed = commit
    for (const gated of [...this.#waiting]) gated.committed(commit)
  }

  /** After a failed commit nothing that waits ever moves. */
  fail(): void {
    this.#inFlight = false
    this.failed = true
    this.writable = false
    this.#batch = undefined
    this.#judge()
    for (const gated of [...this.#waiting]) gated.failed()
  }

  /** What the store says about its room. */
  setWritable(writable: boolean): void {
    if (this.failed || this.writable === writable) return
    this.writable = writable
    this.#judge()
  }

  await(gated: Gated): void {
    this.#waiting.add(gated)
  }

  forget(gated: Gated): void {
    this.#waiting.delete(gated)
  }

  /** Is told when publishers are read again. */
  throttle(throttled: Throttled): void {
    this.#throttled.add(throttled)
  }

  /** Its connection has ended. */
  forgetThrottled(throttled: Throttled): void {
    this.#throttled.delete(throttled)
  }

  /** Whether the open batch is as large as it may be while publishers are read. */
  get full(): boolean {
    return this.exceeded !== undefined
  }

  /** Which limit the open batch has reached. */
  get exceeded(): 'maximumUncommittedRecords' | 'maximumUncommittedBytes' | undefined {
    const batch = this.#batch
    if (batch === undefined) return undefined
    if (batch.size >= this.#limits.maximumBatchRecords) return 'maximumUncommittedRecords'
    return batch.sizeBytes >= this.#limits.maximumBatchBytes ? 'maximumUncommittedBytes' : undefined
  }

  /** Without a store there is nothing to wait for; after a failure what is waited for never comes. */
  get #never(): CommitNumber {
    return this.failed ? this.#open : 0
  }

  #openBatch(): StoreBatch | undefined {
    if (this.#store === undefined || this.failed) return undefined
    if (this.#batch === undefined) {
      this.#batch = this.#store.batch()
      this.#wake()
    }
    return this.#batch
  }

  #staged(batch: StoreBatch): CommitNumber {
    const { maximumBatchRecords, maximumBatchBytes } = this.#limits
    if (batch.size >= maximumBatchRecords || batch.sizeBytes >= maximumBatchBytes) this.throttles = true
    return this.#open
  }

  #judge(): void {
    this.throttles = this.full || !this.writable
    if (this.throttles) return
    const throttled = [...this.#throttled]
    this.#throttled.clear()
    for (const each of throttled) each.unthrottled()
  }
}

const NO_LIMITS: GateLimits = { maximumBatchBytes: Infinity, maximumBatchRecords: Infinity }
