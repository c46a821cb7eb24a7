export type SessionStoreErrorCode = 'STORE_LOCKED' | 'STORE_DAMAGED' | 'STORE_FOREIGN' | 'STORE_FAILED'

/** Why a store cannot be used. The message names the place and says what to do. */
export class SessionStoreError extends Error {
  override readonly name = 'SessionStoreError'
  readonly code: SessionStoreErrorCode
  /** The file, or the database. */
  readonly place: string

  constructor(code: SessionStoreErrorCode, place: string, message: string, cause?: unknown) {
    super(message, { cause })
    this.code = code
    this.place = place
  }
}
