import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readLog } from './log-file.ts'
import { type Manifest, readManifest } from './manifest-file.ts'
import { isIntactTable } from './table-file.ts'

/** Something that no crash explains. */
export interface Damage {
  readonly file: string
  readonly reason: string
  /** Of a log: the part in front of the damage, which can be kept. */
  readonly keepBytes?: number
}

export interface Inspection {
  /** No database is here yet. */
  readonly fresh: boolean
  readonly damages: readonly Damage[]
  /** A MANIFEST whose last record a crash has torn, and the length to cut it to; LevelDB cuts logs, but not this. */
  readonly tornManifest?: { readonly file: string; readonly validBytes: number }
  /** Tables that are alive, where the MANIFEST could be read. */
  readonly liveTables?: ReadonlySet<string>
}

/** How far an inspection has come. */
export interface LoadProgress {
  readonly bytesRead: number
  readonly bytesTotal: number
}

/**
 * Reads everything that LevelDB is about to trust, since it checks too little itself: of a log it silently skips what it cannot
 * read, a table it reads without a look at the checksums, and without its CURRENT it would begin anew and delete the rest.
 */
export const inspect = async (
  directory: string,
  onProgress: (progress: LoadProgress) => void = () => {},
): Promise<Inspection> => {
  const names = await readdir(directory)
  const data = names.filter((name) => LOG.test(name) || TABLE.test(name))
  if (!names.includes('CURRENT')) {
    if (data.length === 0) return { fresh: true, damages: [] }
    return { fresh: false, damages: [{ file: join(directory, 'CURRENT'), reason: 'it is missing' }] }
  }
  const current = await readFile(join(directory, 'CURRENT'), 'utf8')
  const manifestName = /^(MANIFEST-\d+)\n$/.exec(current)?.[1]
  if (manifestName === undefined) {
    return { fresh: false, damages: [{ file: join(directory, 'CURRENT'), reason: 'it does not name a MANIFEST' }] }
  }
  const file = join(directory, manifestName)
  if (!names.includes(manifestName)) return { fresh: false, damages: [{ file, reason: 'it is missing' }] }
  const reading = readLog(await readFile(file))
  const manifest = reading.ending === 'damaged' ? undefined : readManifest(reading.records)
  if (manifest === undefined || reading.records.length === 0) {
    return { fresh: false, damages: [{ file, reason: 'a record in it is damaged' }] }
  }
  const { damages, liveTables } = await inspectData(directory, data, manifest, onProgress)
  return {
    fresh: false,
    damages,
    liveTables,
    ...(reading.ending === 'torn' && { tornManifest: { file, validBytes: reading.validBytes } }),
  }
}

const LOG = /^(\d+)\.log$/
const TABLE = /^(\d+)\.(ldb|sst)$/

const inspectData = async (
  directory: string,
  names: readonly string[],
  manifest: Manifest,
  onProgress: (progress: LoadProgress) => void,
): Promise<{ damages: Damage[]; liveTables: ReadonlySet<string> }> => {
  const logs = names.filter((name) => Number(LOG.exec(name)?.[1] ?? -1) >= manifest.logNumber).sort(byNumber)
  const tables = new Map(
    names.filter((name) => manifest.tables.has(Number(TABLE.exec(name)?.[1]))).map((name) => [numberOf(name), name]),
  )
  const damages: Damage[] = []
  // A MANIFEST that has just been made names no log; from then on the one that it names is always there.
  if (manifest.logNumber > 0 && numberOf(logs[0] ?? '0') !== manifest.logNumber) {
    const name = `${String(manifest.logNumber).padStart(6, '0')}.log`
    damages.push({ file: join(directory, name), reason: 'it is missing' })
  }
  let bytesRead = 0
  let bytesTotal = 0
  for (const size of manifest.tables.values()) bytesTotal += size
  for (const name of logs) bytesTotal += (await stat(join(directory, name))).size
  const progressed = (bytes: number): void => onProgress({ bytesRead: (bytesRead += bytes), bytesTotal })

  for (const [number, size] of manifest.tables) {
    const name = tables.get(number)
    if (name === undefined) {
      damages.push({
        file: join(directory, `${String(number).padStart(6, '0')}.ldb`),
        reason: 'it is missing',
      })
      continue
    }
    const bytes = await readFile(join(directory, name))
    if (bytes.length !== size || !isIntactTable(bytes)) {
      damages.push({ file: join(directory, name), reason: 'a block in it does not have its checksum' })
    }
    progressed(bytes.length)
  }
  for (const [place, name] of logs.entries()) {
    const bytes = await readFile(join(directory, name))
    const { ending, validBytes, damagedAt } = readLog(bytes)
    // Only the newest log was being written: one before it was complete when the next was begun.
    if (ending === 'damaged' || (ending === 'torn' && place < logs.length - 1)) {
      const reason = `a record before the last is damaged, at byte ${damagedAt ?? validBytes}`
      damages.push({ file: join(directory, name), reason, keepBytes: validBytes })
    }
    progressed(bytes.length)
  }
  return { damages, liveTables: new Set(tables.values()) }
}

const numberOf = (name: string): number => Number.parseInt(name, 10)
const byNumber = (one: string, other: string): number => numberOf(one) - numberOf(other)
