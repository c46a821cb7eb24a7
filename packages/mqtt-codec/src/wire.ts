import { NOTHING } from './body.ts'
import { NO_BYTES, view } from './bytes.ts'
import type { DecodeLimits, LimitJudge } from './decode-limits.ts'
import { EncodeError, ruleText, type Refusal } from './failures.ts'
import type { ProtocolVersion } from './packet-type.ts'
import { mayStandIn } from './reason-codes.ts'
import {
  BYTES_BEHIND,
  CUT_OFF,
  EMPTY_TOPIC,
  HAS_CONTROL,
  HAS_NULL,
  LENGTH_TOO_LONG,
  MALFORMED,
  MISPLACED_WILDCARD,
  NOT_UTF8,
  OUT_OF_RANGE,
  OVERLONG,
  PACKET_ID_0,
  QUOTA,
  RUNS_PAST_PACKET,
  TOO_MANY_USER_PROPERTIES,
  VIOLATION,
} from './rules.ts'
import type { TextCodec } from './text.ts'
import { classify, isWellFormedUtf8, misplacedWildcard, NOT_ASCII, NULL_CHARACTER, WILDCARD } from './utf8.ts'
import {
  MAXIMUM_VARIABLE_BYTE_INTEGER,
  variableByteIntegerLength,
  writeVariableByteInteger,
} from './variable-byte-integer.ts'

// The fields of a packet, each in both directions: a function is given the value to write and returns the value that stands
// there, written or read. So one description of a packet decodes and encodes it, under the same rules.
//
// Both are synchronous and one packet is in work at a time, so its state is that of the module: nothing is allocated for a
// packet but the packet.
//
// Reading never sees a byte behind the packet. The first failure stays, and from then on every field is empty: a body reads
// straight on, and whether there was a failure is asked once, at the end. Writing throws at once. Bytes past the target's
// end are counted and not written, so that writing also measures.

export let writing = false
/** That of the packet; of a CONNECT that is read it is known only once it has been. */
export let version: ProtocolVersion | undefined
/** Where the packet begins. */
export let start = 0
/** Where the next field begins. */
export let position = 0
/** Where reading must stop: the end of the packet, or of its properties while they are read. */
export let end = 0

let bytes: Uint8Array = NO_BYTES
let text: TextCodec
let packetEnd = 0
let limits: LimitJudge | undefined
let failure: Refusal | undefined
/** What `classify` found in the text in work last. */
let found = 0
let userProperties = 0
let userPropertyBytes = 0

export const beginReading = (
  from: Uint8Array,
  at: number,
  bodyStart: number,
  until: number,
  as: ProtocolVersion | undefined,
  textCodec: TextCodec,
  decodeLimits: LimitJudge | undefined,
): void => {
  writing = false
  bytes = from
  start = at
  position = bodyStart
  packetEnd = end = until
  version = as
  text = textCodec
  limits = decodeLimits
  failure = undefined
  userProperties = userPropertyBytes = 0
}

/** Bytes that no field has taken are a failure, too. */
export const endReading = (): Refusal | undefined => {
  if (position < end) refuse(BYTES_BEHIND)
  bytes = NO_BYTES
  return failure
}

/** The Remaining Length has one byte until it is known. */
export const beginWriting = (into: Uint8Array, at: number, as: ProtocolVersion, textCodec: TextCodec): void => {
  writing = true
  bytes = into
  version = as
  text = textCodec
  limits = undefined
  start = at
  position = at + 2
}

/** The first byte and the Remaining Length are known now. Returns where the packet ends. */
export const endWriting = (firstByte: number): number => {
  bytes[start] = firstByte
  closeLength(start + 1)
  bytes = NO_BYTES
  return position
}

export const setVersion = (as: ProtocolVersion): void => {
  version = as
}

/** Something is wrong at `at`, with a `rule` as `ruleText` takes it: a failure of the peer's, or a mistake of the caller's. */
export const refuse = (rule: string, at = position, reasonCode = MALFORMED, limit?: keyof DecodeLimits): void => {
  if (writing) throw new EncodeError('INVALID_VALUE', ruleText(rule, version))
  failure ??= { reasonCode, rule, offset: at - start, limit }
  // Every loop over a rest of the packet ends.
  position = end = packetEnd
}

export const violation = (rule: string, at?: number): void => refuse(rule, at, VIOLATION)

/** Passes over `size` bytes that are there and returns where they begin. */
const skip = (size: number): number => {
  const at = position
  if (size > end - at) refuse(CUT_OFF)
  else position = at + size
  return at
}

export const byte = (value: number): number => {
  if (writing) return (bytes[position++] = value)
  const at = skip(1)
  return failure === undefined ? bytes[at]! : 0
}

export const twoBytes = (value: number): number => {
  if (!writing) {
    const at = skip(2)
    return failure === undefined ? (bytes[at]! << 8) | bytes[at + 1]! : 0
  }
  if (value >>> 0 !== value || value > 0xffff) refuse(OUT_OF_RANGE)
  byte(value >> 8)
  return byte(value)
}

export const fourBytes = (value: number): number => {
  if (writing ? value >>> 0 !== value : end - position < 4) refuse(writing ? OUT_OF_RANGE : CUT_OFF)
  return twoBytes(value >>> 16) * 0x10000 + twoBytes(value & 0xffff)
}

export const variableByteInteger = (value: number): number => {
  const at = position
  if (writing) {
    if (value >>> 0 !== value || value > MAXIMUM_VARIABLE_BYTE_INTEGER) refuse(OUT_OF_RANGE)
    position = writeVariableByteInteger(bytes, at, value)
    return value
  }
  let read = 0
  for (let shift = 0; shift < 28; shift += 7) {
    const next = byte(0)
    read |= (next & 0x7f) << shift
    if (next < 0x80) {
      if (next === 0 && shift > 0) refuse(OVERLONG, at)
      return read
    }
  }
  refuse(LENGTH_TOO_LONG, at)
  return 0
}

