import type { PacketWriter } from './packet-writer.ts'
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
 * Writes the properties of a packet in the order of the table; before 5.0 there are none, and nothing is written. Keys
 * that do not belong to the packet are passed over.
 */
export const writeProperties = (writer: PacketWriter, properties: object | undefined, packets: number): void => {
  if (writer.version !== 5) return
  if (properties === undefined) return writer.byte(0)
  const at = writer.position
  writer.position = at + 1
  for (const row of rowsOf(packets)) {
    const value = (properties as { readonly [name: string]: unknown })[row[1]]
    if (value !== undefined) writeProperty(writer, row, value)
  }
  writer.closeLength(at, 1, 0)
}

const writeProperty = (
  writer: PacketWriter,
  [identifier, , wireType, , repeatable]: PropertyRow,
  value: unknown,
): void => {
  if (repeatable === undefined) {
    writer.byte(identifier)
    return writeValue(writer, wireType, value)
  }
  for (const each of value as readonly unknown[]) {
    writer.byte(identifier)
    writeValue(writer, wireType, each)
  }
}

const writeValue = (writer: PacketWriter, wireType: number, value: unknown): void => {
  switch (wireType) {
    case FLAG:
      return writer.byte(value === true ? 1 : 0)
    case BYTE:
      writer.check(value === 0 || value === 1, 'property')
      return writer.byte(value as number)
    case TWO_BYTES_NOT_ZERO:
      writer.check(value !== 0, 'property')
      return writer.twoBytes(value as number)
    case TWO_BYTES:
      return writer.twoBytes(value as number)
    case FOUR_BYTES_NOT_ZERO:
      writer.check(value !== 0, 'property')
      return writer.fourBytes(value as number)
    case FOUR_BYTES:
      return writer.fourBytes(value as number)
    case BINARY:
      return writer.binary(value as Uint8Array)
    case TEXT:
      return writer.string(value as string)
    case TOPIC_NAME:
      writer.check(value !== '', 'Response Topic')
      return writer.topicName(value as string)
    case TEXT_PAIRS: {
      const [name, text] = value as UserProperty
      writer.string(name)
      return writer.string(text)
    }
    default:
      writer.check(value !== 0, 'property')
      return writer.variableByteInteger(value as number)
  }
}

const rowsOf = (packets: number): readonly PropertyRow[] =>
  (ROWS[packets] ??= PROPERTIES.filter((row) => (row[3] & packets) !== 0))

/** The rows of each packet, filtered once. */
const ROWS: { [packets: number]: readonly PropertyRow[] } = {}
