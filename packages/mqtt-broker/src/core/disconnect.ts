import type { DisconnectPacket } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import { connectionEnded } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { withinMaximumExpiry } from './sessions.ts'
import { recordSession } from './stored-session.ts'
import { removeWill } from './wills.ts'

/** DISCONNECT (§3.14): the Will is discarded only by Reason Code 0; the Session may be given another end. */
export const disconnect = (core: Core, connection: Connection, packet: DisconnectPacket): Violation | undefined => {
  const session = connection.session!
  const asked = packet.properties?.sessionExpiryIntervalSeconds
  if (asked !== undefined) {
    if (session.expiryIntervalSeconds === 0 && asked !== 0) return VIOLATIONS.expiryRaised
    const seconds = asked === 0xffffffff ? Infinity : asked
    session.expiryIntervalSeconds = withinMaximumExpiry(core, seconds)
  }
  // [MQTT-3.14.4-3]
  if (packet.reasonCode === ReasonCode.Success) removeWill(core, session)
  if (session.stored !== undefined) recordSession(core, session)
  connection.output.end()
  connectionEnded(core, connection, packet.reasonCode, packet.properties?.reasonString ?? 'it said goodbye')
  return undefined
}
