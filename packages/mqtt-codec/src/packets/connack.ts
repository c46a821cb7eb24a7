import type { Body } from '../body.ts'
import { CONNACK } from '../packet-sets.ts'
import type { ReasonProperties } from '../properties.ts'
import { propertyList } from '../property-list.ts'
import { byte, checkReasonCode, position, refuse, version, violation } from '../wire.ts'

/** @see MQTT 5.0 §3.2.2.3 */
export interface ConnackProperties extends ReasonProperties {
  /** What the server uses instead of what CONNECT asked for. */
  readonly sessionExpiryIntervalSeconds?: number
  /** QoS 1 and 2 messages that the server takes at once, 1 to 65,535. Absent: 65,535. */
  readonly receiveMaximum?: number
  /** Absent: 2. */
  readonly maximumQos?: 0 | 1
  /** Absent: true. */
  readonly retainAvailable?: boolean
  /** The longest packet that the server takes, at least 1. Absent: no limit. */
  readonly maximumPacketSizeBytes?: number
  readonly assignedClientId?: string
  /** The highest Topic Alias that the server takes. Absent: 0, none. */
  readonly topicAliasMaximum?: number
  /** Absent: true. */
  readonly wildcardSubscriptionAvailable?: boolean
  /** Absent: true. */
  readonly subscriptionIdentifiersAvailable?: boolean
  /** Absent: true. */
  readonly sharedSubscriptionAvailable?: boolean
  /** The Keep Alive that holds instead of the client's. */
  readonly serverKeepAliveSeconds?: number
  readonly responseInformation?: string
  readonly serverReference?: string
  readonly authenticationMethod?: string
  readonly authenticationData?: Uint8Array
}

/** @see MQTT 5.0 §3.2 */
export interface ConnackPacket {
  readonly type: 'connack'
  /** Always false in 3.1, and beside a refusal: encoding writes it so [MQTT-3.2.2-6]. */
  readonly sessionPresent: boolean
  /**
   * As in 5.0. The Return Codes 1 to 5 of older versions are 0x84, 0x85, 0x88, 0x86 and 0x87 here; other refusals are
   * encoded as the nearest of them.
   */
  readonly reasonCode: number
  readonly properties?: ConnackProperties
}

/** The Reason Codes that the Return Codes 0 to 5 of 3.1 and 3.1.1 mean. */
export const RETURN_CODES = [0x00, 0x84, 0x85, 0x88, 0x86, 0x87]

/** Those that mean: not now. Return Code 3 says so. */
const UNAVAILABLE = [0x80, 0x83, 0x89, 0x8b, 0x97, 0x9c, 0x9d, 0x9f]

export const connack: Body<ConnackPacket> = (given, type) => {
  const at = position
  const flags = byte(given.sessionPresent && given.reasonCode === 0 && version !== 3 ? 1 : 0)
  // In MQTT 3.1 the byte is reserved and not used.
  if (flags > 1 && version !== 3) refuse('3.2.2-1', at)
  const code = byte(version === 5 ? given.reasonCode : returnCode(given.reasonCode))
  const reasonCode = version === 5 ? code : (RETURN_CODES[code] ?? -1)
  checkReasonCode(reasonCode, CONNACK, '3.2.2-8', at + 1)
  const sessionPresent = flags === 1 && version !== 3
  if (sessionPresent && reasonCode !== 0) violation('3.2.2-6|3.2.2-4', at)
  const properties = propertyList(given.properties, CONNACK)
  return { type, sessionPresent, reasonCode, ...(properties && { properties }) }
}

const returnCode = (reasonCode: number): number => {
  const code = RETURN_CODES.indexOf(reasonCode)
  if (code >= 0) return code
  return UNAVAILABLE.includes(reasonCode) ? 3 : 5
}
