import type { KeyRange, Logger, Store, StoreBatch, StoreHealth, StoreRecord } from '@godwit/mqtt-broker/ports'
import { isNoSpace } from './causes.ts'
import { type Database, LevelBatch } from './level-batch.ts'
import type { SpaceWatch } from './space-watch.ts'
import { LevelStoreError } from './store-error.ts'

/** What `openLevelStore` hands over. */
export interface LevelStoreParts {
  readonly directory: string
  readonly durability: 'fsync' | 'process'
  readonly quarantined: readonly string[]
  readonly database: Database
  readonly space: SpaceWatch
  readonly spaceCheckMs: number
  readonly logger: Logger
  /** Opens the same database again. */
  reopen(): Promise<Database>
  /** The directory is free for others. */
  released(): void
}

/** The store port on LevelDB. `openLevelStore` makes one. */
export class LevelStore implements Store {
  /** `fsync`: a commit resolves after its fsync. `process`: when the operating system has it. */
  readonly durability: 'fsync' | 'process'
  /** Absolute. */
  readonly directory: string
  /** Damaged files that opening has moved aside, where they are now. */
  readonly quarantined: readonly string[]
  readonly #parts: LevelStoreParts
  readonly #space: SpaceWatch
  readonly #timer: ReturnType<typeof setInterval>
  #database: Database
  #reopening: Promise<void> | undefined
  #committing: Promise<void> | undefined
  #failure: LevelStoreError | undefined
  #closing: Promise<void> | undefined
  #spareMemory: Buffer = EMPTY
  #looked: (() => void)[] = []

  constructor(parts: LevelStoreParts) {
    this.#parts = parts
    this.durability = parts.durability
    this.directory = parts.directory
    this.quarantined = parts.quarantined
    this.#database = parts.database
    this.#space = parts.space
    this.#timer = setInterval(() => void this.#look(), parts.spaceCheckMs)
    this.#timer.unref()
  }

