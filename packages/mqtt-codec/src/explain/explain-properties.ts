import { PROPERTIES } from '../properties.ts'
import { BINARY, FOUR_BYTES, TEXT, TEXT_PAIR, TOPIC_NAME, TWO_BYTES, VARIABLE } from '../wire-types.ts'
import { CutOff, type FieldReader } from './field-reader.ts'

const SECTION = '2.2.2'

/** The properties of a packet: their length, then each with its identifier and value. */
export const explainProperties = (reader: FieldReader, name = 'Properties'): void => {
  reader.group(name, SECTION, () => {
    const length = reader.variableByteInteger('Property Length', SECTION, (value) => `${value} bytes`)
    reader.within(length, () => {
      while (reader.position < reader.end) explainProperty(reader)
    })
    return length === 0 ? 'none' : `${length} bytes`
  })
}

const explainProperty = (reader: FieldReader): void => {
  const identifier = reader.bytes[reader.position]!
  const row = PROPERTIES.find(([each]) => each === identifier)
  if (row === undefined) {
    reader.rest('unknown property', '2.2.2.2', `no property has the identifier ${hex(identifier)}`)
    throw new CutOff('property')
  }
  const [, property, wireType] = row
  const name = titleOf(property)
  reader.group(name, '2.2.2.2', () => {
    reader.byte('identifier', '2.2.2.2', hex)
    explainValue(reader, wireType)
    return ''
  })
}

const explainValue = (reader: FieldReader, wireType: number): void => {
  switch (wireType & 15) {
    case TWO_BYTES:
      reader.number('value', '1.5.2', 2)
      return
    case FOUR_BYTES:
      reader.number('value', '1.5.3', 4)
      return
    case VARIABLE:
      reader.variableByteInteger('value', '1.5.5')
      return
    case BINARY:
      reader.binary('value', '1.5.6')
      return
    case TEXT:
    case TOPIC_NAME:
      reader.string('value', '1.5.4')
      return
    case TEXT_PAIR:
      reader.string('name', '1.5.7')
      reader.string('value', '1.5.7')
      return
    default:
      reader.byte('value', '1.5.1')
  }
}

export const hex = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`

/** `messageExpiryIntervalSeconds` is Message Expiry Interval Seconds: the specification's words, and ours for the unit. */
const titleOf = (property: string): string => {
  const words = property.replaceAll(/([A-Z])/g, ' $1')
  return words.charAt(0).toUpperCase() + words.slice(1)
}
