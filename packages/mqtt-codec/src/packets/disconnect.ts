import type { PacketReader } from '../packet-reader.ts'
import { DISCONNECT } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { ReasonProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { mayStandIn } from '../reason-codes.ts'
import { writeReason } from './acknowledgement.ts'

/** @see MQTT 5.0 §3.14.2.2 */
export interface DisconnectProperties extends ReasonProperties {
  /** Replaces the one of CONNECT; never sent by a server [MQTT-3.14.2-2]. */
  readonly sessionExpiryIntervalSeconds?: number
  readonly serverReference?: string
}

/** @see MQTT 5.0 §3.14 */
export interface DisconnectPacket {
  readonly type: 'disconnect'
  /** 0x00 before 5.0, where there is none: encoding leaves it out. */
  readonly reasonCode: number
  readonly properties?: DisconnectProperties
}

export const readDisconnect = (reader: PacketReader): DisconnectPacket => {
  // Reason Code and properties may be left out from behind.
  if (reader.version !== 5 || reader.position === reader.end) return { type: 'disconnect', reasonCode: 0 }
  const reasonCode = reader.reasonCode(DISCONNECT, '3.14.2-1')
  const properties = reader.position < reader.end ? readProperties<DisconnectProperties>(reader, DISCONNECT) : undefined
  return { type: 'disconnect', reasonCode, ...(properties && { properties }) }
}

export const writeDisconnect = (writer: PacketWriter, packet: DisconnectPacket): void => {
  writer.check(mayStandIn(DISCONNECT, packet.reasonCode), 'Reason Code')
  writer.begin(0xe0, 2)
  writeReason(writer, packet.reasonCode, packet.properties, DISCONNECT)
}
