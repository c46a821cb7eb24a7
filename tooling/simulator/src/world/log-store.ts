import type { KeyRange, Store, StoreBatch, StoreHealth, StoreRecord } from '@godwit/mqtt-broker'
import { MemoryStore } from '@godwit/mqtt-broker/testing'
import type { StoredChange } from '../history.ts'
import type { RarePaths } from '../plan.ts'
import { copyOf } from './bytes.ts'
import type { Disk } from './disk.ts'
import type { World } from './world.ts'

/** A store of the simulation cannot go on; the code is what the operating system would say. */
export class DiskError extends Error {
  readonly code: 'EIO' | 'DAMAGED'

  constructor(code: 'EIO' | 'DAMAGED', message: string) {
    super(message)
    this.code = code
  }
}

class LogBatch implements StoreBatch {
  readonly changes: StoredChange[] = []
  sizeBytes = 0

  get size(): number {
    return this.changes.length
  }

  put(key: Uint8Array, value: Uint8Array): void {
    this.changes.push([copyOf(key), copyOf(value)])
    this.sizeBytes += key.length + value.length
  }

  delete(key: Uint8Array): void {
    this.changes.push([copyOf(key), undefined])
    this.sizeBytes += key.length
  }
}

/** What a process does to the world when the store answers it. */
export interface StoreHost {
  readonly life: number
  schedule(milliseconds: number, run: () => void): void
}

/**
 * The store port on a simulated disk: a log of batches, each with its length and checksum, and an fsync before a commit is
 * answered. A torn batch at the end is none; damage before the end is refused.
 */
export class LogStore implements Store {
  readonly durability = 'fsync'
  readonly #world: World
  readonly #disk: Disk
  readonly #host: StoreHost
  readonly #records = new MemoryStore()
  readonly #rare: Pick<RarePaths, 'scanRecords' | 'readMs'>
  #commits = 0
  #failed = false

  /** Reads what is there. Throws `DiskError` where it is damaged. */
  constructor(world: World, disk: Disk, host: StoreHost, rare: Pick<RarePaths, 'scanRecords' | 'readMs'> = USUAL) {
    this.#rare = rare
    this.#world = world
    this.#disk = disk
    this.#host = host
    const end = this.#replay(disk.contents)
    disk.truncate(end)
  }

  batch(): StoreBatch {
    return new LogBatch()
  }

  commit(batch: StoreBatch): Promise<void> {
    const { changes } = batch as LogBatch
    const commit = ++this.#commits
    if (this.#failed) return Promise.reject(new DiskError('EIO', 'a commit before this one failed'))
    const world = this.#world
    this.#note('commit-begun', commit, changes)
    return new Promise((resolve, reject) => {
      const write = (): void => {
        if (this.#disk.full === 'hard') return this.#host.schedule(50, write)
        this.#disk.append(encodeBatch(changes))
        this.#host.schedule(this.#disk.latencyMs * world.random.fraction(), sync)
      }
      const sync = (): void => {
        world.promises = true
        if (this.#disk.syncFails) {
          this.#failed = true
          this.#note('commit-failed', commit, changes)
          return reject(new DiskError('EIO', 'the fsync failed'))
        }
        this.#disk.sync()
        this.#records.write(changes)
        this.#note('commit-durable', commit, changes)
        resolve()
      }
      write()
    })
  }

  get(key: Uint8Array): Promise<Uint8Array | undefined> {
    this.#world.promises = true
    const found = this.#records.get(key)
    return this.#rare.readMs === 0 ? found : this.#later().then(() => found)
  }

  async *scan(range: KeyRange): AsyncIterable<readonly StoreRecord[]> {
    this.#world.promises = true
    const records = this.#records.read(range)
    const { scanRecords, readMs } = this.#rare
    for (let at = 0; at < records.length; at += scanRecords) {
      if (readMs > 0) await this.#later()
      yield records.slice(at, at + scanRecords)
    }
  }

  /** A process that has ended meanwhile hears nothing. */
  #later(): Promise<void> {
    const world = this.#world
    return new Promise((resolve) => {
      this.#host.schedule(this.#rare.readMs * world.random.fraction(), () => {
        world.promises = true
        resolve()
      })
    })
  }

  /** How many records begin with each tag. */
  counts(): ReadonlyMap<number, number> {
    const counts = new Map<number, number>()
    for (const [key] of this.#records.read({ from: Uint8Array.of(0), to: Uint8Array.of(255) })) {
      counts.set(key[0]!, (counts.get(key[0]!) ?? 0) + 1)
    }
    return counts
  }

  health(): StoreHealth {
    if (this.#failed) return { writable: false, reason: 'an fsync failed' }
    return this.#disk.full === 'no' ? { writable: true } : { writable: false, reason: 'the disk is full' }
  }

  async close(): Promise<void> {}

  #note(type: 'commit-begun' | 'commit-durable' | 'commit-failed', commit: number, changes: readonly StoredChange[]) {
    this.#world.record({ type, life: this.#host.life, commit, changes, at: this.#world.now })
  }

  /** Where the last whole batch ends. */
  #replay(log: Uint8Array): number {
    let at = 0
    while (at < log.length) {
      const changes = decodeBatch(log, at)
      if (changes === undefined) break
      this.#records.write(changes)
      at += HEADER_BYTES + bodyBytes(log, at)
    }
    // The batch that a crash tore is the last: a whole one behind it means that the disk has changed what was written.
    for (let later = at + 1; later + HEADER_BYTES <= log.length; later++) {
      if (decodeBatch(log, later) !== undefined) throw new DiskError('DAMAGED', `the log is damaged at ${at}`)
    }
    return at
  }
}

