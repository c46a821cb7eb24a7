import { NO_BYTES } from './bytes.ts'
import type { DecodeLimits, LimitJudge } from './decode-limits.ts'
import { decodeFailure, type DecodeFailure } from './failures.ts'
import { judgeFirstByte } from './first-byte.ts'
import type { ProtocolVersion, QoS } from './packet-type.ts'
import { classify, isPlainAscii, isWellFormedUtf8, NULL_CHARACTER, WILDCARD } from './utf8.ts'
import {
  CUT_OFF,
  EMPTY_TOPIC,
  HAS_CONTROL,
  HAS_NULL,
  MALFORMED,
  NOT_UTF8,
  NO_SUCH_PROPERTY,
  OVERLONG,
  PACKET_ID_0,
  QUOTA,
  RUNS_PAST_PACKET,
  TOO_MANY_USER_PROPERTIES,
  TOPIC_ALIAS_0,
  VIOLATION,
  WILDCARD_IN_RESPONSE_TOPIC,
} from './rules.ts'

/**
 * Where everything in a PUBLISH lies: offsets into bytes that it does not own. One instance serves all packets of a
 * connection, or of a process, and is overwritten by the next; whoever relays a message needs no more than this.
 */
export class PublishFrame {
  bytes: Uint8Array = NO_BYTES
  start = 0
  end = 0
  firstByte = 0
  version: ProtocolVersion = 4
  qos: QoS = 0
  retain = false
  dup = false
  topicStart = 0
  topicEnd = 0
  /** Offset of the Packet Identifier, -1 with QoS 0. */
  packetIdAt = -1
  /** 0 with QoS 0. */
  packetId = 0
  /** Offset of the Property Length, -1 before 5.0. */
  propertiesAt = -1
  propertiesStart = 0
  propertiesEnd = 0
  payloadStart = 0
  /** 0 where there is none. */
  topicAlias = 0
  /** Offset of the two bytes of the Topic Alias, -1 where there is none. */
  topicAliasAt = -1
  /** Offset of the four bytes of the Message Expiry Interval, -1 where there is none. */
  messageExpiryAt = -1
  /** -1 where there is none. */
  messageExpiryIntervalSeconds = -1
  payloadFormatIndicator: 0 | 1 = 0
  /** Offset of the first Subscription Identifier's value, -1 where there is none. */
  subscriptionIdentifierAt = -1
  userPropertyCount = 0
  /** Bytes of all User Properties: names, values and their length bytes. */
  userPropertyBytes = 0
}

/**
 * Reads one whole PUBLISH into a frame. On success nothing is allocated; after a failure the frame holds nothing of use.
 *
 * All is judged but the Topic Name, whose text and syntax a router looks at once per topic and not once per message; only
 * that it is neither empty nor cut off. `decodeFrame` judges that as well.
 *
 * @see MQTT 5.0 §3.3
 */
export const readPublishFrame = (
  frame: PublishFrame,
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  end: number,
  version: ProtocolVersion,
  limits?: LimitJudge,
): DecodeFailure | undefined => {
  const firstByte = bytes[start]!
  frame.bytes = bytes
  frame.start = start
  frame.end = end
  frame.firstByte = firstByte
  frame.version = version
  const qos = (firstByte >> 1) & 3
  if (qos === 3 || (firstByte & 0x0e) === 0x08) return judgeFirstByte(firstByte, version)
  frame.qos = qos as QoS
  frame.retain = (firstByte & 1) !== 0
  frame.dup = (firstByte & 8) !== 0
  frame.topicAlias = 0
  frame.topicAliasAt = -1
  frame.messageExpiryAt = -1
  frame.messageExpiryIntervalSeconds = -1
  frame.payloadFormatIndicator = 0
  frame.userPropertyCount = 0
  frame.userPropertyBytes = 0
  frame.propertiesAt = -1
  frame.subscriptionIdentifierAt = -1
  if (bodyStart + 2 > end) return fail(frame, MALFORMED, CUT_OFF, end)
  const topicStart = bodyStart + 2
  let at = topicStart + ((bytes[bodyStart]! << 8) | bytes[bodyStart + 1]!)
  frame.topicStart = topicStart
  frame.topicEnd = at
  if (qos === 0) {
    frame.packetIdAt = -1
    frame.packetId = 0
    if (at > end) return fail(frame, MALFORMED, CUT_OFF, end)
  } else {
    if (at + 2 > end) return fail(frame, MALFORMED, CUT_OFF, end)
    frame.packetIdAt = at
    frame.packetId = (bytes[at]! << 8) | bytes[at + 1]!
    if (frame.packetId === 0) return fail(frame, VIOLATION, PACKET_ID_0, at)
    at += 2
  }
  if (version === 5) {
    const failure = readPublishProperties(frame, at, limits)
    if (failure !== undefined) return failure
    at = frame.propertiesEnd
  }
  frame.payloadStart = at
  if (frame.topicEnd === topicStart && frame.topicAlias === 0) {
    return fail(frame, VIOLATION, EMPTY_TOPIC, bodyStart)
  }
  return undefined
}

