export { indexedDbSessionStore, type IndexedDbSessionStoreOptions } from './store-indexeddb/indexeddb-session-store.ts'
export { SessionStoreError, type SessionStoreErrorCode } from './stores/session-store-error.ts'
