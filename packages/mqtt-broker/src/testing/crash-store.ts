import { bodyKey } from '../core/records/keys.ts'
import { decodeQueued } from '../core/records/queued-record.ts'
import type { KeyRange, Store, StoreBatch, StoreHealth, StoreRecord } from '../ports/store.ts'
import type { LoadedRecord, LoadRequest } from '../ports/stored-message.ts'
import { MemoryStore } from '../store/memory-store.ts'

type Done = (error?: Error) => void

class BrokenDiskError extends Error {
  readonly code = 'EIO'
}

/**
 * A store that a test holds in its hand: its commits hang, fail or find the disk full, and a crash leaves what was committed
 * and nothing else.
 */
export class CrashStore implements Store {
  readonly durability = 'fsync'
  /** Commits wait until `finish`. */
  hangs = false
  /** Reads wait. */
  readsHang = false
  /** Commits that have been answered. */
  commits = 0
  readonly #committed: MemoryStore
  #full = false
  #inFlight: { readonly batch: StoreBatch; readonly done: Done } | undefined

  constructor(committed = new MemoryStore({ durability: 'process' })) {
    this.#committed = committed
  }

  /** The disk is full: a commit stays pending until there is space. */
  get full(): boolean {
    return this.#full
  }

  set full(full: boolean) {
    this.#full = full
    this.advance()
  }

  /** Whether a commit waits. */
  get waits(): boolean {
    return this.#inFlight !== undefined
  }

  batch(): StoreBatch {
    return this.#committed.batch()
  }

  commit(batch: StoreBatch): Promise<void> {
    return new Promise((resolve, reject) => {
      this.commitLater(batch, (error) => (error === undefined ? resolve() : reject(error)))
      this.advance()
    })
  }

  /** The same with a callback, which a virtual broker waits for. */
  commitLater(batch: StoreBatch, done: Done): void {
    if (this.#inFlight !== undefined) throw new BrokenDiskError('one commit is in flight at a time')
    this.#inFlight = { batch, done }
  }

  /** Answers the commit in flight, unless it hangs or the disk is full. True: there was one. */
  advance(): boolean {
    if (this.hangs || this.full || this.#inFlight === undefined) return false
    this.finish()
    return true
  }

  /** Answers the commit in flight. */
  finish(): void {
    const inFlight = this.#inFlight
    if (inFlight === undefined) return
    this.#inFlight = undefined
    this.commits++
    this.#committed.apply(inFlight.batch)
    inFlight.done()
  }

  /** The commit in flight fails for good. */
  fail(): void {
    const inFlight = this.#inFlight
    this.#inFlight = undefined
    inFlight?.done(new BrokenDiskError('fsync failed'))
  }

  /** What another process finds: the last commit is torn off, or was complete although nobody was told. */
  crash(fate: 'lost' | 'kept'): CrashStore {
    if (fate === 'kept' && this.#inFlight !== undefined) this.#committed.apply(this.#inFlight.batch)
    this.#inFlight = undefined
    return new CrashStore(this.#committed)
  }

  /** What is committed. */
  read(range: KeyRange): StoreRecord[] {
    return this.#committed.read(range)
  }

  /** The answer to a request of the core. */
  load(request: LoadRequest): LoadedRecord[] {
    const records: LoadedRecord[] = []
    let sizeBytes = 0
    for (const [key, value] of this.read(request)) {
      const decoded = decodeQueued(value)
      const from = bodyKey(decoded?.type === 'message' ? decoded.body : 0).slice()
      const [found] = this.read({ from, to: Uint8Array.of(...from, 0) })
      records.push({ key, value, body: found?.[1] })
      sizeBytes += value.length
      if (sizeBytes >= request.maximumBytes) break
    }
    return records
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#committed.get(key)
  }

  scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    return this.#committed.scan(range)
  }

  health(): StoreHealth {
    return this.full ? { writable: false, reason: 'the disk is full' } : this.#committed.health()
  }

  async close(): Promise<void> {
    await this.#committed.close()
  }
}
