import { MALFORMED } from '../failures.ts'
import type { PacketReader } from '../packet-reader.ts'
import { UNSUBACK, UNSUBSCRIBE } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { ReasonProperties, UserProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { mayStandIn } from '../reason-codes.ts'
import { writeProperties } from '../write-properties.ts'

export type UnsubscribeProperties = UserProperties

/** @see MQTT 5.0 §3.10 */
export interface UnsubscribePacket {
  readonly type: 'unsubscribe'
  readonly packetId: number
  readonly topicFilters: readonly string[]
  readonly properties?: UnsubscribeProperties
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

export const readUnsubscribe = (reader: PacketReader): UnsubscribePacket => {
  const packetId = reader.packetId(MALFORMED)
  const properties = reader.version === 5 ? readProperties<UnsubscribeProperties>(reader, UNSUBSCRIBE) : undefined
  const topicFilters: string[] = []
  if (reader.position === reader.end) reader.violation('no Topic Filter', '3.10.3-2')
  while (reader.position < reader.end) topicFilters.push(reader.topicFilter())
  return { type: 'unsubscribe', packetId, topicFilters, ...(properties && { properties }) }
}

export const writeUnsubscribe = (writer: PacketWriter, packet: UnsubscribePacket): void => {
  writer.check(packet.topicFilters.length > 0, 'UNSUBSCRIBE')
  writer.begin(0xa2, 127)
  writer.packetId(packet.packetId)
  writeProperties(writer, packet.properties, UNSUBSCRIBE)
  for (const topicFilter of packet.topicFilters) writer.topicFilter(topicFilter)
}

export const readUnsuback = (reader: PacketReader): UnsubackPacket => {
  const packetId = reader.packetId()
  if (reader.version !== 5) return { type: 'unsuback', packetId, reasonCodes: [] }
  const properties = readProperties<UnsubackProperties>(reader, UNSUBACK)
  const reasonCodes: number[] = []
  if (reader.position === reader.end) reader.violation('no Reason Code', '3.11.3-2')
  while (reader.position < reader.end) reasonCodes.push(reader.reasonCode(UNSUBACK, '3.11.3-2'))
  return { type: 'unsuback', packetId, reasonCodes, ...(properties && { properties }) }
}

export const writeUnsuback = (writer: PacketWriter, packet: UnsubackPacket): void => {
  const { reasonCodes } = packet
  writer.begin(0xb0, 2)
  writer.packetId(packet.packetId)
  if (writer.version !== 5) return
  writer.check(reasonCodes.length > 0, 'UNSUBACK')
  writeProperties(writer, packet.properties, UNSUBACK)
  for (const reasonCode of reasonCodes) {
    writer.check(mayStandIn(UNSUBACK, reasonCode), 'Reason Code')
    writer.byte(reasonCode)
  }
}
