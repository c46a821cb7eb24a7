import { realpath, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import type { Logger } from '@godwit/mqtt-broker/ports'
import { ClassicLevel } from 'classic-level'
import { Ballast } from './ballast.ts'
import { hasCode, isNoSpace, isReadOnly } from './causes.ts'
import { inspect, type Inspection, type LoadProgress } from './files/inspection.ts'
import { cut, quarantine } from './files/quarantine.ts'
import { diskFull, type Layout, prepareDirectory, readOnly } from './format.ts'
import type { Database } from './level-batch.ts'
import { LevelStore } from './level-store.ts'
import { SpaceWatch } from './space-watch.ts'
import { LevelStoreError } from './store-error.ts'

export interface LevelStoreOptions {
  /** What a resolved commit has survived. `fsync`: a loss of power. `process`: only an end of the process. Default `fsync`. */
  readonly durability?: 'fsync' | 'process'
  /** Moves damaged files aside and starts without them, instead of refusing. Default `false`. */
  readonly quarantine?: boolean
  /** Below this much free space `health()` says that nothing more should be stored. Default 64 MiB. */
  readonly minimumFreeBytes?: number
  /** Size of the file that is removed when the disk is full, so that deletes and recovery have room. Default 32 MiB; 0: none. */
  readonly ballastBytes?: number
  /** How often the free space is looked at, in milliseconds. Default 1,000. */
  readonly spaceCheckMs?: number
  /** Default: silence. */
  readonly logger?: Logger
  /** Called while the files are checked at the start, after each of them. */
  readonly onProgress?: (progress: LoadProgress) => void
}

/**
 * Opens the store in a directory, which is made (mode 0700) where there is none.
 *
 * @throws LevelStoreError `STORE_LOCKED`, `STORE_READ_ONLY`, `STORE_CORRUPT`, `FORMAT_UNKNOWN`, `NOT_A_STORE`, `DISK_FULL`,
 * `OPEN_FAILED`, `INVALID_OPTION`
 */
export const openLevelStore = async (directory: string, options: LevelStoreOptions = {}): Promise<LevelStore> => {
  const { durability, minimumFreeBytes, ballastBytes, spaceCheckMs, logger, onProgress } = checked(options)
  const layout = await prepareDirectory(directory)
  const release = await take(layout)
  try {
    await mustBeUnlocked(layout)
    const ballast = new Ballast(layout.ballast, ballastBytes)
    await ballast.find()
    const { quarantined, fresh } = await makeSound(layout, options.quarantine === true, logger, onProgress)
    const database = await openWithBallast(layout, fresh, ballast)
    const space = new SpaceWatch({
      directory: layout.directory,
      minimumFreeBytes,
      ballast,
      logger,
      freeBytes: async () => {
        const { bavail, bsize } = await statfs(layout.directory)
        return bavail * bsize
      },
    })
    await space.check()
    return new LevelStore({
      directory: layout.directory,
      durability,
      quarantined,
      database,
      space,
      spaceCheckMs,
      logger,
      reopen: () => openDatabase(layout, false),
      released: release,
    })
  } catch (error) {
    release()
    throw explained(error, layout)
  }
}

const checked = (options: LevelStoreOptions) => {
  const {
    durability = 'fsync',
    minimumFreeBytes = 64 * 2 ** 20,
    ballastBytes = 32 * 2 ** 20,
    spaceCheckMs = 1_000,
    logger = silentLogger,
    onProgress = () => {},
  } = options
  if (durability !== 'fsync' && durability !== 'process') {
    throw new LevelStoreError('INVALID_OPTION', `durability is "${String(durability)}"; it is 'fsync' or 'process'.`)
  }
  for (const [name, value, least] of [
    ['minimumFreeBytes', minimumFreeBytes, 0],
    ['ballastBytes', ballastBytes, 0],
    ['spaceCheckMs', spaceCheckMs, 1],
  ] as const) {
    if (!Number.isSafeInteger(value) || value < least) {
      throw new LevelStoreError('INVALID_OPTION', `${name} is ${String(value)}; it is a whole number from ${least} on.`)
    }
  }
  return { durability, minimumFreeBytes, ballastBytes, spaceCheckMs, logger, onProgress }
}

/**
 * Keeps this process from opening a directory twice. LevelDB would refuse as well, but in doing so it closes a handle of the lock
 * file, and with any handle of it a process loses its lock: a second process could then come in.
 */
const take = async (layout: Layout): Promise<() => void> => {
  const key = await realpath(layout.records)
  const registry = globalThis as { [OPEN]?: Set<string> }
  const open = (registry[OPEN] ??= new Set())
  if (open.has(key)) throw locked(layout, undefined)
  open.add(key)
  return () => void open.delete(key)
}

const OPEN = Symbol.for('godwit.openLevelStores')

/**
 * Whether another process has the directory, before a file is judged that it may be writing. LevelDB takes its lock first and then
 * refuses a database that exists; one that does not exist it does not create.
 */
const mustBeUnlocked = async ({ records }: Layout): Promise<void> => {
  const probe = new ClassicLevel(records, { createIfMissing: false, errorIfExists: true })
  try {
    await probe.open()
  } catch (error) {
    if (hasCode(error, 'LEVEL_LOCKED') || isReadOnly(error) || isNoSpace(error)) throw error
  }
}

/** Judges the files; then nothing is damaged, or it throws. */
const makeSound = async (
  layout: Layout,
  allowQuarantine: boolean,
  logger: Logger,
  onProgress: (progress: LoadProgress) => void,
): Promise<{ fresh: boolean; quarantined: readonly string[] }> => {
  const inspection = await inspect(layout.records, onProgress)
  const { fresh, damages, tornManifest } = inspection
  if (damages.length > 0 && !allowQuarantine) throw corrupt(inspection)
  if (tornManifest !== undefined) await cut(tornManifest.file, tornManifest.validBytes)
  if (damages.length === 0) return { fresh, quarantined: [] }
  await mustBeUnlocked(layout)
  const stamp = new Date().toISOString().replaceAll(/[-:.]/g, '')
  const quarantined = await quarantine(layout.records, inspection, join(layout.directory, `quarantine-${stamp}`))
  logger.warn(
    { directory: layout.directory, damages, quarantined },
    'damaged files were moved aside; what they held is missing',
  )
  return { fresh: false, quarantined }
}

/** On a disk that was full when the process ended there may be no room to open, except the ballast's. */
const openWithBallast = async (layout: Layout, fresh: boolean, ballast: Ballast): Promise<Database> => {
  try {
    return await openDatabase(layout, fresh)
  } catch (error) {
    if (!isNoSpace(error) || !ballast.present) throw error
    await ballast.release()
    return openDatabase(layout, fresh)
  }
}

const openDatabase = async ({ records }: Layout, createIfMissing: boolean): Promise<Database> => {
  const database: Database = new ClassicLevel(records, {
    createIfMissing,
    keyEncoding: 'view',
    valueEncoding: 'view',
    // Tables can then be checked without a decompressor; and most of what a broker queues is deleted before it is in a table.
    compression: false,
    writeBufferSize: WRITE_BUFFER_BYTES,
  })
  await database.open()
  return database
}

const silentLogger: Logger = { debug() {}, info() {}, warn() {}, error() {} }

/** What LevelDB collects before it makes a table: larger ones mean that more messages are gone before that. */
const WRITE_BUFFER_BYTES = 8 * 2 ** 20

const locked = ({ directory }: Layout, cause: unknown): LevelStoreError =>
  new LevelStoreError(
    'STORE_LOCKED',
    `${directory} is already open, in ${cause === undefined ? 'this' : 'another'} process. A directory belongs to one broker: stop the other one, or choose another directory.`,
    { cause },
  )

const corrupt = ({ damages }: Inspection): LevelStoreError =>
  new LevelStoreError(
    'STORE_CORRUPT',
    `${damages.map(({ file, reason }) => `${file} is damaged: ${reason}`).join('; ')}. No crash leaves that behind, so nothing was changed. Restore the directory from a copy, or open it with quarantine: the damaged files are then moved aside, and what they held is missing.`,
    { files: damages.map(({ file }) => file) },
  )

const explained = (error: unknown, layout: Layout): unknown => {
  if (LevelStoreError.isInstance(error)) return error
  if (hasCode(error, 'LEVEL_LOCKED')) return locked(layout, error)
  if (isReadOnly(error)) return readOnly(layout.directory, error)
  if (isNoSpace(error)) return diskFull(layout.directory, error)
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : (error as Error)
  const code = hasCode(error, 'LEVEL_CORRUPTION') ? 'STORE_CORRUPT' : 'OPEN_FAILED'
  return new LevelStoreError(code, `${layout.directory} cannot be opened: ${cause.message}`, { cause: error })
}