  batch(): StoreBatch {
    const memory = this.#spareMemory
    this.#spareMemory = EMPTY
    return new LevelBatch(this.#database, memory)
  }

  /**
   * Resolves when the batch is durable. On a full disk it stays pending: the ballast is released, the database opened again,
   * and the batch tried again until it is through. Every other failure is final.
   *
   * @throws LevelStoreError `COMMIT_FAILED`, `STORE_CLOSED`, `COMMIT_IN_FLIGHT`, `BATCH_SPENT`, `FOREIGN_BATCH`
   */
  async commit(batch: StoreBatch): Promise<void> {
    if (!(batch instanceof LevelBatch)) throw new LevelStoreError('FOREIGN_BATCH', 'This batch is of another store.')
    if (batch.spent) throw new LevelStoreError('BATCH_SPENT', 'This batch has been committed before.')
    if (this.#closing !== undefined) throw closed(this.directory)
    if (this.#failure !== undefined) throw this.#failure
    if (this.#committing !== undefined) {
      throw new LevelStoreError('COMMIT_IN_FLIGHT', 'One commit is in flight: wait for it before the next.')
    }
    batch.spent = true
    this.#committing = this.#write(batch).finally(() => (this.#committing = undefined))
    await this.#committing
    const memory = batch.release()
    if (memory.length <= SPARE_BYTES) this.#spareMemory = memory
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const own = key.slice()
    for (;;) {
      const database = await this.#opened()
      try {
        return await database.get(own, VIEWS)
      } catch (error) {
        this.#mayGoOn(database, error)
      }
    }
  }

  scan({ from, to, maximumRecords = Infinity }: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    return this.#scan(from.slice(), to.slice(), maximumRecords)
  }

  async *#scan(begin: Uint8Array, lt: Uint8Array, maximumRecords: number): AsyncIterable<readonly StoreRecord[]> {
    let from: { readonly gte: Uint8Array } | { readonly gt: Uint8Array } = { gte: begin }
    let left = maximumRecords
    while (left > 0) {
      const database = await this.#opened()
      const limit = left === Infinity ? -1 : left
      const iterator = database.iterator({
        ...from,
        lt,
        limit,
        ...VIEWS,
        highWaterMarkBytes: READ_AHEAD_BYTES,
      })
      try {
        for (;;) {
          const records: StoreRecord[] = await iterator.nextv(READ_AHEAD_RECORDS)
          const last = records.at(-1)
          if (last === undefined) return
          left -= records.length
          from = { gt: last[0] }
          yield records
        }
      } catch (error) {
        // A database that was opened again because the disk was full has ended its iterators: go on where this one was.
        this.#mayGoOn(database, error)
      } finally {
        await iterator.close()
      }
    }
  }

  health(): StoreHealth {
    if (this.#closing !== undefined) return { writable: false, reason: 'closed' }
    if (this.#failure !== undefined) return { writable: false, reason: this.#failure.message }
    if (this.#space.low) return { writable: false, reason: this.#space.reason }
    return { writable: true }
  }

  /** Waits for the commit in flight, except for one that waits for space on a full disk: that one fails. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  async #close(): Promise<void> {
    clearInterval(this.#timer)
    this.#wake()
    await this.#committing?.catch(() => {})
    await this.#space.idle()
    await this.#database.close()
    this.#parts.released()
  }

  async #write(batch: LevelBatch): Promise<void> {
    const sync = this.durability === 'fsync'
    for (let tries = 0; ; tries++) {
      try {
        await batch.nativeFor(this.#database).write({ sync })
        if (tries > 0) this.#space.relieved()
        this.#space.wrote(batch.sizeBytes)
        return
      } catch (error) {
        if (!isNoSpace(error)) throw this.#fail(error)
        try {
          await this.#recover(error, batch, tries)
        } catch (failure) {
          throw LevelStoreError.isInstance(failure) ? failure : this.#fail(failure)
        }
      }
    }
  }

  /** Waits until the batch has room, and opens the database again. Until then the old one can still be read. */
  async #recover(cause: unknown, batch: LevelBatch, tries: number): Promise<void> {
    const { logger, directory } = this.#parts
    if (tries === 0) {
      logger.error({ directory, err: cause }, 'the disk is full: nothing is acknowledged until there is space')
      await this.#space.exhausted()
    } else await this.#nextLook()
    // In the log, in the table that the log becomes, and what a start writes besides.
    while (!(await this.#space.hasRoom(2 * batch.sizeBytes + START_BYTES))) {
      this.#mayWait(cause)
      await this.#nextLook()
    }
    await (this.#reopening = this.#reopen(cause).finally(() => (this.#reopening = undefined)))
  }

  /**
   * After a failed write nobody knows what the log ends with, so nothing may follow it. Opening again reads the log as it is, cuts
   * its tail and writes what it held into a table with an fsync of its own.
   */
  async #reopen(cause: unknown): Promise<void> {
    for (;;) {
      this.#mayWait(cause)
      await this.#database.close()
      try {
        this.#database = await this.#parts.reopen()
        return
      } catch (error) {
        if (!isNoSpace(error)) throw this.#fail(error)
        await this.#nextLook()
      }
    }
  }

  /** A store that is being closed waits for nothing. */
  #mayWait(cause: unknown): void {
    if (this.#closing !== undefined) throw closed(this.directory, cause)
  }

  #fail(cause: unknown): LevelStoreError {
    const { directory, logger } = this.#parts
    this.#failure = new LevelStoreError(
      'COMMIT_FAILED',
      `A write or an fsync in ${directory} failed, and what is on disk is not known until the store has been opened anew: ${(cause as Error).message}. Nothing is acknowledged any more. Look at the disk, then start again.`,
      { cause },
    )
    logger.error({ directory, err: cause }, this.#failure.message)
    return this.#failure
  }

  /** The database, once it is open. */
  async #opened(): Promise<Database> {
    while (this.#reopening !== undefined) await this.#reopening.catch(() => {})
    if (this.#closing !== undefined) throw closed(this.directory)
    return this.#database
  }

  /** A read that failed because the database was opened again meanwhile begins again; any other failure is thrown. */
  #mayGoOn(database: Database, error: unknown): void {
    if (this.#closing !== undefined) throw closed(this.directory, error)
    if (database === this.#database && this.#reopening === undefined) throw error
  }

  async #look(): Promise<void> {
    try {
      await this.#space.check()
    } catch (error) {
      this.#parts.logger.warn({ directory: this.directory, err: error }, 'the free space of the disk cannot be read')
    }
    this.#wake()
  }

  #nextLook(): Promise<void> {
    if (this.#closing !== undefined) return Promise.resolve()
    return new Promise((resolve) => this.#looked.push(resolve))
  }

  #wake(): void {
    const looked = this.#looked
    this.#looked = []
    for (const resolve of looked) resolve()
  }
}

const VIEWS = { keyEncoding: 'view', valueEncoding: 'view' } as const
const READ_AHEAD_RECORDS = 1_000
const READ_AHEAD_BYTES = 256 * 1024
const START_BYTES = 1 << 20
/** Memory of a batch that is kept for the next one. */
const SPARE_BYTES = 1 << 20
const EMPTY: Buffer = Buffer.alloc(0)

const closed = (directory: string, cause?: unknown): LevelStoreError =>
  new LevelStoreError('STORE_CLOSED', `The store in ${directory} has been closed.`, { cause })