/**
 * A length at `at`, of what has been written behind the one byte that was reserved for it there; what follows is moved where it takes
 * more. Never less: what did not fit into the memory before would be missing behind.
 */
export const closeLength = (at: number): void => {
  const length = position - at - 1
  if (length > MAXIMUM_VARIABLE_BYTE_INTEGER) throw new EncodeError('TOO_LONG', LENGTH_TOO_LONG)
  const needed = variableByteIntegerLength(length)
  if (needed > 1) {
    bytes.copyWithin(at + needed, at + 1, position)
    position += needed - 1
  }
  writeVariableByteInteger(bytes, at, length)
}

/** Lets reading end at the end of properties, which begin here and are so long; without a length: at that of the packet again. */
export const limitTo = (length?: number): void => {
  const until = length === undefined ? packetEnd : position + length
  if (until > packetEnd) refuse(RUNS_PAST_PACKET)
  else end = until
}

const writeBytes = (value: Uint8Array): void => {
  const at = position
  position += value.length
  if (position <= bytes.length) bytes.set(value, at)
}

/** All that is left; read as a view. */
export const rest = (value: Uint8Array): Uint8Array => {
  if (!writing) return view(bytes, skip(end - position), end)
  writeBytes(value)
  return value
}

/** Binary Data, its length before it; read as a view. */
export const binary = (value: Uint8Array): Uint8Array => {
  if (!writing) {
    const at = skip(twoBytes(0))
    return view(bytes, at, position)
  }
  if (value.length > 0xffff) throw new EncodeError('TOO_LONG', LENGTH_TOO_LONG)
  twoBytes(value.length)
  writeBytes(value)
  return value
}

export const string = (value: string): string => {
  if (writing) {
    const at = position + 2
    const until = writeText(at, value)
    if (until - at > 0xffff) throw new EncodeError('INVALID_TEXT', LENGTH_TOO_LONG)
    twoBytes(until - at)
    position = until
    return value
  }
  const at = skip(twoBytes(0))
  if (failure !== undefined) return ''
  found = classify(bytes, at, position)
  if ((found & (NOT_ASCII | NULL_CHARACTER)) === 0) return text.decodeAscii(bytes, at, position)
  if ((found & NULL_CHARACTER) !== 0) refuse(HAS_NULL, at)
  else if (!isWellFormedUtf8(bytes, at, position)) refuse(NOT_UTF8, at)
  else return text.decodeUtf8(bytes, at, position)
  return ''
}

/** U+0000 or half of a surrogate pair alone [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
const ILL_FORMED = /[\0\p{Cs}]/u

const WILDCARDS = /[+#]/

const writeText = (from: number, value: string): number => {
  const { length } = value
  for (let index = 0; index < length; index++) {
    const code = value.charCodeAt(index)
    // U+0000 and all that is not ASCII go the long way.
    if ((code - 1) >>> 0 > 0x7e) {
      if (ILL_FORMED.test(value)) throw new EncodeError('INVALID_TEXT', ruleText(NOT_UTF8, version))
      return text.write(bytes, from, value)
    }
    bytes[from + index] = code
  }
  return from + length
}

/** A string by which others know something: control characters are refused where the limits say so. */
export const name = (value: string, reasonCode = MALFORMED): string => {
  const at = position
  const given = string(value)
  if (limits?.refusesName(bytes, at + 2, position)) refuse(HAS_CONTROL, at, reasonCode)
  return given
}

/** A Topic Name; `rule` and `reasonCode` are for a wildcard in it. */
export const topicName = (value: string, rule: string, reasonCode = MALFORMED): string => {
  const at = position
  const given = name(value)
  if (writing ? WILDCARDS.test(value) : (found & WILDCARD) !== 0) refuse(rule, at, reasonCode)
  return given
}

export const topicFilter = (value: string): string => {
  const at = position
  const given = name(value)
  if (given === '') refuse(EMPTY_TOPIC, at)
  else if (misplacedWildcard.test(given)) refuse(MISPLACED_WILDCARD, at)
  return given
}

/** A Packet Identifier; `reasonCode` is for 0. */
export const packetId = (value: number | undefined, reasonCode = VIOLATION): number => {
  const given = twoBytes(value!)
  if (given === 0) refuse(PACKET_ID_0, position - 2, reasonCode)
  return given
}

/** Refuses a Reason Code that may not stand in these packets. */
export const checkReasonCode = (reasonCode: number, packets: number, rule: string, at?: number): void => {
  if (!mayStandIn(packets, reasonCode)) refuse(rule, at)
}

/** A Reason Code that may stand in these packets. */
export const reasonCodeOf = (value: number, packets: number, rule: string): number => {
  const at = position
  const given = byte(value)
  checkReasonCode(given, packets, rule, at)
  return given
}

/** A list that fills the rest of the packet; `rule` is for an empty one. */
export const list = <Item>(given: readonly Item[], item: (given: Item) => Item, rule: string): readonly Item[] => {
  const items: Item[] = []
  if (writing ? given.length === 0 : position === end) violation(rule)
  if (writing) for (const each of given) item(each)
  else while (position < end) items.push(item(NOTHING as Item))
  return items
}

/** Counts a User Property that began at `at`. */
export const countUserProperty = (at: number): void => {
  userPropertyBytes += position - at
  const limit = limits?.exceeded(++userProperties, userPropertyBytes)
  if (limit !== undefined) refuse(TOO_MANY_USER_PROPERTIES, at, QUOTA, limit)
}
