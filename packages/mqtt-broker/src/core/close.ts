import { PacketType, ReasonCode } from '@godwit/mqtt-codec'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { endExchange } from './exchange.ts'
import { legalReasonCode } from './legal-reason-code.ts'
import { problemInformation } from './problem-information.ts'
import type { Violation } from './refusals.ts'
import { serverReferenceFor } from './server-reference.ts'
import { detachStored } from './stored-session.ts'
import { sessionWaits } from './sessions.ts'
import { willDue } from './wills.ts'

/** Ends a connection for a reason: a 5.0 Client is told, then the Network Connection closes [MQTT-4.13.1-1]. */
export const closeConnection = (core: Core, connection: Connection, violation: Violation, willAtOnce = false): void => {
  if (connection.phase === 'closed') return
  // Before our CONNACK there is no DISCONNECT: the caller has sent a CONNACK, or nothing is due.
  if (connection.phase === 'open' && connection.version === 5) {
    const reasonCode = legalReasonCode(core.logger, PacketType.disconnect, violation.reasonCode)
    const properties = {
      ...problemInformation(connection, violation.reason, violation.userProperties),
      ...serverReferenceFor(core, reasonCode, violation.serverReference),
    }
    connection.output.packet({ type: 'disconnect', reasonCode, properties }, 0)
  }
  connection.output.end()
  connectionEnded(core, connection, violation.reasonCode, violation.reason, willAtOnce)
}

/** The connection is gone, however it went: its Session waits or ends, its Will is due. */
export const connectionEnded = (
  core: Core,
  connection: Connection,
  reasonCode: number,
  reason: string,
  willAtOnce = false,
): void => {
  if (connection.phase === 'closed') return
  const wasOpen = connection.phase === 'open'
  if (!wasOpen) core.admission.left(connection.peer.remoteAddress)
  connection.phase = 'closed'
  if (connection.held) core.waiting.delete(connection.ticket)
  connection.held = false
  endExchange(core, connection)
  core.connections.delete(connection)
  core.counters.connections = core.connections.size
  if (connection.deadline !== undefined) core.deadlines.cancel(connection.deadline)
  const { session } = connection
  if (!wasOpen || session === undefined) {
    core.observation?.clientRefused(connection.connect?.clientId ?? '', reasonCode, reason)
    return
  }
  core.logger.debug({ clientId: session.clientId, reasonCode }, `client gone: ${reason}`)
  core.observation?.clientGone(connection.info, reasonCode, reason)
  connection.session = undefined
  if (session.stored !== undefined) detachStored(core, session, session.stored)
  session.connection = undefined
  willDue(core, session, willAtOnce)
  sessionWaits(core, session)
}

/** What a closed socket says about how the connection ended. */
export const CONNECTION_LOST = {
  reasonCode: ReasonCode.UnspecifiedError,
  reason: 'the Network Connection closed',
} as const
