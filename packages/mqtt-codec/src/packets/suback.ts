import type { Body } from '../body.ts'
import { SUBACK, UNSUBACK } from '../packet-sets.ts'
import type { ReasonProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { list, packetId, refuse, reasonCodeOf, version } from '../wire.ts'

export type SubackProperties = ReasonProperties

/** @see MQTT 5.0 §3.9 */
export interface SubackPacket {
  readonly type: 'suback'
  readonly packetId: number
  /** One for each Subscription, in their order. Before 5.0 every refusal is 0x80: encoding makes it so. */
  readonly reasonCodes: readonly number[]
  readonly properties?: SubackProperties
}

export type UnsubackProperties = ReasonProperties

/** @see MQTT 5.0 §3.11 */
export interface UnsubackPacket {
  readonly type: 'unsuback'
  readonly packetId: number
  /** One for each Topic Filter, in their order. Before 5.0 there are none: encoding leaves them out. */
  readonly reasonCodes: readonly number[]
  readonly properties?: UnsubackProperties
}

export const suback: Body<SubackPacket> = (given, type) => codes(given, type, SUBACK, '3.8.4-6|3.8.4-5', '3.9.3-2')

export const unsuback: Body<UnsubackPacket> = (given, type) => codes(given, type, UNSUBACK, '3.11.3-2', '3.11.3-2')

const codes = <Packet extends SubackPacket | UnsubackPacket>(
  given: Packet,
  type: Packet['type'],
  packets: number,
  noneRule: string,
  codeRule: string,
): Packet => {
  const id = packetId(given.packetId)
  const older = version !== 5
  if (older && packets === UNSUBACK) return { type, packetId: id, reasonCodes: [] } as unknown as Packet
  const properties = propertyList(given.properties, packets)
  const reasonCodes = list(
    given.reasonCodes,
    (code) => {
      // Before 5.0 there is one refusal.
      const reasonCode = reasonCodeOf(older ? Math.min(code, 0x80) : code, packets, codeRule)
      if (older && reasonCode > 0x80) refuse(codeRule)
      return reasonCode
    },
    noneRule,
  )
  return { type, packetId: id, reasonCodes, ...(properties && { properties }) } as unknown as Packet
}
