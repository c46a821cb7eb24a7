import type { PacketReader } from '../packet-reader.ts'
import { PacketType } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { ReasonProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { mayStandIn } from '../reason-codes.ts'
import { writeProperties } from '../write-properties.ts'

export type AcknowledgementProperties = ReasonProperties

interface Acknowledgement<Type extends string> {
  readonly type: Type
  /** That of the PUBLISH, 1 to 65,535. */
  readonly packetId: number
  /** 0x00 before 5.0, where there is none: encoding leaves it out. */
  readonly reasonCode: number
  readonly properties?: AcknowledgementProperties
}

/** @see MQTT 5.0 §3.4 */
export type PubackPacket = Acknowledgement<'puback'>
/** @see MQTT 5.0 §3.5 */
export type PubrecPacket = Acknowledgement<'pubrec'>
/** @see MQTT 5.0 §3.6 */
export type PubrelPacket = Acknowledgement<'pubrel'>
/** @see MQTT 5.0 §3.7 */
export type PubcompPacket = Acknowledgement<'pubcomp'>

export const readAcknowledgement = <Type extends 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'>(
  reader: PacketReader,
  type: Type,
): Acknowledgement<Type> => {
  const packetId = reader.packetId()
  // Reason Code and properties may be left out from behind.
  if (reader.version !== 5 || reader.position === reader.end) return { type, packetId, reasonCode: 0 }
  const number = PacketType[type]
  const reasonCode = reader.reasonCode(1 << number, '3.' + number + '.2-1')
  const properties =
    reader.position < reader.end ? readProperties<AcknowledgementProperties>(reader, 1 << number) : undefined
  return { type, packetId, reasonCode, ...(properties && { properties }) }
}

export const writeAcknowledgement = (
  writer: PacketWriter,
  packet: PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket,
): void => {
  const { reasonCode, properties } = packet
  const number = PacketType[packet.type]
  writer.check(mayStandIn(1 << number, reasonCode), 'Reason Code')
  writer.begin((number << 4) | (packet.type === 'pubrel' ? 2 : 0), 2)
  writer.packetId(packet.packetId)
  writeReason(writer, reasonCode, properties, 1 << number)
}

/** A Reason Code and properties, of which nothing is written where both say nothing. */
export const writeReason = (
  writer: PacketWriter,
  reasonCode: number,
  properties: object | undefined,
  packets: number,
): void => {
  if (writer.version !== 5 || (reasonCode === 0 && properties === undefined)) return
  writer.byte(reasonCode)
  if (properties !== undefined) writeProperties(writer, properties, packets)
}
