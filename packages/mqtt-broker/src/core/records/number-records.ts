import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** The layout of all records. One that is not known is refused, never overwritten. */
export const FORMAT_VERSION = 1

/** How far the broker's time had come when the wall clock said what it said. */
export interface ClockRecord {
  /** Milliseconds of the broker's time, which goes on across restarts. */
  readonly brokerMs: number
  /** Milliseconds since 1970. */
  readonly wallMs: number
}

const VERSION = 1
const writer = new RecordWriter()

/** These are valid until the next one is made. */
export const encodeFormat = (version = FORMAT_VERSION): Uint8Array => writer.begin().uint32(version).bytes
export const encodeGroup = (number: number): Uint8Array => writer.begin().byte(VERSION).uint48(number).bytes
export const encodeReceived = (): Uint8Array => writer.begin().byte(VERSION).bytes
export const encodeClock = (record: ClockRecord): Uint8Array =>
  writer.begin().byte(VERSION).uint48(record.brokerMs).uint48(record.wallMs).bytes

/** -1: damaged. */
export const decodeFormat = (value: Uint8Array): number => {
  const reader = new RecordReader(value)
  const version = reader.uint32()
  return reader.complete ? version : -1
}

/** The group's number; undefined: damaged, or of a version that this broker does not know. */
export const decodeGroup = (value: Uint8Array): number | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const number = reader.uint48()
  return reader.complete ? number : undefined
}

export const decodeReceived = (value: Uint8Array): true | undefined =>
  value.length === 1 && value[0] === VERSION ? true : undefined

export const decodeClock = (value: Uint8Array): ClockRecord | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const record = { brokerMs: reader.uint48(), wallMs: reader.uint48() }
  return reader.complete ? record : undefined
}
