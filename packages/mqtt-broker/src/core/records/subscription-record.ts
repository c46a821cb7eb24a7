import type { QoS } from '@godwit/mqtt-codec'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** The options of one Subscription (§3.8.3.1). */
export interface SubscriptionRecord {
  readonly qos: QoS
  readonly noLocal: boolean
  readonly retainAsPublished: boolean
  /** 0: none. */
  readonly subscriptionIdentifier: number
}

const VERSION = 1
const NO_LOCAL = 4
const RETAIN_AS_PUBLISHED = 8
const writer = new RecordWriter()

/** Valid until the next one is made. */
export const encodeSubscription = (record: SubscriptionRecord): Uint8Array =>
  writer
    .begin()
    .byte(VERSION)
    .byte(record.qos | (record.noLocal ? NO_LOCAL : 0) | (record.retainAsPublished ? RETAIN_AS_PUBLISHED : 0))
    .uint32(record.subscriptionIdentifier).bytes

/** Undefined: it is damaged, or of a version that this broker does not know. */
export const decodeSubscription = (value: Uint8Array): SubscriptionRecord | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const options = reader.byte()
  const subscriptionIdentifier = reader.uint32()
  const qos = options & 3
  if (!reader.complete || qos === 3) return undefined
  return {
    qos: qos as QoS,
    noLocal: (options & NO_LOCAL) !== 0,
    retainAsPublished: (options & RETAIN_AS_PUBLISHED) !== 0,
    subscriptionIdentifier,
  }
}
