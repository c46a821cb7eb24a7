import { NO_BYTES } from './bytes.ts'
import type { ReadPacket, WritePacket } from './directions.ts'
import type { ProtocolVersion, QoS } from './packet-type.ts'
import type { AcknowledgementPacket } from './packets/acknowledgement.ts'
import type { PublishPacket, PublishProperties } from './packets/publish.ts'
import type { UserProperty } from './properties.ts'
import { readBefore, rememberRead, rememberWritten, writtenBefore } from './repeated-text.ts'
import { pureText, type TextCodec } from './text.ts'
import { CLASSES, NOT_ASCII, NULL_CHARACTER, WILDCARD } from './utf8.ts'
import { variableByteIntegerLength, writeVariableByteInteger } from './variable-byte-integer.ts'

// PUBLISH once more, and what answers it, the packets that come by the million: written and read straight on, two to three times as fast as by the
// general description in packets/publish.ts. Only what is usual is done here, which is text in ASCII and six kinds of
// properties. With all else, and with everything that is wrong, nothing is said and the general description is asked, so no
// rule has a second judge. A property test holds the two against each other. A browser, where bytes cost more than
// nanoseconds, loads no-fast-paths.ts instead.

type Mutable<T> = { -readonly [key in keyof T]: T[key] }

const UNUSUAL_TEXT = NULL_CHARACTER | NOT_ASCII
const UNUSUAL_NAME = UNUSUAL_TEXT | WILDCARD

/** Where the next field begins; what is unusual moves it behind every end there can be, and nothing moves it back. */
let position = 0
const UNUSUAL = 2 ** 30

/** Writes what is usual, and lets `general` write the rest. */
export const straightWriting =
  <Failure>(general: WritePacket<Failure>): WritePacket<Failure> =>
  (packet, version, target, offset, text) => {
    const end = packet.type === 'publish' ? writePublish(packet, version, target, offset) : -1
    return end === -1 ? general(packet, version, target, offset, text) : end
  }

/** Reads what is usual, and lets `general` read the rest. Limits are not usual: they judge every name. */
export const straightReading =
  <Failure>(general: ReadPacket<Failure>): ReadPacket<Failure> =>
  (bytes, start, bodyStart, packetEnd, version, text = pureText, limits) =>
    (limits !== undefined || version === undefined
      ? undefined
      : bytes[start]! >> 4 === 3
        ? readPublish(bytes, start, bodyStart, packetEnd, version, text)
        : readAcknowledgement(bytes, start, bodyStart, packetEnd)) ??
    general(bytes, start, bodyStart, packetEnd, version, text, limits)

/** Returns where the packet ends, or -1 where it is unusual, or wrong, or does not fit. What then lies in the target is of no use. */
const writePublish = (packet: PublishPacket, version: ProtocolVersion, target: Uint8Array, start: number): number => {
  const { topicName, payload, qos, packetId = 0, retain, dup } = packet
  const properties = version === 5 ? packet.properties : undefined
  const propertyBytes = properties === undefined ? 0 : lengthOf(properties)
  let length = 2 + topicName.length + propertyBytes + payload.length
  if (version === 5) length += variableByteIntegerLength(propertyBytes)
  if (qos === 1 || qos === 2) {
    length += 2
    if (packetId >>> 0 !== packetId || packetId === 0) return -1
  } else if (qos !== 0 || packetId !== 0 || dup) return -1
  const end = start + 1 + variableByteIntegerLength(length) + length
  if (packetId > 0xffff || topicName === '' || end > target.length) return -1

  target[start] = 0x30 | (dup ? 8 : 0) | (qos << 1) | (retain ? 1 : 0)
  position = writeVariableByteInteger(target, start + 1, length)
  putTopicName(target, topicName)
  if (qos !== 0) putTwoBytes(target, packetId)
  if (version === 5) {
    position = writeVariableByteInteger(target, position, propertyBytes)
    if (properties !== undefined) putProperties(target, properties)
  }
  if (position + payload.length !== end) return -1
  target.set(payload, position)
  return end
}

/** That of properties whose text is ASCII: other text is longer, and stops what follows. */
const lengthOf = (properties: PublishProperties): number => {
  const { contentType, responseTopic, correlationData, userProperties } = properties
  let length = 0
  if (properties.payloadFormatIndicator !== undefined) length += 2
  if (properties.messageExpiryIntervalSeconds !== undefined) length += 5
  if (contentType !== undefined) length += 3 + contentType.length
  if (responseTopic !== undefined) length += 3 + responseTopic.length
  if (correlationData !== undefined) length += 3 + correlationData.length
  if (userProperties !== undefined) {
    for (const [name, value] of userProperties) length += 5 + name.length + value.length
  }
  return length
}

