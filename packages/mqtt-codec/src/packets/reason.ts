import { PacketType } from '../packet-type.ts'
import type { ReasonProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { end, position, reasonCodeOf, version, writing } from '../wire.ts'

/** What ends six kinds of packets. Either part may be left out from behind where it says nothing. */
interface Reason {
  readonly reasonCode: number
  readonly properties?: ReasonProperties
}

export const reason = (type: keyof typeof PacketType, given: Reason): Reason => {
  const number = PacketType[type]
  const packets = 1 << number
  if (version !== 5 || (writing ? given.reasonCode === 0 && given.properties === undefined : position === end)) {
    return { reasonCode: 0 }
  }
  const reasonCode = reasonCodeOf(given.reasonCode, packets, '3.' + number + '.2-1')
  const more = writing ? given.properties !== undefined : position < end
  const properties = more ? propertyList(given.properties, packets) : undefined
  return properties === undefined ? { reasonCode } : { reasonCode, properties }
}