const readPublishProperties = (
  frame: PublishFrame,
  offset: number,
  limits: LimitJudge | undefined,
): DecodeFailure | undefined => {
  const { bytes } = frame
  frame.propertiesAt = offset
  let at = variableEnd(bytes, offset, frame.end)
  if (at === 0) return fail(frame, MALFORMED, OVERLONG, offset)
  frame.propertiesStart = at
  const end = at + variableAt(bytes, offset)
  frame.propertiesEnd = end
  if (end > frame.end) return fail(frame, MALFORMED, RUNS_PAST_PACKET, offset)
  let seen = 0
  while (at < end) {
    const here = at++
    // Every Property Identifier so far fits into one byte; a longer one is unknown.
    const identifier = bytes[here]!
    // So no read below leaves the packet, whatever lies behind it.
    const least = identifier === 0x02 ? 4 : identifier === 0x01 || identifier === 0x0b ? 1 : 2
    if (at + least > end) return fail(frame, MALFORMED, CUT_OFF, here)
    if (identifier < 0x0a || identifier === 0x23) {
      const bit = 1 << (identifier === 0x23 ? 0 : identifier)
      if ((seen & bit) !== 0) return fail(frame, VIOLATION, 'property twice', here)
      seen |= bit
    }
    let failure: DecodeFailure | undefined
    switch (identifier) {
      case 0x01:
        if (bytes[at]! > 1) return fail(frame, VIOLATION, 'not 0 or 1', at)
        frame.payloadFormatIndicator = bytes[at] as 0 | 1
        at++
        break
      case 0x02:
        frame.messageExpiryAt = at
        frame.messageExpiryIntervalSeconds =
          bytes[at]! * 0x1000000 + ((bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!)
        at += 4
        break
      case 0x03:
        failure = judgeText(frame, at, end)
        at = fieldEnd(bytes, at)
        break
      case 0x08:
        failure = judgeText(frame, at, end) ?? judgeResponseTopic(frame, at, limits)
        at = fieldEnd(bytes, at)
        break
      case 0x09:
        at = fieldEnd(bytes, at)
        break
      case 0x0b: {
        const value = at
        at = variableEnd(bytes, value, end)
        if (at === 0) return fail(frame, MALFORMED, OVERLONG, value)
        if (bytes[value] === 0) return fail(frame, VIOLATION, 'Subscription Identifier 0', value)
        if (frame.subscriptionIdentifierAt === -1) frame.subscriptionIdentifierAt = value
        break
      }
      case 0x23:
        frame.topicAliasAt = at
        frame.topicAlias = (bytes[at]! << 8) | bytes[at + 1]!
        if (frame.topicAlias === 0) return fail(frame, 0x94, TOPIC_ALIAS_0, at)
        at += 2
        break
      case 0x26:
        failure = judgeText(frame, at, end)
        if (failure === undefined) {
          at = fieldEnd(bytes, at)
          failure = judgeText(frame, at, end)
        }
        at = fieldEnd(bytes, at)
        frame.userPropertyCount++
        frame.userPropertyBytes += at - here - 1
        if (limits !== undefined && failure === undefined) {
          const limit = limits.exceeded(frame.userPropertyCount, frame.userPropertyBytes)
          if (limit !== undefined) failure = fail(frame, QUOTA, TOO_MANY_USER_PROPERTIES, here, limit)
        }
        break
      default:
        return fail(frame, MALFORMED, NO_SUCH_PROPERTY, here)
    }
    if (failure !== undefined) return failure
  }
  return at > end ? fail(frame, MALFORMED, CUT_OFF, end) : undefined
}

/** Judges a string behind its two length bytes. */
const judgeText = (frame: PublishFrame, at: number, end: number): DecodeFailure | undefined => {
  const { bytes } = frame
  const start = at + 2
  if (start > end) return fail(frame, MALFORMED, CUT_OFF, at)
  const textEnd = fieldEnd(bytes, at)
  if (textEnd > end) return fail(frame, MALFORMED, CUT_OFF, at)
  if (isPlainAscii(bytes, start, textEnd)) return undefined
  if ((classify(bytes, start, textEnd) & NULL_CHARACTER) !== 0) return fail(frame, MALFORMED, HAS_NULL, at)
  return isWellFormedUtf8(bytes, start, textEnd) ? undefined : fail(frame, MALFORMED, NOT_UTF8, at)
}

/** Judges what a Response Topic has to be beyond text. */
const judgeResponseTopic = (
  frame: PublishFrame,
  at: number,
  limits: LimitJudge | undefined,
): DecodeFailure | undefined => {
  const { bytes } = frame
  const start = at + 2
  const end = fieldEnd(bytes, at)
  if ((classify(bytes, start, end) & WILDCARD) !== 0) return fail(frame, VIOLATION, WILDCARD_IN_RESPONSE_TOPIC, at)
  if (start === end) return fail(frame, VIOLATION, EMPTY_TOPIC, at)
  return limits?.refusesName(bytes, start, end) ? fail(frame, MALFORMED, HAS_CONTROL, at) : undefined
}

/** Where a field with two length bytes ends. */
const fieldEnd = (bytes: Uint8Array, at: number): number => at + 2 + ((bytes[at]! << 8) | bytes[at + 1]!)

/** Where a Variable Byte Integer ends; 0: it is cut off, too long, or not in the fewest bytes. */
const variableEnd = (bytes: Uint8Array, offset: number, end: number): number => {
  const last = Math.min(offset + 4, end)
  for (let at = offset; at < last;) {
    const byte = bytes[at++]!
    if (byte < 0x80) return byte === 0 && at > offset + 1 ? 0 : at
  }
  return 0
}

/** The value of one that has been looked at. */
const variableAt = (bytes: Uint8Array, offset: number): number => {
  let value = 0
  for (let at = offset, shift = 0; ; shift += 7) {
    const byte = bytes[at++]!
    value |= (byte & 0x7f) << shift
    if (byte < 0x80) return value
  }
}

const fail = (
  frame: PublishFrame,
  reasonCode: number,
  rule: string,
  at: number,
  limit?: keyof DecodeLimits,
): DecodeFailure => decodeFailure({ reasonCode, rule, offset: at - frame.start, limit }, frame.firstByte, frame.version)
