import { propertiesOf } from './properties.ts'
import {
  EMPTY_TOPIC,
  NO_METHOD,
  NO_SUCH_PROPERTY,
  TOPIC_ALIAS_0,
  VIOLATION,
  WILDCARD_IN_RESPONSE_TOPIC,
} from './rules.ts'
import {
  binary,
  byte,
  closeLength,
  countUserProperty,
  end,
  fourBytes,
  limitTo,
  position,
  refuse,
  string,
  topicName,
  twoBytes,
  variableByteInteger,
  version,
  violation,
  writing,
} from './wire.ts'
import {
  BINARY,
  BYTE,
  FLAG,
  FOUR_BYTES,
  NOT_ZERO,
  REPEATABLE,
  TEXT,
  TEXT_PAIR,
  TOPIC_NAME,
  TWO_BYTES,
} from './wire-types.ts'

interface Values {
  [name: string]: unknown
}

/**
 * The properties of one packet, or of a Will: undefined where it has none, as before 5.0. They are written in the order of
 * the table, and keys that do not belong to the packet are passed over. The keys of what is read come from our own table,
 * never from a peer.
 */
export const propertyList = <Properties extends object>(
  given: Properties | undefined,
  packets: number,
): Properties | undefined => {
  if (version !== 5) return undefined
  if (writing) {
    const at = position
    // Room for their length.
    byte(0)
    if (given !== undefined) writeProperties(given as Values, packets)
    closeLength(at)
    return given
  }
  const length = variableByteInteger(0)
  if (length === 0) return undefined
  const properties: Values = {}
  limitTo(length)
  while (position < end) readProperty(properties, packets)
  limitTo()
  // Authentication Data means nothing without the method that it belongs to.
  if (properties['authenticationData'] !== undefined && properties['authenticationMethod'] === undefined) {
    violation(NO_METHOD)
  }
  return properties as Properties
}

const writeProperties = (given: Values, packets: number): void => {
  for (const [identifier, key, wireType] of propertiesOf(packets)) {
    const value = given[key]
    if (value === undefined) continue
    for (const each of wireType & REPEATABLE ? (value as readonly unknown[]) : [value]) {
      byte(identifier)
      propertyValue(each, wireType, identifier)
    }
  }
}

const readProperty = (properties: Values, packets: number): void => {
  const at = position
  const identifier = variableByteInteger(0)
  const row = propertiesOf(packets).find(([each]) => each === identifier)
  if (row === undefined) return refuse(NO_SUCH_PROPERTY, at)
  const [, key, wireType] = row
  const before = properties[key]
  const repeatable = wireType & REPEATABLE
  if (before !== undefined && !repeatable) return violation(key + ' twice', at)
  const value = propertyValue(undefined, wireType, identifier)
  if (!repeatable) properties[key] = value
  else if (before === undefined) properties[key] = [value]
  else (before as unknown[]).push(value)
}

const propertyValue = (given: unknown, wireType: number, identifier: number): unknown => {
  const at = position
  let value: number
  switch (wireType & 15) {
    case BINARY:
      return binary(given as Uint8Array)
    case TEXT:
      return string(given as string)
    case TOPIC_NAME: {
      const topic = topicName(given as string, WILDCARD_IN_RESPONSE_TOPIC, VIOLATION)
      if (topic === '') violation(EMPTY_TOPIC, at)
      return topic
    }
    case TEXT_PAIR: {
      const [key, text] = (given ?? []) as string[]
      const pair = [string(key!), string(text!)]
      countUserProperty(at)
      return pair
    }
    case FLAG:
    case BYTE:
      value = byte(Number(given))
      if (!(value <= 1)) violation('not 0 or 1', at)
      return wireType === FLAG ? value === 1 : value
    case TWO_BYTES:
      value = twoBytes(given as number)
      break
    case FOUR_BYTES:
      value = fourBytes(given as number)
      break
    default:
      value = variableByteInteger(given as number)
  }
  // Topic Alias has a statement and a Reason Code of its own.
  const alias = identifier === 0x23
  if (value === 0 && wireType & NOT_ZERO) refuse(alias ? TOPIC_ALIAS_0 : 'zero', at, alias ? 0x94 : VIOLATION)
  return value
}
