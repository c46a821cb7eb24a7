import type { ProtocolVersion } from '@godwit/mqtt-codec'
import { RecordReader } from './record-reader.ts'
import { RecordWriter } from './record-writer.ts'

/** A Will as it waits: the PUBLISH of 5.0 that it becomes. */
export interface WillRecord {
  readonly delaySeconds: number
  /** Whether the Client's Grant had the right to its topic when it connected: nobody can be asked after a restart. */
  readonly allowed: boolean
  readonly publish: Uint8Array
}

/** What a Session is, but for its Subscriptions and messages. */
export interface SessionRecord {
  readonly number: number
  readonly principal: string
  readonly username: string | undefined
  readonly protocolVersion: ProtocolVersion
  readonly keepAliveSeconds: number
  /** Infinity: never. */
  readonly expiryIntervalSeconds: number
  readonly will: WillRecord | undefined
}

/** A Session that waits for its Client. One without it was connected when the broker ended. */
export interface WaitingRecord {
  /** Milliseconds of the broker's time at which its connection ended. */
  readonly since: number
  /** Messages before this sequence may have been sent: a resend carries DUP. */
  readonly sentBefore: number
}

const VERSION = 1
const NEVER = 0xffff_ffff
const USERNAME = 1
const WILL = 2
const WILL_ALLOWED = 4
const writer = new RecordWriter()

/** Valid until the next one is made. */
export const encodeSession = (record: SessionRecord): Uint8Array => {
  const { username, will, expiryIntervalSeconds } = record
  writer
    .begin()
    .byte(VERSION)
    .byte(
      (username === undefined ? 0 : USERNAME) |
        (will === undefined ? 0 : WILL) |
        (will?.allowed === true ? WILL_ALLOWED : 0),
    )
    .byte(record.protocolVersion)
    .uint48(record.number)
    .uint16(record.keepAliveSeconds)
    .uint32(expiryIntervalSeconds >= NEVER ? NEVER : expiryIntervalSeconds)
    .countedUnits(record.principal)
  if (username !== undefined) writer.countedText(username)
  if (will !== undefined) writer.uint32(will.delaySeconds).countedBytes(will.publish)
  return writer.bytes
}

/** Undefined: it is damaged, or of a version that this broker does not know. */
export const decodeSession = (value: Uint8Array): SessionRecord | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const flags = reader.byte()
  const protocolVersion = reader.byte()
  const number = reader.uint48()
  const keepAliveSeconds = reader.uint16()
  const expiry = reader.uint32()
  const principal = reader.countedUnits()
  const username = (flags & USERNAME) === 0 ? undefined : reader.countedText()
  const will =
    (flags & WILL) === 0
      ? undefined
      : {
          delaySeconds: reader.uint32(),
          allowed: (flags & WILL_ALLOWED) !== 0,
          publish: reader.countedBytes().slice(),
        }
  if (!reader.complete || protocolVersion < 3 || protocolVersion > 5) return undefined
  return {
    number,
    principal,
    username,
    protocolVersion: protocolVersion as ProtocolVersion,
    keepAliveSeconds,
    expiryIntervalSeconds: expiry === NEVER ? Infinity : expiry,
    will,
  }
}

/** Valid until the next one is made. */
export const encodeWaiting = (record: WaitingRecord): Uint8Array =>
  writer.begin().byte(VERSION).uint48(record.since).uint48(record.sentBefore).bytes

export const decodeWaiting = (value: Uint8Array): WaitingRecord | undefined => {
  const reader = new RecordReader(value)
  if (reader.byte() !== VERSION) return undefined
  const record = { since: reader.uint48(), sentBefore: reader.uint48() }
  return reader.complete ? record : undefined
}
