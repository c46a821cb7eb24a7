import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import type { LoadedRecord } from '../ports/stored-message.ts'
import type { Core } from './context.ts'
import type { QueuedMessage } from './queued-message.ts'
import { decodeBody } from './records/body-record.ts'
import type { QueuedRecord } from './records/queued-record.ts'
import { decodeQueued } from './records/queued-record.ts'
import { RecordReader } from './records/record-reader.ts'
import { RoutedMessage, bodyStartOf } from './routed-message.ts'

export const sequenceOfKey = (key: Uint8Array): number => new RecordReader(key, 7).uint48()

/** The message of a record, with the body that it refers to; undefined: it cannot be read. */
export const readQueued = (core: Core, record: LoadedRecord): QueuedMessage | undefined => {
  const decoded = decodeQueued(record.value)
  if (decoded?.type !== 'message') return undefined
  const bytes = decoded.body === 0 ? decoded.frame : record.body === undefined ? undefined : decodeBody(record.body)
  const message = bytes === undefined ? undefined : messageOf(core, bytes, decoded)
  if (message === undefined) return undefined
  const { qos, retain, identifiers, origin } = decoded
  const queued = { message, qos, retain, identifiers, group: undefined }
  return origin === undefined ? queued : { ...queued, origin }
}

/** A stored PUBLISH as a message on its way; undefined: it cannot be read. */
export const messageOf = (
  core: Core,
  bytes: Uint8Array,
  record: Pick<QueuedRecord, 'version' | 'arrivedAt'>,
): RoutedMessage | undefined => {
  const bodyStart = bodyStartOf(bytes)
  const frame = new PublishFrame()
  if (readPublishFrame(frame, bytes, 0, bodyStart, bytes.length, record.version) !== undefined) return undefined
  const entry = core.index.entryOfBytes(bytes, frame.topicStart, frame.topicEnd)
  if (entry.refused !== undefined) return undefined
  const message = new RoutedMessage()
  const arrivedAt = record.arrivedAt - core.records.clockOffsetMs
  message.begin(frame, entry.topicName, entry.bytes, arrivedAt, core.nextSerial++)
  return message
}
