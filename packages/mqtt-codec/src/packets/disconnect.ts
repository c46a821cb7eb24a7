import type { Body } from '../body.ts'
import type { ReasonProperties } from '../properties.ts'
import { reason } from './reason.ts'

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

export const disconnect: Body<DisconnectPacket> = (given, type) => ({ type, ...reason(type, given) })
