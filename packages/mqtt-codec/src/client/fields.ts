import { NO_BYTES } from '../bytes.ts'
import type { ProtocolVersion } from '../packet-type.ts'
import { mayStandIn } from '../reason-codes.ts'
import { MALFORMED, VIOLATION } from '../rules.ts'
import { decodeUtf8, encodeUtf8 } from './platform-text.ts'

// The fields of a packet in both directions, as in `wire.ts`, for a Client in a page: in half of the bytes. What it saves on is
// speed (a length is known because what has it was written once before, into nothing) and words for what is wrong.
//
// The first failure stays. From then on fields have no meaning, nothing throws, and every loop ends; whether there was a
// failure is asked once, at the end.

/** What is wrong with a packet: with that of a server, or with one that the caller wants to send. */
export interface PacketFailure {
  /** For a DISCONNECT in answer. */
  readonly reasonCode: number
  /** In the packet, from its first byte. */
  readonly offset: number
  /** What is wrong, in a few words for a log. */
  readonly message: string
}

export let writing = false
export let version: ProtocolVersion
/** Where the next field begins. */
export let position = 0
/** Where reading must stop; Infinity while writing, since what does not fit is only counted. */
export let end = 0
export let failure: PacketFailure | undefined

let bytes: Uint8Array = NO_BYTES
let start = 0

export const begin = (
  isWriting: boolean,
  memory: Uint8Array,
  at: number,
  until: number,
  ofConnection: ProtocolVersion,
  first = at,
): void => {
  writing = isWriting
  bytes = memory
  start = at
  position = first
  end = until
  version = ofConnection
  failure = undefined
}

export const refuse = (message: string, at = position, reasonCode = MALFORMED): void => {
  failure ??= { reasonCode, offset: at - start, message }
  if (!writing) position = end
}

export const violation = (message: string, at?: number): void => refuse(message, at, VIOLATION)

/** What is refused where a packet is not whole. */
export const CUT_OFF = 'cut off'

/** Passes over a field of that size and returns where it begins. */
const take = (size: number): number => {
  const at = position
  if (size > end - at) refuse(CUT_OFF)
  else position = at + size
  return at
}

/** A number of `size` bytes: 1, 2 or 4. */
export const integer = (size: number, given: number): number => {
  const at = take(size)
  let value = given
  if (writing) {
    if (value >>> 0 !== value || value >= 256 ** size) refuse('a number out of range')
    for (let index = size; index-- > 0; value = Math.floor(value / 256)) bytes[at + index] = value
    return given
  }
  value = 0
  for (let index = 0; index < size; index++) value = value * 256 + bytes[at + index]!
  return value
}

/** A Variable Byte Integer. That of a fixed header is judged byte by byte, since the rest may be yet to come. */
export const variableByteInteger = (given: number, isRemainingLength = false): number => {
  const at = position
  let value = given
  if (writing) {
    if (value >>> 0 !== value || value >= 2 ** 28) refuse('a number out of range')
    for (; value > 127; value >>>= 7) integer(1, (value & 127) | 128)
    return integer(1, value)
  }
  value = 0
  // Bounded also where it failed, since what lies behind the end may be anything.
  for (let shift = 0, byte = 128; byte > 127 && shift < 28; shift += 7) {
    byte = integer(1, 0)
    value |= (byte & 127) << shift
    const isTooLong = byte > 127 && shift > 20
    // 3.1 and 3.1.1 let a Remaining Length be longer than it has to be.
    const isOverlong = !byte && shift && version === 5
    if (isTooLong || isOverlong) refuse('too many bytes of a length', isRemainingLength ? position - 1 : at)
  }
  return value
}

/** What `write` writes, behind its length. */
export const withLength = (write: () => void): void => {
  const at = position
  const memory = bytes
  bytes = NO_BYTES
  write()
  const length = position - at
  position = at
  bytes = memory
  variableByteInteger(length)
  write()
}

/** All that is left; read as a view. */
export const rest = (given: Uint8Array): Uint8Array => {
  const at = take(writing ? given.length : end - position)
  if (!writing) return bytes.subarray(at, end)
  if (position <= bytes.length) bytes.set(given, at)
  return given
}

/** Binary Data, its length before it; read as a view. */
export const binary = (given: Uint8Array): Uint8Array => {
  const length = integer(2, writing ? given.length : 0)
  if (writing) return rest(given)
  const at = take(length)
  return bytes.subarray(at, position)
}

/** U+0000, or half of a surrogate pair alone [MQTT-1.5.4-1] [MQTT-1.5.4-2]. */
const ILL_FORMED = /[\0\p{Cs}]/u

export const string = (given: string): string => {
  const at = position
  const data = binary(writing ? encodeUtf8(given) : NO_BYTES)
  const value = writing ? given : decodeUtf8(data)
  if (value === undefined || ILL_FORMED.test(value)) refuse('ill-formed text', writing ? at : at + 2)
  return value ?? ''
}

/** `reasonCode` is for a wildcard in it. */
export const topicName = (given: string, reasonCode?: number): string => {
  const at = position
  const name = string(given)
  if (/[+#]/.test(name)) refuse('a wildcard in a Topic Name', at, reasonCode)
  return name
}

export const packetId = (given: number): number => {
  const at = position
  const id = integer(2, given)
  if (!id) violation('Packet Identifier 0', at)
  return id
}

/** A Reason Code that may stand in these packets; `at` is where it stands. */
export const checkReasonCode = (reasonCode: number, packets: number, at?: number): number => {
  if (!mayStandIn(packets, reasonCode)) refuse('a Reason Code of other packets', at)
  return reasonCode
}

export const reasonCodeIn = (packets: number, given: number): number => {
  const at = position
  return checkReasonCode(integer(1, given), packets, at)
}

/** A list that fills the rest of the packet. */
export const list = <Item>(given: readonly Item[], item: (given: Item) => Item): readonly Item[] => {
  const items: Item[] = []
  if (position === end) violation('an empty list')
  if (writing) for (const each of given) item(each)
  else while (position < end) items.push(item({} as Item))
  return items
}

/** Reads items that fill so many bytes. */
export const within = (length: number, read: () => void): void => {
  const packetEnd = end
  if (length > end - position) return refuse('properties longer than the packet')
  end = position + length
  while (position < end) read()
  end = packetEnd
}