const putProperties = (target: Uint8Array, properties: PublishProperties): void => {
  const { payloadFormatIndicator, messageExpiryIntervalSeconds, contentType, responseTopic } = properties
  const { correlationData, userProperties } = properties
  if (payloadFormatIndicator !== undefined) {
    if (payloadFormatIndicator !== 0 && payloadFormatIndicator !== 1) position = UNUSUAL
    target[position++] = 0x01
    target[position++] = payloadFormatIndicator
  }
  if (messageExpiryIntervalSeconds !== undefined) {
    if (messageExpiryIntervalSeconds >>> 0 !== messageExpiryIntervalSeconds) position = UNUSUAL
    target[position++] = 0x02
    putTwoBytes(target, messageExpiryIntervalSeconds >>> 16)
    putTwoBytes(target, messageExpiryIntervalSeconds & 0xffff)
  }
  if (contentType !== undefined) {
    target[position++] = 0x03
    putText(target, contentType, UNUSUAL_TEXT)
  }
  if (responseTopic !== undefined) {
    target[position++] = 0x08
    putText(target, responseTopic, UNUSUAL_NAME)
    if (responseTopic === '') position = UNUSUAL
  }
  if (correlationData !== undefined) {
    target[position++] = 0x09
    putTwoBytes(target, correlationData.length)
    if (position < UNUSUAL) target.set(correlationData, position)
    position += correlationData.length
  }
  if (properties.subscriptionIdentifiers !== undefined || properties.topicAlias !== undefined) position = UNUSUAL
  if (userProperties !== undefined) {
    for (const [name, value] of userProperties) {
      target[position++] = 0x26
      putText(target, name, UNUSUAL_TEXT)
      putText(target, value, UNUSUAL_TEXT)
    }
  }
}

const putTwoBytes = (target: Uint8Array, value: number): void => {
  target[position++] = value >> 8
  target[position++] = value
  if (value > 0xffff) position = UNUSUAL
}

const putText = (target: Uint8Array, value: string, unusual: number): void => {
  const { length } = value
  putTwoBytes(target, length)
  // The length counts characters: all of them fit as long as each is a byte.
  const at = position
  let found = 0
  let all = 0
  let index = 0
  // Two at a time, without a branch for either: a fifth faster (measured).
  for (const last = length - 1; index < last; index += 2) {
    const one = value.charCodeAt(index)
    const two = value.charCodeAt(index + 1)
    found |= CLASSES[one & 0x7f]! | CLASSES[two & 0x7f]!
    all |= one | two
    target[at + index] = one
    target[at + index + 1] = two
  }
  if (index < length) {
    const one = value.charCodeAt(index)
    found |= CLASSES[one & 0x7f]!
    all |= one
    target[at + index] = one
  }
  position = (found & unusual) === 0 && all < 0x80 ? at + length : UNUSUAL
}

const putTopicName = (target: Uint8Array, topicName: string): void => {
  const known = writtenBefore(topicName)
  if (known === undefined) {
    const at = position + 2
    putText(target, topicName, UNUSUAL_NAME)
    if (position < UNUSUAL) rememberWritten(topicName, target, at)
    return
  }
  putTwoBytes(target, known.length)
  target.set(known, position)
  position += known.length
}

/** Where reading must stop: the end of the packet, or of its properties while they are read. */
let end = 0

const readPublish = (
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  packetEnd: number,
  version: ProtocolVersion | undefined,
  text: TextCodec,
): PublishPacket | undefined => {
  const flags = bytes[start]!
  const qos = ((flags >> 1) & 3) as QoS
  const wrongFlags = (flags & 6) === 6 || (flags & 14) === 8
  // A Remaining Length in more bytes than it needs.
  const overlong = bodyStart > start + 2 && bytes[bodyStart - 1] === 0
  if (wrongFlags || overlong || version === undefined) return undefined
  position = bodyStart
  end = packetEnd
  const topicName = takeTopicName(bytes, text)
  const packetId = qos === 0 ? undefined : takeTwoBytes(bytes)
  let properties: PublishProperties | undefined
  if (version === 5 && takeByte(bytes) !== 0) {
    position--
    properties = takeProperties(bytes, text)
  }
  if (position > packetEnd || topicName === '' || packetId === 0) return undefined
  const packet: Mutable<PublishPacket> = {
    type: 'publish',
    topicName,
    payload: view(bytes, position, packetEnd),
    qos,
    retain: (flags & 1) !== 0,
    dup: (flags & 8) !== 0,
  }
  if (packetId !== undefined) packet.packetId = packetId
  if (properties !== undefined) packet.properties = properties
  return packet
}

/** Two bytes, which all versions have: success, and nothing to say. */
const readAcknowledgement = (
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  packetEnd: number,
): AcknowledgementPacket | undefined => {
  const type = ACKNOWLEDGEMENTS[bytes[start]!]
  if (type === undefined || packetEnd !== bodyStart + 2 || bodyStart !== start + 2) return undefined
  const packetId = (bytes[bodyStart]! << 8) | bytes[bodyStart + 1]!
  return packetId === 0 ? undefined : { type, packetId, reasonCode: 0 }
}

