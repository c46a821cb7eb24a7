/**
 * The keys of everything that a broker writes down. A key is a tag and parts whose bytes sort as the parts do, so that what
 * belongs together lies together:
 *
 *     v                       the version of this layout
 *     c                       the clock: how far the broker's time had come, and what the wall clock said
 *     s client identifier     a Session: its number, its principal, its end, its Will
 *     x number                a Session that waits for its Client: since when, and what was sent before
 *     f number topic filter   one of its Subscriptions
 *     i number identifier     a QoS 2 message that was received and waits for its PUBREL
 *     g group                 a Shared Subscription: its number
 *     q number sequence       a message for a Session or a group, oldest first
 *     b body                  the PUBLISH that several messages refer to
 *     r topic name            a retained message
 *
 * Numbers have 6 bytes, the highest first. Sessions and groups share them, and none is given again while a record has it.
 */
import { RecordWriter } from './record-writer.ts'

export const RecordTag = {
  body: 0x62,
  clock: 0x63,
  subscription: 0x66,
  group: 0x67,
  received: 0x69,
  queued: 0x71,
  retained: 0x72,
  session: 0x73,
  format: 0x76,
  waiting: 0x78,
} as const

const writer = new RecordWriter()

/** Each of these is valid until the next key is made. */
export const formatKey = (): Uint8Array => writer.begin().byte(RecordTag.format).bytes
export const clockKey = (): Uint8Array => writer.begin().byte(RecordTag.clock).bytes
export const sessionKey = (clientId: string): Uint8Array => writer.begin().byte(RecordTag.session).text(clientId).bytes
export const waitingKey = (number: number): Uint8Array => writer.begin().byte(RecordTag.waiting).uint48(number).bytes
export const subscriptionKey = (number: number, topicFilter: string): Uint8Array =>
  writer.begin().byte(RecordTag.subscription).uint48(number).text(topicFilter).bytes
export const receivedKey = (number: number, packetId: number): Uint8Array =>
  writer.begin().byte(RecordTag.received).uint48(number).uint16(packetId).bytes
export const groupKey = (name: string): Uint8Array => writer.begin().byte(RecordTag.group).text(name).bytes
export const queuedKey = (number: number, sequence: number): Uint8Array =>
  writer.begin().byte(RecordTag.queued).uint48(number).uint48(sequence).bytes
export const bodyKey = (body: number): Uint8Array => writer.begin().byte(RecordTag.body).uint48(body).bytes
export const retainedKey = (topicBytes: Uint8Array): Uint8Array =>
  writer.begin().byte(RecordTag.retained).raw(topicBytes).bytes

/** Where the keys of a tag begin and end. */
export const rangeOfTag = (tag: number): { readonly from: Uint8Array; readonly to: Uint8Array } => ({
  from: Uint8Array.of(tag),
  to: Uint8Array.of(tag + 1),
})

/** The messages of one number, from one sequence on. */
export const rangeOfQueue = (
  number: number,
  sequence: number,
): { readonly from: Uint8Array; readonly to: Uint8Array } => ({
  from: queuedKey(number, sequence).slice(),
  to: queuedKey(number + 1, 0).slice(),
})
