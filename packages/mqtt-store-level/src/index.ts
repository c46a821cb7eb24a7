export type { LoadProgress } from './files/inspection.ts'
export type { LevelStore } from './level-store.ts'
export { openLevelStore, type LevelStoreOptions } from './open.ts'
export { LevelStoreError, type LevelStoreErrorCode } from './store-error.ts'