/** By the whole first byte. */
const ACKNOWLEDGEMENTS: readonly (AcknowledgementPacket['type'] | undefined)[] = Array.from(
  { length: 256 },
  (_, firstByte) => ({ 0x40: 'puback', 0x50: 'pubrec', 0x62: 'pubrel', 0x70: 'pubcomp' } as const)[firstByte],
)

const takeProperties = (bytes: Uint8Array, text: TextCodec): PublishProperties => {
  const properties: Mutable<PublishProperties> = {}
  const packetEnd = end
  let length = takeByte(bytes)
  if (length > 0x7f) {
    const high = takeByte(bytes)
    // One byte too many, or a third.
    if (high === 0 || high > 0x7f) position = UNUSUAL
    length += (high - 1) << 7
  }
  if (position + length > end) position = UNUSUAL
  else end = position + length
  let userProperties: UserProperty[] | undefined
  while (position < end) {
    let before: unknown
    switch (bytes[position++]) {
      case 0x01:
        before = properties.payloadFormatIndicator
        properties.payloadFormatIndicator = takeByte(bytes) as 0 | 1
        if (properties.payloadFormatIndicator > 1) position = UNUSUAL
        break
      case 0x02:
        before = properties.messageExpiryIntervalSeconds
        properties.messageExpiryIntervalSeconds = takeTwoBytes(bytes) * 0x10000 + takeTwoBytes(bytes)
        break
      case 0x03:
        before = properties.contentType
        properties.contentType = takeText(bytes, text, UNUSUAL_TEXT)
        break
      case 0x08:
        before = properties.responseTopic
        properties.responseTopic = takeText(bytes, text, UNUSUAL_NAME)
        if (properties.responseTopic === '') position = UNUSUAL
        break
      case 0x09: {
        before = properties.correlationData
        const size = takeTwoBytes(bytes)
        position += size
        if (position <= end) properties.correlationData = view(bytes, position - size, position)
        break
      }
      case 0x26: {
        const pair = [takeText(bytes, text, UNUSUAL_TEXT), takeText(bytes, text, UNUSUAL_TEXT)] as const
        if (userProperties === undefined) properties.userProperties = userProperties = [pair]
        else userProperties.push(pair)
        break
      }
      default:
        position = UNUSUAL
    }
    // A second one of the same kind.
    if (before !== undefined) position = UNUSUAL
  }
  if (position !== end) position = UNUSUAL
  end = packetEnd
  return properties
}

const takeByte = (bytes: Uint8Array): number => {
  const at = position++
  return at < end ? bytes[at]! : 0
}

const takeTwoBytes = (bytes: Uint8Array): number => {
  const at = position
  position = at + 2
  return at + 2 <= end ? (bytes[at]! << 8) | bytes[at + 1]! : 0
}

/** Fewer characters than this become a string here; calling a TextCodec's native function would take longer. */
const SHORT = 33

/** An array for each length: one that fits is handed over as arguments without being copied. */
const CODES = Array.from({ length: SHORT }, (_, length) => Array.from({ length }, () => 0))

const takeText = (bytes: Uint8Array, text: TextCodec, unusual: number): string => {
  const length = takeTwoBytes(bytes)
  const from = position
  const until = from + length
  position = UNUSUAL
  if (until > end) return ''
  let found = 0
  if (length < SHORT) {
    const codes = CODES[length]!
    let index = 0
    for (const last = length - 1; index < last; index += 2) {
      const one = bytes[from + index]!
      const two = bytes[from + index + 1]!
      found |= CLASSES[one]! | CLASSES[two]!
      codes[index] = one
      codes[index + 1] = two
    }
    if (index < length) {
      const one = bytes[from + index]!
      found |= CLASSES[one]!
      codes[index] = one
    }
    if ((found & unusual) !== 0) return ''
    position = until
    return String.fromCharCode.apply(null, codes)
  }
  for (let at = from; at < until; at++) found |= CLASSES[bytes[at]!]!
  if ((found & unusual) !== 0) return ''
  position = until
  return text.decodeAscii(bytes, from, until)
}

const takeTopicName = (bytes: Uint8Array, text: TextCodec): string => {
  const start = position
  const length = takeTwoBytes(bytes)
  const from = start + 2
  const known = from + length > end ? undefined : readBefore(bytes, from, length)
  if (known === undefined) {
    position = start
    const topicName = takeText(bytes, text, UNUSUAL_NAME)
    if (position < UNUSUAL) rememberRead(topicName, bytes, from)
    return topicName
  }
  position = from + length
  return known
}

/** Asking a view for its memory costs as much as a new one, so that of the last chunk is kept at hand if it is no longer than this. */
const KEPT_BYTES = 2 ** 17
let chunk = NO_BYTES
let memory = chunk.buffer
let offset = 0

const view = (bytes: Uint8Array, from: number, until: number): Uint8Array => {
  if (bytes !== chunk) {
    const { buffer, byteOffset } = bytes
    if (buffer.byteLength > KEPT_BYTES) return new Uint8Array(buffer, byteOffset + from, until - from)
    chunk = bytes
    memory = buffer
    offset = byteOffset
  }
  return new Uint8Array(memory, offset + from, until - from)
}
