import { PacketType } from '@godwit/mqtt-codec'
import { SenderOutcome, SenderState } from '@godwit/mqtt-qos'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { pump, resend } from './delivery.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { wakeReplays } from './retained-replays.ts'
import { forgetOrigin } from './group-origin.ts'
import { pumpGroups } from './shared-subscriptions.ts'
import type { Session } from './session.ts'
import { releaseStored, removeStored } from './stored-delivery.ts'
import type { StoredQueue } from './stored-queue.ts'

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
  if (session.groups !== undefined && session.stored === undefined) forgetAnswered(core, session, type, packetId)
  switch (type) {
    case PacketType.puback:
      return settle(core, connection, session, sender.onPuback(packetId, reasonCode), packetId)
    case PacketType.pubrec: {
      const released = session.stored !== undefined && sender.state(packetId) === SenderState.awaitingPubrec
      const outcome = sender.onPubrec(packetId, reasonCode)
      if (released && outcome === SenderOutcome.sendPubrel) release(core, session, packetId)
      return settle(core, connection, session, outcome, packetId)
    }
    case PacketType.pubcomp:
      return settle(core, connection, session, sender.onPubcomp(packetId, reasonCode), packetId)
    default:
      // [MQTT-4.3.3-11] Every PUBREL is answered; one that repeats or is unknown costs nothing.
      if (session.receiver.onPubrel(packetId) && session.stored !== undefined) {
        session.staged = core.records.forgetReceived(session.stored.number, packetId)
      }
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
      if (session.stored !== undefined) forget(core, session.stored, packetId)
      windowOpened(core, session)
      return undefined
    default:
      return undefined
  }
}

const release = (core: Core, session: Session, packetId: number): void => {
  const stored = session.stored!
  const sequence = stored.sequenceOf(packetId)
  if (sequence !== -1) releaseStored(core, session, stored, sequence)
}

const forget = (core: Core, stored: StoredQueue, packetId: number): void => {
  const sequence = stored.sequenceOf(packetId)
  if (sequence !== -1) removeStored(core, stored, sequence)
}

/** [MQTT-4.8.2-6] Whatever a member answers to a message of its group, nobody else is sent it any more. */
const forgetAnswered = (core: Core, session: Session, type: number, packetId: number): void => {
  if (type !== PacketType.puback && type !== PacketType.pubrec) return
  // A second PUBREC finds the message of the first.
  const awaited = type === PacketType.puback ? SenderState.awaitingPuback : SenderState.awaitingPubrec
  if (session.sender.state(packetId) === awaited) forgetOrigin(core, session.sender.message(packetId)?.origin)
}

/** Room in the window: what waits goes out, the Session's own first. */
export const windowOpened = (core: Core, session: Session): void => {
  // After a resume with a smaller window the resends go out in slices.
  if (session.sender.owed > 0 && session.stored === undefined) resend(core, session)
  if (session.queue.length > 0 || session.stored !== undefined) pump(core, session)
  if (session.groups !== undefined) pumpGroups(core, session)
  wakeReplays(core, session)
}
