/**
 * - `STORE_LOCKED`: another process, or this one, has the directory open.
 * - `STORE_READ_ONLY`: the directory cannot be written to.
 * - `STORE_CORRUPT`: a file is damaged where a crash cannot have damaged it. `files` names them.
 * - `FORMAT_UNKNOWN`: another version wrote the directory. Nothing was changed.
 * - `NOT_A_STORE`: the directory holds something else.
 * - `DISK_FULL`: there is no room to open.
 * - `OPEN_FAILED`: the engine could not open for another reason, which is the `cause`.
 * - `COMMIT_FAILED`: a write or an fsync failed. Final: the store commits nothing more until it has been opened anew.
 * - `STORE_CLOSED`, `COMMIT_IN_FLIGHT`, `BATCH_SPENT`, `FOREIGN_BATCH`, `INVALID_OPTION`: wrong use.
 */
export type LevelStoreErrorCode =
  | 'STORE_LOCKED'
  | 'STORE_READ_ONLY'
  | 'STORE_CORRUPT'
  | 'FORMAT_UNKNOWN'
  | 'NOT_A_STORE'
  | 'DISK_FULL'
  | 'OPEN_FAILED'
  | 'COMMIT_FAILED'
  | 'STORE_CLOSED'
  | 'COMMIT_IN_FLIGHT'
  | 'BATCH_SPENT'
  | 'FOREIGN_BATCH'
  | 'INVALID_OPTION'

const BRAND = Symbol.for('godwit.LevelStoreError')

/** What went wrong with a store, and in its message what to do about it. */
export class LevelStoreError extends Error {
  override readonly name = 'LevelStoreError'
  readonly code: LevelStoreErrorCode
  /** The damaged files, where there are any. */
  readonly files: readonly string[]
  readonly [BRAND] = true

  constructor(
    code: LevelStoreErrorCode,
    message: string,
    details: { readonly cause?: unknown; readonly files?: readonly string[] } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.files = details.files ?? []
  }

  /** True also for an error of another copy of this package. */
  static isInstance(error: unknown): error is LevelStoreError {
    return typeof error === 'object' && error !== null && BRAND in error
  }
}
