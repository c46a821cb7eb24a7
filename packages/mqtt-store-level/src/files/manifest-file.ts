import { ByteReader } from './byte-reader.ts'

/** What the MANIFEST says is alive. */
export interface Manifest {
  /** Logs from this number on hold what no table holds yet. */
  readonly logNumber: number
  /** Number of each live table, and its size in bytes. */
  readonly tables: ReadonlyMap<number, number>
}

/** Adds up the records of a MANIFEST; `undefined` where one cannot be read. */
export const readManifest = (records: readonly Uint8Array[]): Manifest | undefined => {
  const tables = new Map<number, number>()
  let logNumber = 0
  for (const record of records) {
    const reader = new ByteReader(record)
    while (!reader.done) {
      switch (reader.variableInteger()) {
        case Tag.Comparator:
          reader.skip(reader.variableInteger())
          break
        case Tag.LogNumber:
          logNumber = reader.variableInteger()
          break
        case Tag.NextFileNumber:
        case Tag.LastSequence:
        case Tag.PreviousLogNumber:
          reader.variableInteger()
          break
        case Tag.CompactPointer:
          reader.variableInteger()
          reader.skip(reader.variableInteger())
          break
        case Tag.DeletedFile:
          reader.variableInteger()
          tables.delete(reader.variableInteger())
          break
        case Tag.NewFile: {
          reader.variableInteger()
          const number = reader.variableInteger()
          tables.set(number, reader.variableInteger())
          reader.skip(reader.variableInteger())
          reader.skip(reader.variableInteger())
          break
        }
        default:
          return undefined
      }
    }
    if (reader.failed) return undefined
  }
  return { logNumber, tables }
}

const Tag = {
  Comparator: 1,
  LogNumber: 2,
  NextFileNumber: 3,
  LastSequence: 4,
  CompactPointer: 5,
  DeletedFile: 6,
  NewFile: 7,
  PreviousLogNumber: 9,
} as const
