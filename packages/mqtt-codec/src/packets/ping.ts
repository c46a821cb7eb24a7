import type { Body } from '../body.ts'

/** @see MQTT 5.0 §3.12 */
export interface PingreqPacket {
  readonly type: 'pingreq'
}

/** @see MQTT 5.0 §3.13 */
export interface PingrespPacket {
  readonly type: 'pingresp'
}

export const pingreq: Body<PingreqPacket> = (_given, type) => ({ type })

export const pingresp: Body<PingrespPacket> = (_given, type) => ({ type })
