import { propertiesOf } from '../properties.ts'
import { VIOLATION } from '../rules.ts'
import { BINARY, FLAG, NOT_ZERO, REPEATABLE, TEXT, TEXT_PAIR, TOPIC_NAME, TWO_BYTES } from '../wire-types.ts'
import {
  binary,
  integer,
  position,
  refuse,
  string,
  topicName,
  variableByteInteger,
  version,
  violation,
  within,
  withLength,
  writing,
} from './fields.ts'

interface Values {
  [name: string]: unknown
}

/** The properties of one packet, or of a Will: undefined where it has none, as before 5.0. Writing passes over what does not belong to the packet. */
export const propertyList = <Properties extends object>(
  given: Properties | undefined,
  packets: number,
): Properties | undefined => {
  if (version < 5) return undefined
  if (writing) {
    withLength(() => {
      for (const [identifier, key, wireType] of propertiesOf(packets)) {
        const value = (given as Values | undefined)?.[key]
        if (value === undefined) continue
        for (const each of wireType & REPEATABLE ? (value as readonly unknown[]) : [value]) {
          integer(1, identifier)
          property(each, wireType, identifier)
        }
      }
    })
    return given
  }
  const length = variableByteInteger(0)
  if (!length) return undefined
  const properties: Values = {}
  within(length, () => readProperty(properties, packets))
  // Authentication Data means nothing without the method that it belongs to.
  if (properties['authenticationData'] && properties['authenticationMethod'] === undefined)
    violation('no Authentication Method')
  return properties as Properties
}

const readProperty = (properties: Values, packets: number): void => {
  const at = position
  const identifier = variableByteInteger(0)
  const row = propertiesOf(packets).find(([each]) => each === identifier)
  if (!row) return refuse('a property of other packets', at)
  const [, key, wireType] = row
  const before = properties[key]
  const isRepeatable = wireType & REPEATABLE
  if (before !== undefined && !isRepeatable) return violation(`${key} twice`, at)
  const value = property(undefined, wireType, identifier)
  properties[key] = isRepeatable ? [...((before as unknown[] | undefined) ?? []), value] : value
}

const property = (given: unknown, wireType: number, identifier: number): unknown => {
  const at = position
  const kind = wireType & 15
  if (kind === BINARY) return binary(given as Uint8Array)
  if (kind === TEXT) return string(given as string)
  if (kind === TOPIC_NAME) {
    const name = topicName(given as string, VIOLATION)
    if (!name) violation('an empty Topic Name', at)
    return name
  }
  if (kind === TEXT_PAIR) {
    const [key, value] = (given ?? []) as string[]
    return [string(key!), string(value!)]
  }
  const size = [1, 1, 2, 4][kind]
  const value = size ? integer(size, Number(given)) : variableByteInteger(given as number)
  if (kind < TWO_BYTES && value > 1) violation('not 0 or 1', at)
  // Topic Alias has a Reason Code of its own.
  if (!value && wireType & NOT_ZERO) refuse('zero', at, identifier === 0x23 ? 0x94 : VIOLATION)
  return kind === FLAG ? !!value : value
}
