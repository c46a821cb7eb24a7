import { PacketType } from '@godwit/mqtt-codec'
import { SenderOutcome } from '@godwit/mqtt-qos'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { pump, resend } from './delivery.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { pumpGroups } from './shared-subscriptions.ts'
import type { Session } from './session.ts'

const PUBREL = 0x62
const PUBCOMP = 0x70

/** PUBACK, PUBREC, PUBREL or PUBCOMP from a Client (§4.3): part of the hot path, so numbers in and numbers out. */
export const acknowledgement = (
  core: Core,
  connection: Connection,
  type: number,
  packetId: number,
  reasonCode: number,
): Violation | undefined => {
  const session = connection.session!
  const { sender } = session
  switch (type) {
    case PacketType.puback:
      return settle(core, connection, session, sender.onPuback(packetId, reasonCode), packetId)
    case PacketType.pubrec:
      return settle(core, connection, session, sender.onPubrec(packetId, reasonCode), packetId)
    case PacketType.pubcomp:
      return settle(core, connection, session, sender.onPubcomp(packetId, reasonCode), packetId)
    default:
      // [MQTT-4.3.3-11] Every PUBREL is answered; one that repeats or is unknown costs nothing.
      session.receiver.onPubrel(packetId)
      connection.output.acknowledge(PUBCOMP, packetId, 0, session.staged)
      return undefined
  }
}

const settle = (
  core: Core,
  connection: Connection,
  session: Session,
  outcome: number,
  packetId: number,
): Violation | undefined => {
  switch (outcome) {
    case SenderOutcome.violation:
      return VIOLATIONS.acknowledgement
    case SenderOutcome.sendPubrel:
      connection.output.acknowledge(PUBREL, packetId, 0, session.staged)
      return undefined
    case SenderOutcome.completed:
    case SenderOutcome.refused:
      windowOpened(core, session)
      return undefined
    default:
      return undefined
  }
}

/** Room in the window: what waits goes out, the Session's own first. */
export const windowOpened = (core: Core, session: Session): void => {
  // After a resume with a smaller window the resends go out in slices.
  if (session.sender.owed > 0) resend(core, session)
  if (session.queue.length > 0) pump(core, session)
  if (session.groups !== undefined) pumpGroups(core, session)
}
