import { exceededLimit, QUOTA, VIOLATION } from './failures.ts'
import type { PacketReader } from './packet-reader.ts'
import {
  BINARY,
  BYTE,
  FLAG,
  FOUR_BYTES,
  FOUR_BYTES_NOT_ZERO,
  PROPERTIES,
  TEXT,
  TEXT_PAIRS,
  TOPIC_NAME,
  TWO_BYTES,
  TWO_BYTES_NOT_ZERO,
  type PropertyRow,
  type UserProperty,
} from './properties.ts'

/**
 * Reads the properties of one packet (or of a Will): undefined where it has none. The object's
 * keys come from our own table, never from a peer.
 */
export const readProperties = <Properties extends object>(
  reader: PacketReader,
  packets: number,
): Properties | undefined => {
  const length = reader.variableByteInteger()
  if (length === 0) return undefined
  const end = reader.position + length
  if (end > reader.packetEnd) {
    reader.malformed('properties run past the packet')
    return undefined
  }
  const properties: { [name: string]: unknown } = {}
  reader.end = end
  while (reader.position < reader.end) readProperty(reader, packets, properties)
  reader.end = reader.packetEnd
  // Authentication Data means nothing without the method that it belongs to.
  if (properties['authenticationData'] !== undefined && properties['authenticationMethod'] === undefined) {
    reader.violation('Authentication Data without a method')
  }
  return properties as Properties
}

const readProperty = (reader: PacketReader, packets: number, properties: { [name: string]: unknown }): void => {
  const at = reader.position
  const row = BY_IDENTIFIER[reader.variableByteInteger()]
  if (row === undefined || (row[3] & packets) === 0) return reader.malformed('no such property here', undefined, at)
  const name = row[1]
  const before = properties[name]
  if (before !== undefined && row[4] === undefined) return reader.violation(name + ' twice', undefined, at)
  const value = readValue(reader, row[2])
  if (row[4] === undefined) properties[name] = value
  else if (before === undefined) properties[name] = [value]
  else (before as unknown[]).push(value)
}

const readValue = (reader: PacketReader, wireType: number): unknown => {
  const at = reader.position
  switch (wireType) {
    case FLAG:
    case BYTE: {
      const value = reader.byte()
      if (value > 1) reader.violation('neither 0 nor 1', undefined, at)
      return wireType === FLAG ? value === 1 : value
    }
    case TWO_BYTES:
      return reader.twoBytes()
    case TWO_BYTES_NOT_ZERO:
      return notZero(reader, reader.twoBytes(), at)
    case FOUR_BYTES:
      return reader.fourBytes()
    case FOUR_BYTES_NOT_ZERO:
      return notZero(reader, reader.fourBytes(), at)
    case BINARY:
      return reader.binary()
    case TEXT:
      return reader.string()
    case TOPIC_NAME:
      return readResponseTopic(reader)
    case TEXT_PAIRS:
      return readUserProperty(reader)
    default:
      return notZero(reader, reader.variableByteInteger(), at)
  }
}

const notZero = (reader: PacketReader, value: number, at: number): number => {
  if (value === 0) reader.violation('0', undefined, at)
  return value
}

const readResponseTopic = (reader: PacketReader): string => {
  const at = reader.position
  const topicName = reader.topicName(VIOLATION, '3.3.2-14')
  if (topicName === '') reader.violation('empty Response Topic', '4.7.3-1', at)
  return topicName
}

const readUserProperty = (reader: PacketReader): UserProperty => {
  const at = reader.position
  const pair: UserProperty = [reader.string(), reader.string()]
  reader.userPropertyCount++
  reader.userPropertyBytes += reader.position - at
  const limit = exceededLimit(reader.limits, reader.userPropertyCount, reader.userPropertyBytes)
  if (limit !== undefined) reader.fail(QUOTA, 'too many User Properties', undefined, at, limit)
  return pair
}

const byIdentifier = (): readonly (PropertyRow | undefined)[] => {
  const rows: (PropertyRow | undefined)[] = []
  // Subscription Identifier ends as that of SUBSCRIBE: PUBLISH has a reader of its own.
  for (const row of PROPERTIES) rows[row[0]] = row
  return rows
}

const BY_IDENTIFIER = /* @__PURE__ */ byIdentifier()
