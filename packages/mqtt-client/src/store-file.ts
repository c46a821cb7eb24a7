export { fileSessionStore, type FileSessionStoreOptions } from './store-file/file-session-store.ts'
export { SessionStoreError, type SessionStoreErrorCode } from './stores/session-store-error.ts'
