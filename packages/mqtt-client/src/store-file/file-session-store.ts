import { createHash } from 'node:crypto'
import { mkdir, open, readFile, rename, type FileHandle } from 'node:fs/promises'
import { join } from 'node:path'
import type { SessionStore } from '../ports/session-store.ts'
import { encodeBatch, encodeLog, type LogContent, readLog } from './session-log.ts'
import { apply, newSessionState, operationsTo, recordOf, type SessionState } from '../stores/session-state.ts'
import { lock } from './process-lock.ts'
import { SessionStoreError } from '../stores/session-store-error.ts'

export interface FileSessionStoreOptions {
  /**
   * Moves a damaged file aside (`NAME.damaged-TIME`; nothing is deleted) and goes on with what lies before the damage. Messages
   * may then be missing, or come again. Default false: `load` rejects.
   */
  readonly quarantine?: boolean
  /** A log that is longer, and at least four times as long as what it says, is written anew. Default 1 MiB. */
  readonly compactFromBytes?: number
}

/** The log of one Client Identifier while it is open. */
interface OpenLog {
  readonly clientId: string
  readonly file: string
  handle: FileHandle
  bytes: number
  /** What it had when it was last written anew. */
  leastBytes: number
  readonly state: SessionState
  unlock(): Promise<void>
}

/**
 * Keeps the client's half of a Session in a file: a log with checksums, one record for each commit, which resolves after its
 * fdatasync. A torn end is cut; damage before the end is refused, or moved aside. One process at a time uses a Session, one client at
 * a time a store object. Files are private to the user, and their names are hashes of the Client Identifiers.
 *
 * @param directory made where it is missing
 */
export function fileSessionStore(directory: string, options: FileSessionStoreOptions = {}): SessionStore {
  const { quarantine = false, compactFromBytes = 1_048_576 } = options
  let log: OpenLog | undefined
  let failure: SessionStoreError | undefined

  const create = async (file: string, clientId: string, state: SessionState) => {
    const bytes = encodeLog(clientId, [...operationsTo(state)])
    const next = `${file}.new`
    const handle = await open(next, 'w', 0o600)
    try {
      await handle.writeFile(bytes)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await rename(next, file)
    await syncDirectory(directory)
    return bytes.length
  }

  const openLog = async (clientId: string): Promise<{ log: OpenLog; isNew: boolean }> => {
    await mkdir(directory, { recursive: true, mode: 0o700 })
    const file = join(directory, `${createHash('sha256').update(clientId).digest('hex').slice(0, 40)}.session`)
    const unlock = await lock(`${file}.lock`)
    try {
      const found = await readFile(file).catch((error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return undefined
        throw error
      })
      const content = found && readLog(found)
      if (content) await judge(file, clientId, content)
      const state = newSessionState()
      for (const operation of content?.batches.flat() ?? []) apply(state, operation)
      const isKept = content !== undefined && content.state !== 'damaged' && content.goodBytes > 0
      const bytes = isKept ? content.goodBytes : await create(file, clientId, state)
      if (isKept && content.state === 'torn') await cut(file, bytes)
      const handle = await open(file, 'r+')
      const isNew = content === undefined || content.goodBytes === 0
      return { log: { clientId, file, handle, bytes, leastBytes: 0, state, unlock }, isNew }
    } catch (error) {
      await unlock()
      throw error
    }
  }

  /** Throws where what was found is not to be used; moves it aside where that was asked for. */
  const judge = async (file: string, clientId: string, { state, clientId: whose, goodBytes }: LogContent) => {
    if (state === 'foreign' || (goodBytes > 0 && whose !== clientId)) {
      const message = `${file} is no Session of this format and Client Identifier; nothing in it was changed, move it away`
      throw new SessionStoreError('STORE_FOREIGN', file, message)
    }
    if (state !== 'damaged') return
    if (!quarantine) {
      const message = `${file} is damaged at byte ${goodBytes}; nothing was changed, { quarantine: true } moves it aside and keeps what lies before`
      throw new SessionStoreError('STORE_DAMAGED', file, message)
    }
    await rename(file, `${file}.damaged-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`)
  }

  const write = async (current: OpenLog, bytes: Uint8Array) => {
    await current.handle.write(bytes, 0, bytes.length, current.bytes)
    await current.handle.datasync()
    current.bytes += bytes.length
  }

  const compact = async (current: OpenLog) => {
    const bytes = await create(current.file, current.clientId, current.state)
    const old = current.handle
    current.handle = await open(current.file, 'r+')
    current.bytes = current.leastBytes = bytes
    await old.close()
  }

  return {
    async load(clientId) {
      if (log) throw new SessionStoreError('STORE_LOCKED', log.file, 'another client uses this store object')
      failure = undefined
      const opened = await openLog(clientId)
      log = opened.log
      return opened.isNew ? undefined : recordOf(log.state)
    },

    async commit(operations) {
      const current = log
      if (failure || !current)
        throw failure ?? new SessionStoreError('STORE_FAILED', directory, 'the store is not open')
      try {
        await write(current, encodeBatch(operations))
        for (const operation of operations) apply(current.state, operation)
        if (current.bytes > compactFromBytes && current.bytes > 4 * current.leastBytes) await compact(current)
      } catch (cause) {
        // What is on the disk is not known any more: nothing is promised until the store has been opened anew.
        failure = new SessionStoreError('STORE_FAILED', current.file, `${current.file} cannot be written`, cause)
        throw failure
      }
    },

    async close() {
      const current = log
      log = undefined
      await current?.handle.close()
      await current?.unlock()
    },
  }
}

/** Takes a torn end away, for good. */
async function cut(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(bytes)
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** A new name in a directory lasts from here on. Windows can do without, and cannot do it. */
async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r').catch(() => undefined)
  try {
    await handle?.sync().catch(() => {})
  } finally {
    await handle?.close()
  }
}
