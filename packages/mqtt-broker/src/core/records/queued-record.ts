import type { ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** Which message of which group it was before a member got it. */
export interface GroupOrigin {
  readonly number: number
  readonly sequence: number
}

/** A message that waits for one Session or group, or for the acknowledgement of one. */
export interface QueuedRecord {
  readonly type: 'message'
  readonly qos: QoS
  readonly retain: boolean
  /** Of the PUBLISH in `frame`. */
  readonly version: ProtocolVersion
  /** Milliseconds of the broker's time. */
  readonly arrivedAt: number
  readonly identifiers: readonly number[] | undefined
  readonly origin: GroupOrigin | undefined
  /** The number of its body, 0 where the PUBLISH is in the record itself. */
  readonly body: number
  /** The PUBLISH as it was received; empty where there is a body. */
  readonly frame: Uint8Array
}

/** A QoS 2 message whose PUBREC came: its PUBREL is owed. */
export interface AwaitingPubcompRecord {
  readonly type: 'awaiting-pubcomp'
  /** PUBRELs leave in the order of their PUBRECs [MQTT-4.6.0-4]. */
  readonly order: number
}

const VERSION = 1
const INLINE = (VERSION << 4) | 0
const WITH_BODY = (VERSION << 4) | 1
const AWAITING_PUBCOMP = (VERSION << 4) | 2

const RETAIN = 0x04
const IDENTIFIERS = 0x20
const ORIGIN = 0x40

const writer = new RecordWriter()

/** Valid until the next one is made. `body` 0: the PUBLISH goes into the record. */
export const encodeQueued = (
  frame: PublishFrame,
  qos: number,
  retain: boolean,
  arrivedAt: number,
  identifiers: readonly number[] | undefined,
  origin: GroupOrigin | undefined,
  body: number,
): Uint8Array => {
  const version = frame.version - 3
  const flags =
    qos |
    (retain ? RETAIN : 0) |
    (version << 3) |
    (identifiers === undefined ? 0 : IDENTIFIERS) |
    (origin === undefined ? 0 : ORIGIN)
  writer
    .begin()
    .byte(body === 0 ? INLINE : WITH_BODY)
    .byte(flags)
    .uint48(arrivedAt)
  if (identifiers !== undefined) {
    writer.uint16(identifiers.length)
    for (const identifier of identifiers) writer.uint32(identifier)
  }
  if (origin !== undefined) writer.uint48(origin.number).uint48(origin.sequence)
  if (body !== 0) writer.uint48(body)
  else writer.raw(frame.bytes, frame.start, frame.end)
  return writer.bytes
}

export const encodeAwaitingPubcomp = (order: number): Uint8Array =>
  writer.begin().byte(AWAITING_PUBCOMP).uint48(order).bytes

/** The number of the body that a record refers to, 0 where it has its own or cannot be read. */
export const bodyNumberOf = (value: Uint8Array): number => {
  if (value[0] !== WITH_BODY) return 0
  const decoded = decodeQueued(value)
  return decoded?.type === 'message' ? decoded.body : 0
}

/** Undefined: it is damaged, or of a version that this broker does not know. The frame is a view into the value. */
export const decodeQueued = (value: Uint8Array): QueuedRecord | AwaitingPubcompRecord | undefined => {
  const reader = new RecordReader(value)
  const kind = reader.byte()
  if (kind === AWAITING_PUBCOMP) {
    const order = reader.uint48()
    return reader.complete ? { type: 'awaiting-pubcomp', order } : undefined
  }
  if (kind !== INLINE && kind !== WITH_BODY) return undefined
  const flags = reader.byte()
  const qos = flags & 3
  const version = ((flags >> 3) & 3) + 3
  const arrivedAt = reader.uint48()
  let identifiers: number[] | undefined
  if ((flags & IDENTIFIERS) !== 0) {
    identifiers = []
    for (let count = reader.uint16(); count > 0 && !reader.failed; count--) identifiers.push(reader.uint32())
  }
  const origin = (flags & ORIGIN) === 0 ? undefined : { number: reader.uint48(), sequence: reader.uint48() }
  const body = kind === WITH_BODY ? reader.uint48() : 0
  if (reader.failed) return undefined
  // Not subarray(): a Buffer's is several times as slow.
  const frame = new Uint8Array(value.buffer, value.byteOffset + reader.at, value.length - reader.at)
  if (qos === 3 || version > 5 || (body === 0) !== frame.length > 0) return undefined
  return {
    type: 'message',
    qos: qos as QoS,
    retain: (flags & RETAIN) !== 0,
    version: version as ProtocolVersion,
    arrivedAt,
    identifiers,
    origin,
    body,
    frame,
  }
}
