import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { RecordWriter } from './record-writer.ts'

/** Several targets share a PUBLISH from this size on; below it a second key costs more than a second copy. */
export const SHARED_BODY_BYTES = 256

const VERSION = 1
const writer = new RecordWriter()

/** Valid until the next one is made. */
export const encodeBody = (frame: PublishFrame): Uint8Array =>
  writer.begin().byte(VERSION).raw(frame.bytes, frame.start, frame.end).bytes

/** Undefined: it is damaged, or of a version that this broker does not know. */
export const decodeBody = (value: Uint8Array): Uint8Array | undefined =>
  value.length > 1 && value[0] === VERSION ? value.subarray(1) : undefined
