import type { ProtocolVersion } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** The last retained message of a topic. */
export interface RetainedRecord {
  /** Of the PUBLISH in `frame`. */
  readonly version: ProtocolVersion
  /** Milliseconds of the broker's time. */
  readonly arrivedAt: number
  readonly frame: Uint8Array
}

const VERSION = 1
const writer = new RecordWriter()

/** Valid until the next one is made. */
export const encodeRetained = (frame: PublishFrame, arrivedAt: number): Uint8Array =>
  writer.begin().byte(VERSION).byte(frame.version).uint48(arrivedAt).raw(frame.bytes, frame.start, frame.end).bytes

/** Undefined: it is damaged, or of a version that this broker does not know. */
export const decodeRetained = (value: Uint8Array): RetainedRecord | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const version = reader.byte()
  const arrivedAt = reader.uint48()
  const frame = value.subarray(reader.at)
  if (reader.failed || frame.length === 0 || version < 3 || version > 5) return undefined
  return { version: version as ProtocolVersion, arrivedAt, frame }
}
