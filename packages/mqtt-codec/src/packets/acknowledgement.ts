import type { Body } from '../body.ts'
import type { ReasonProperties } from '../properties.ts'
import { packetId } from '../wire.ts'
import { reason } from './reason.ts'

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

export type AcknowledgementPacket = PubackPacket | PubrecPacket | PubrelPacket | PubcompPacket

export const acknowledgement: Body<AcknowledgementPacket> = (given, type) => ({
  type,
  packetId: packetId(given.packetId),
  ...reason(type, given),
})
