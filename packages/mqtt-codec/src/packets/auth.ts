import type { Body } from '../body.ts'
import type { ReasonProperties } from '../properties.ts'
import { NO_METHOD } from '../rules.ts'
import { end, position, violation, writing } from '../wire.ts'
import { reason } from './reason.ts'

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

export const auth: Body<AuthPacket> = (given, type) => {
  const at = position
  const packet: AuthPacket = { type, ...reason(type, given) }
  const { reasonCode, properties } = writing ? given : packet
  // An empty one says Success and nothing else.
  const empty = writing ? reasonCode === 0 && properties === undefined : at === end
  if (!empty && properties?.authenticationMethod === undefined) violation(NO_METHOD)
  return packet
}
