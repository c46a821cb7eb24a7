import type { Durability, KeyRange, Store, StoreBatch, StoreHealth, StoreRecord } from '../ports/store.ts'
import { MemoryStore } from '../store/memory-store.ts'

type Change = readonly [key: Uint8Array, value: Uint8Array | undefined]

class RecordedBatch implements StoreBatch {
  readonly changes: Change[] = []
  sizeBytes = 0

  get size(): number {
    return this.changes.length
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.changes.push([key.slice(), value.slice()])
    this.sizeBytes += key.length + value.length
  }

  delete(key: Uint8Array): void {
    this.changes.push([key.slice(), undefined])
    this.sizeBytes += key.length
  }
}

interface InFlight {
  readonly changes: readonly Change[]
  resolve(): void
  reject(error: unknown): void
}

export interface PowerLossStoreOptions {
  /** `fsync`: what has been committed is on the disk. `process`: it is there after the next `sync()`. Default `fsync`. */
  readonly durability?: 'fsync' | 'process'
  /** Whether commits complete by themselves, in a microtask. Default `false`: `complete()` and `fail()` do it. */
  readonly completes?: boolean
}

/**
 * A store for simulations, which can lose its power. Then it forgets every commit since the last completed fsync, except for as many
 * of the first of them as the disk happened to have written; the one after those is torn, and a torn batch is none.
 */
export class PowerLossStore implements Store {
  readonly durability: Durability
  readonly #completes: boolean
  /** What a reader sees. */
  readonly #written = new MemoryStore({ durability: 'process' })
  /** Committed, and not yet certain to be on the disk. */
  #unsynced: (readonly Change[])[] = []
  /** Certain. */
  #synced: (readonly Change[])[]
  #inFlight: InFlight | undefined
  #failed = false

  constructor(options: PowerLossStoreOptions = {}, synced: readonly (readonly Change[])[] = []) {
    this.durability = options.durability ?? 'fsync'
    this.#completes = options.completes ?? false
    this.#synced = [...synced]
    for (const changes of synced) this.#apply(changes)
  }

  batch(): StoreBatch {
    return new RecordedBatch()
  }

  commit(batch: StoreBatch): Promise<void> {
    if (this.#failed) return Promise.reject(new StoreFailed('a commit before this one failed'))
    if (this.#inFlight !== undefined) return Promise.reject(new StoreFailed('one commit is in flight'))
    return new Promise((resolve, reject) => {
      this.#inFlight = { changes: (batch as RecordedBatch).changes, resolve, reject }
      if (this.#completes) queueMicrotask(() => this.complete())
    })
  }

  /** Whether a commit waits for `complete()` or `fail()`. */
  get committing(): boolean {
    return this.#inFlight !== undefined
  }

  /** The commit in flight is through. */
  complete(): void {
    const inFlight = this.#inFlight
    if (inFlight === undefined) return
    this.#inFlight = undefined
    this.#apply(inFlight.changes)
    this.#unsynced.push(inFlight.changes)
    if (this.durability === 'fsync') this.sync()
    inFlight.resolve()
  }

  /** The fsync of the commit in flight has failed: nobody knows whether it is on the disk, and nothing is committed any more. */
  fail(): void {
    const inFlight = this.#inFlight
    if (inFlight === undefined) return
    this.#failed = true
    this.#unsynced.push(inFlight.changes)
    this.#inFlight = undefined
    inFlight.reject(new StoreFailed('the fsync failed'))
  }

  /** The operating system has written everything to the disk, as it does after a while. */
  sync(): void {
    this.#synced.push(...this.#unsynced)
    this.#unsynced = []
  }

  /**
   * What the next start finds after a loss of power. The commit in flight here never ends.
   *
   * @param random from 0 to 1: how much of what is not certain the disk had written
   */
  losePower(random: () => number): PowerLossStore {
    return this.#next(Math.floor(random() * (this.#unfinished().length + 1)))
  }

  /** What the next start finds when only the process has ended: all that was committed; of the commit in flight, what `random` says. */
  endProcess(random: () => number): PowerLossStore {
    const unfinished = this.#unfinished().length
    return this.#next(random() < 0.5 ? unfinished : this.#unsynced.length)
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#written.get(key)
  }

  scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    return this.#written.scan(range)
  }

  health(): StoreHealth {
    return this.#failed ? { writable: false, reason: 'an fsync failed' } : this.#written.health()
  }

  close(): Promise<void> {
    return this.#written.close()
  }

  #unfinished(): (readonly Change[])[] {
    return this.#inFlight === undefined ? this.#unsynced : [...this.#unsynced, this.#inFlight.changes]
  }

  #next(kept: number): PowerLossStore {
    const durability = this.durability === 'process' ? 'process' : 'fsync'
    const options = { durability, completes: this.#completes } as const
    return new PowerLossStore(options, [...this.#synced, ...this.#unfinished().slice(0, kept)])
  }

  /** A memory store commits within the call. */
  #apply(changes: readonly Change[]): void {
    const batch = this.#written.batch()
    for (const [key, value] of changes) {
      if (value === undefined) batch.delete(key)
      else batch.put(key, value)
    }
    void this.#written.commit(batch)
  }
}

class StoreFailed extends Error {
  override readonly name = 'StoreFailed'
  readonly code = 'STORE_FAILED'
}
