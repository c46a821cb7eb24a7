import type { SessionStore, StoredMessage, StoreOperation } from '../ports/session-store.ts'
import { SessionStoreError } from '../stores/session-store-error.ts'
import type { Database, Entries, Key, Requested, WebPlatform } from './web-platform.ts'

export interface IndexedDbSessionStoreOptions {
  /** Name of the database. Default `godwit-session`. */
  readonly databaseName?: string
}

/** The only version there has been. */
const VERSION = 1
const ENTRIES = 'entries'
/** In a key behind the Client Identifier: that there is a Session, its messages, how far each has got, what was received. */
const KNOWN = 0
const MESSAGE = 1
const PROGRESS = 2
const RECEIVED = 3

interface Progress {
  readonly packetId: number
  readonly released: boolean
}

/**
 * Keeps the client's half of a Session in a browser's IndexedDB, in a page or a worker: a reload loses nothing. A commit is one
 * transaction with strict durability, and resolves when it is complete. Where the browser has Web Locks, one page at a time uses a
 * Session, and `load` rejects in a second one.
 */
export function indexedDbSessionStore({
  databaseName = 'godwit-session',
}: IndexedDbSessionStoreOptions = {}): SessionStore {
  const platform = globalThis as unknown as WebPlatform
  let session: { readonly database: Database; readonly clientId: string; unlock(): void } | undefined

  const open = async (clientId: string) => {
    const unlock = await lock(platform, `${databaseName} ${clientId}`)
    try {
      const opening = platform.indexedDB.open(databaseName, VERSION)
      opening.onupgradeneeded = () => opening.result.createObjectStore(ENTRIES)
      return { database: await answer(opening), clientId, unlock }
    } catch (error) {
      unlock()
      throw error
    }
  }

  return {
    async load(clientId) {
      if (session) throw new SessionStoreError('STORE_LOCKED', databaseName, 'another client uses this store object')
      session = await open(clientId)
      const entries = session.database.transaction(ENTRIES, 'readonly').objectStore(ENTRIES)
      const all = (kind: number) =>
        answer(entries.getAll(platform.IDBKeyRange.bound([clientId, kind, 0], [clientId, kind, Infinity])))
      const [known, messages, progresses, received] = await Promise.all([
        answer(entries.get([clientId, KNOWN, 0])),
        all(MESSAGE) as Promise<[sequence: number, message: StoredMessage][]>,
        all(PROGRESS) as Promise<[sequence: number, progress: Progress][]>,
        all(RECEIVED) as Promise<number[]>,
      ])
      if (known === undefined) return undefined
      const progressOf = new Map(progresses)
      const outgoing = messages.map(([sequence, message]) => ({
        sequence,
        message,
        ...(progressOf.get(sequence) ?? { packetId: 0, released: false }),
      }))
      return { outgoing, incoming: received }
    },

    commit(operations) {
      if (!session) return Promise.reject(new SessionStoreError('STORE_FAILED', databaseName, 'the store is not open'))
      const { database, clientId } = session
      return new Promise((resolve, reject) => {
        const transaction = database.transaction(ENTRIES, 'readwrite', { durability: 'strict' })
        transaction.oncomplete = () => resolve()
        transaction.onabort = () => {
          const message = `the transaction on ${databaseName} was aborted`
          reject(new SessionStoreError('STORE_FAILED', databaseName, message, transaction.error))
        }
        const entries = transaction.objectStore(ENTRIES)
        entries.put(VERSION, [clientId, KNOWN, 0])
        for (const operation of operations) carryOut(entries, clientId, operation, platform)
      })
    },

    async close() {
      session?.database.close()
      session?.unlock()
      session = undefined
    },
  }
}

function carryOut(entries: Entries, clientId: string, operation: StoreOperation, { IDBKeyRange }: WebPlatform): void {
  const key = (kind: number, place: number): Key => [clientId, kind, place]
  switch (operation.type) {
    case 'outgoing-put':
      // A copy is made here and now, of the payload's own bytes: what is written later does not see what became of them.
      entries.put(
        [operation.sequence, { ...operation.message, payload: operation.message.payload.slice() }],
        key(MESSAGE, operation.sequence),
      )
      entries.delete(key(PROGRESS, operation.sequence))
      break
    case 'outgoing-sent':
    case 'outgoing-released': {
      const { sequence, packetId, type } = operation
      entries.put([sequence, { packetId, released: type === 'outgoing-released' }], key(PROGRESS, sequence))
      break
    }
    case 'outgoing-delete':
      entries.delete(key(MESSAGE, operation.sequence))
      entries.delete(key(PROGRESS, operation.sequence))
      break
    case 'incoming-put':
      entries.put(operation.packetId, key(RECEIVED, operation.packetId))
      break
    case 'incoming-delete':
      entries.delete(key(RECEIVED, operation.packetId))
      break
    case 'incoming-clear':
      entries.delete(IDBKeyRange.bound(key(RECEIVED, 0), key(RECEIVED, Infinity)))
  }
}

function answer<T>(request: Requested<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result)
    request.onerror = () => reject(request.error)
  })
}

/** Holds a lock until the returned function is called, or the page is gone. */
function lock({ navigator }: WebPlatform, name: string): Promise<() => void> {
  const { locks } = navigator ?? {}
  if (!locks) return Promise.resolve(() => {})
  return new Promise((resolve, reject) => {
    const held = locks.request(name, { ifAvailable: true }, (granted) => {
      if (granted) return new Promise<void>((release) => resolve(release))
      const message = 'another page uses this Session; close it, or use another Client Identifier'
      reject(new SessionStoreError('STORE_LOCKED', name, message))
      return undefined
    })
    held.catch(reject)
  })
}