const USUAL = { scanRecords: 100, readMs: 0 }
const HEADER_BYTES = 8

/** What is written next: the disk copies it. */
let scratch = new Uint8Array(65_536)
let scratchView = new DataView(scratch.buffer)

const encodeBatch = (changes: readonly StoredChange[]): Uint8Array => {
  let length = HEADER_BYTES
  for (const [key, value] of changes) length += 8 + key.length + (value?.length ?? 0)
  if (length > scratch.length) {
    scratch = new Uint8Array(2 * length)
    scratchView = new DataView(scratch.buffer)
  }
  const bytes = scratch.subarray(0, length)
  const view = scratchView
  let at = HEADER_BYTES
  for (const [key, value] of changes) {
    view.setUint32(at, key.length)
    view.setUint32(at + 4, value === undefined ? 0xffffffff : value.length)
    bytes.set(key, at + 8)
    if (value !== undefined) bytes.set(value, at + 8 + key.length)
    at += 8 + key.length + (value?.length ?? 0)
  }
  view.setUint32(0, length - HEADER_BYTES)
  view.setUint32(4, checksum(bytes, HEADER_BYTES, length))
  return bytes
}

const bodyBytes = (log: Uint8Array, at: number): number =>
  new DataView(log.buffer, log.byteOffset, log.byteLength).getUint32(at)

const decodeBatch = (log: Uint8Array, start: number): StoredChange[] | undefined => {
  if (start + HEADER_BYTES > log.length) return undefined
  const view = new DataView(log.buffer, log.byteOffset, log.byteLength)
  const length = view.getUint32(start)
  const end = start + HEADER_BYTES + length
  if (length === 0 || end > log.length) return undefined
  if (view.getUint32(start + 4) !== checksum(log, start + HEADER_BYTES, end)) return undefined
  const changes: StoredChange[] = []
  for (let at = start + HEADER_BYTES; at < end;) {
    const keyEnd = at + 8 + view.getUint32(at)
    const valueLength = view.getUint32(at + 4)
    const valueEnd = valueLength === 0xffffffff ? keyEnd : keyEnd + valueLength
    changes.push([
      copyOf(log.subarray(at + 8, keyEnd)),
      valueLength === 0xffffffff ? undefined : copyOf(log.subarray(keyEnd, valueEnd)),
    ])
    at = valueEnd
  }
  return changes
}

const checksum = (bytes: Uint8Array, start: number, end: number): number => {
  let sum = 0x811c9dc5
  for (let at = start; at < end; at++) sum = Math.imul(sum ^ bytes[at]!, 0x01000193)
  return (sum ^ (sum >>> 15)) >>> 0
}
