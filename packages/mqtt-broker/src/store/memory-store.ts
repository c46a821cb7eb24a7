import type { Durability, KeyRange, Store, StoreBatch, StoreHealth, StoreRecord } from '../ports/store.ts'
import { compareBytes } from './compare-bytes.ts'

/** Few, so that a suite with a small range meets more than one chunk. */
const CHUNK_RECORDS = 100

type Change = readonly [key: Uint8Array, value: Uint8Array | undefined]

class MemoryBatch implements StoreBatch {
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

/**
 * The store port over an ordered array: what durable Sessions are tested with, and what a broker keeps that may lose its
 * Sessions with its process. Two brokers one after the other on the same store see the same records.
 */
export class MemoryStore implements Store {
  readonly durability: Durability
  #records: StoreRecord[] = []
  #closed = false

  /** `durability`: what it claims. 'process' makes a broker stage its Sessions here. */
  constructor(options: { readonly durability?: Durability } = {}) {
    this.durability = options.durability ?? 'none'
  }

  batch(): StoreBatch {
    return new MemoryBatch()
  }

  async commit(batch: StoreBatch): Promise<void> {
    this.apply(batch)
  }

  /** What `commit` does, at once. */
  apply(batch: StoreBatch): void {
    this.write((batch as MemoryBatch).changes)
  }

  /** What `apply` does, with bytes that nobody else changes later: they are not copied. */
  write(changes: readonly Change[]): void {
    for (const [key, value] of changes) {
      const place = this.#place(key)
      const there = this.#records[place]
      const found = there !== undefined && compareBytes(there[0], key) === 0
      if (value === undefined) {
        if (found) this.#records.splice(place, 1)
      } else if (found) this.#records[place] = [key, value]
      else this.#records.splice(place, 0, [key, value])
    }
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const there = this.#records[this.#place(key)]
    return there !== undefined && compareBytes(there[0], key) === 0 ? there[1] : undefined
  }

  scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    return this.#scan({ ...range, from: range.from.slice(), to: range.to.slice() })
  }

  async *#scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    const records = this.read(range)
    for (let at = 0; at < records.length; at += CHUNK_RECORDS) yield records.slice(at, at + CHUNK_RECORDS)
  }

  /** What `scan` gives, at once. */
  read(range: KeyRange): StoreRecord[] {
    const from = this.#place(range.from)
    const to = Math.min(this.#place(range.to), from + (range.maximumRecords ?? Infinity))
    return this.#records.slice(from, to)
  }

  health(): StoreHealth {
    return this.#closed ? { writable: false, reason: 'closed' } : { writable: true }
  }

  async close(): Promise<void> {
    this.#closed = true
  }

  /** Where a key is, or would be. */
  #place(key: Uint8Array): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (compareBytes(this.#records[middle]![0], key) < 0) low = middle + 1
      else high = middle
    }
    return low
  }
}
