/** What this store needs of a page or a worker, by structure: this package's declarations know no DOM. */
export interface Requested<T> {
  readonly result: T
  readonly error: unknown
  onsuccess: ((event: never) => void) | null
  onerror: ((event: never) => void) | null
}

export interface Entries {
  get(key: Key): Requested<unknown>
  getAll(range: unknown): Requested<unknown[]>
  put(value: unknown, key: Key): unknown
  delete(keyOrRange: unknown): unknown
}

export type Key = readonly (string | number)[]

export interface Transaction {
  objectStore(name: string): Entries
  readonly error: unknown
  oncomplete: ((event: never) => void) | null
  onabort: ((event: never) => void) | null
}

export interface Database {
  transaction(name: string, mode: 'readonly' | 'readwrite', options?: { readonly durability: 'strict' }): Transaction
  createObjectStore(name: string): unknown
  close(): void
}

export interface Opening extends Requested<Database> {
  onupgradeneeded: ((event: never) => void) | null
}

export interface WebPlatform {
  readonly indexedDB: { open(name: string, version: number): Opening }
  readonly IDBKeyRange: { bound(lower: Key, upper: Key): unknown }
  readonly navigator?: {
    readonly locks?: {
      request(
        name: string,
        options: { readonly ifAvailable: true },
        callback: (lock: unknown) => Promise<void> | undefined,
      ): Promise<unknown>
    }
  }
}
