/** What survives: nothing, an exit of the process, a loss of power, or the loss of a machine. */
export type Durability = 'none' | 'process' | 'fsync' | 'quorum'

/**
 * Changes that become durable together, or not at all. Keys and values are copied during the call, so views are welcome. Of several
 * changes of one key the last counts.
 */
export interface StoreBatch {
  put(key: Uint8Array, value: Uint8Array): void
  delete(key: Uint8Array): void
  /** Bytes staged so far: keys and values. */
  readonly sizeBytes: number
  /** Records staged so far. */
  readonly size: number
}

/** Whether a store still takes writes, and if not, why. */
export interface StoreHealth {
  readonly writable: boolean
  readonly reason?: string
}

/** Keys from `from` (inclusive) to `to` (exclusive), in the order of their bytes. */
export interface KeyRange {
  readonly from: Uint8Array
  readonly to: Uint8Array
  /** How many records at the most. Default: all of them. */
  readonly maximumRecords?: number
}

export type StoreRecord = readonly [key: Uint8Array, value: Uint8Array]

/** Where durable Sessions live. An ordered map of bytes with atomic batches is all that the broker asks for. */
export interface Store {
  readonly durability: Durability
  batch(): StoreBatch
  /**
   * Resolves when the whole batch is durable; rejects when nobody knows whether it is, and then every later commit rejects too. A
   * full disk is no failure: the commit stays pending until there is space. The broker keeps one commit in flight.
   */
  commit(batch: StoreBatch): Promise<void>
  /** What was committed last under a key, which is read during the call. The value is not to be written into. */
  get(key: Uint8Array): Promise<Uint8Array | undefined>
  /**
   * What was there when the first chunk was asked for; commits meanwhile do not show. It comes in chunks of at least one record, as
   * many as the store reads at once. The range is read during the call. The records are not to be written into.
   */
  scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]>
  /** Asked before every change that can be refused, so it only reads a variable. Deletes are committed all the same. */
  health(): StoreHealth
  close(): Promise<void>
}
