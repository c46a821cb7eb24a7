import { mkdir, open, readdir, readFile, rename } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { hasCode, isNoSpace, isReadOnly } from './causes.ts'
import { LevelStoreError } from './store-error.ts'

/** Layout of a data directory: `format`, `records/` (LevelDB), `ballast`, and `quarantine-*` where something was moved aside. */
export interface Layout {
  readonly directory: string
  readonly records: string
  readonly ballast: string
}

const FORMAT = 1
const FILE = 'format'
const TEXT = /^godwit-store (\d+)\n$/

/**
 * Makes the directory where there is none, and makes sure that what is in it is ours and of a format that we know, before
 * anything in it is touched.
 *
 * @throws LevelStoreError `FORMAT_UNKNOWN`, `NOT_A_STORE`, `STORE_READ_ONLY`, `DISK_FULL`
 */
export const prepareDirectory = async (given: string): Promise<Layout> => {
  const directory = resolve(given)
  const layout = { directory, records: join(directory, 'records'), ballast: join(directory, 'ballast') }
  try {
    await makeDirectory(directory)
    const written = await formatOf(directory)
    if (written === undefined) {
      const others = (await readdir(directory)).filter((name) => !name.startsWith(`${FILE}.`) && name !== 'lost+found')
      if (others.length > 0) throw notAStore(directory, others)
      await writeFormat(directory)
    } else if (written !== FORMAT) {
      throw new LevelStoreError(
        'FORMAT_UNKNOWN',
        `${directory} has the store format ${written}, and this version reads ${FORMAT}. Nothing was changed. Run the version that wrote it, or choose another directory.`,
      )
    }
    await mkdir(layout.records, { recursive: true, mode: 0o700 })
    return layout
  } catch (error) {
    throw explained(error, directory)
  }
}

const makeDirectory = async (directory: string): Promise<void> => {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 })
  } catch (error) {
    // What Node makes of a read-only file system when it makes directories above as well.
    if (hasCode(error, 'ENOENT')) throw readOnly(directory, error)
    throw error
  }
}

const formatOf = async (directory: string): Promise<number | undefined> => {
  try {
    const text = await readFile(join(directory, FILE), 'utf8')
    const version = TEXT.exec(text)?.[1]
    if (version !== undefined) return Number(version)
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
  throw new LevelStoreError(
    'FORMAT_UNKNOWN',
    `${join(directory, FILE)} does not say a store format that this version knows. Nothing was changed. If the directory is not a store of Godwit, choose another one.`,
    { files: [join(directory, FILE)] },
  )
}

/** Durable before the first record: a crash leaves either an empty directory or one that says what it is. */
const writeFormat = async (directory: string): Promise<void> => {
  const temporary = join(directory, `${FILE}.${process.pid}`)
  const handle = await open(temporary, 'w', 0o600)
  try {
    await handle.writeFile(`godwit-store ${FORMAT}\n`)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await rename(temporary, join(directory, FILE))
  await syncDirectory(directory)
}

/** A new name is durable when its directory is. Windows has no such thing. */
const syncDirectory = async (directory: string): Promise<void> => {
  if (process.platform === 'win32') return
  const handle = await open(directory, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

const notAStore = (directory: string, others: readonly string[]): LevelStoreError =>
  new LevelStoreError(
    'NOT_A_STORE',
    `${directory} holds other files (${others.slice(0, 3).join(', ')}${others.length > 3 ? ', ...' : ''}) and no store. Choose an empty directory.`,
  )

const explained = (error: unknown, directory: string): unknown => {
  if (LevelStoreError.isInstance(error)) return error
  if (isReadOnly(error)) return readOnly(directory, error)
  if (isNoSpace(error)) return diskFull(directory, error)
  if (hasCode(error, 'ENOTDIR') || hasCode(error, 'EEXIST')) {
    return new LevelStoreError('NOT_A_STORE', `${directory} is not a directory. Choose another one.`, { cause: error })
  }
  return new LevelStoreError('OPEN_FAILED', `${directory} cannot be used: ${(error as Error).message}`, {
    cause: error,
  })
}

export const readOnly = (directory: string, cause: unknown): LevelStoreError =>
  new LevelStoreError(
    'STORE_READ_ONLY',
    `${directory} cannot be written to. Give this user the right to write there, or choose another directory.`,
    { cause },
  )

export const diskFull = (directory: string, cause: unknown): LevelStoreError =>
  new LevelStoreError('DISK_FULL', `The disk of ${directory} is full. Free some space and start again.`, { cause })
