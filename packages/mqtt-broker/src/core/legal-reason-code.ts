import type { PacketType } from '@godwit/mqtt-codec'
import { ReasonCode, isReasonCodeOf } from '@godwit/mqtt-codec'
import type { Logger } from '../ports/logger.ts'

type Type = (typeof PacketType)[keyof typeof PacketType]

/**
 * The Reason Code of a refusal that came from outside of the core. One that says success, or that may not stand in this
 * packet, would be a malformed packet to the Client: it is told an unspecified error, and the log what was wrong.
 */
export const legalReasonCode = (logger: Logger, packetType: Type, reasonCode: number): number => {
  if (reasonCode >= 0x80 && isReasonCodeOf(packetType, reasonCode)) return reasonCode
  logger.error({ reasonCode, packetType }, 'a refusal with a Reason Code that may not stand in its packet')
  return ReasonCode.UnspecifiedError
}
