import type { PacketReader } from '../packet-reader.ts'
import { AUTH } from '../packet-type.ts'
import type { PacketWriter } from '../packet-writer.ts'
import type { ReasonProperties } from '../properties.ts'
import { readProperties } from '../read-properties.ts'
import { mayStandIn } from '../reason-codes.ts'
import { writeReason } from './acknowledgement.ts'

/** @see MQTT 5.0 §3.15.2.2 */
export interface AuthProperties extends ReasonProperties {
  /** Needed wherever there are properties at all. */
  readonly authenticationMethod?: string
  readonly authenticationData?: Uint8Array
}

/** Only in 5.0. @see MQTT 5.0 §3.15 */
export interface AuthPacket {
  readonly type: 'auth'
  /** Success, Continue Authentication or Re-authenticate. */
  readonly reasonCode: number
  readonly properties?: AuthProperties
}

export const readAuth = (reader: PacketReader): AuthPacket => {
  // An empty one says Success and nothing else.
  if (reader.position === reader.end) return { type: 'auth', reasonCode: 0 }
  const reasonCode = reader.reasonCode(AUTH, '3.15.2-1')
  const properties = reader.position < reader.end ? readProperties<AuthProperties>(reader, AUTH) : undefined
  if (properties?.authenticationMethod === undefined) reader.violation('no Authentication Method')
  return { type: 'auth', reasonCode, ...(properties && { properties }) }
}

export const writeAuth = (writer: PacketWriter, packet: AuthPacket): void => {
  const { reasonCode, properties } = packet
  writer.only5('AUTH')
  writer.check(
    mayStandIn(AUTH, reasonCode) &&
      (properties === undefined ? reasonCode === 0 : properties.authenticationMethod !== undefined),
    'AUTH',
  )
  writer.begin(0xf0, 2)
  writeReason(writer, reasonCode, properties, AUTH)
}
