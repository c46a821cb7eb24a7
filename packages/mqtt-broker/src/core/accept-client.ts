import type { ConnackProperties, ConnectPacket } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import { IncomingTopicAliases } from '@godwit/mqtt-qos'
import type { Grant } from '../ports/grant.ts'
import { windowOpened } from './acknowledgements.ts'
import { closeConnection, connectionEnded } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { resend } from './delivery.ts'
import { replaceGrant } from './grants.ts'
import { effectiveKeepAliveSeconds, watchKeepAlive } from './keep-alive.ts'
import { refuseConnect } from './refuse-connect.ts'
import { VIOLATIONS } from './refusals.ts'
import { Session } from './session.ts'
import { endSession, sessionResumes, withinMaximumExpiry } from './sessions.ts'
import { enterStore } from './stored-session.ts'
import { takeoverAllowed } from './takeovers.ts'
import { removeWill, setWill } from './wills.ts'

/** Session Expiry Interval 0xFFFFFFFF means never (§3.1.2.11.2). */
const NEVER = 0xffffffff

/** The Client is who it says: it gets its Session, new or resumed, and its CONNACK (§3.1.4). */
export const acceptClient = (
  core: Core,
  connection: Connection,
  packet: ConnectPacket,
  grant: Grant,
  authenticationData?: Uint8Array,
): void => {
  const principal = grant.principal ?? packet.username ?? ''
  const assigned = packet.clientId === '' ? assignedClientId(core) : undefined
  const clientId = assigned ?? packet.clientId
  const before = core.sessions.get(clientId)
  let session = before
  const stranger = session !== undefined && session.principal !== principal
  const refusal = takeoverRefusal(core, session, stranger)
  if (refusal !== undefined) {
    core.counters.takeoversRefused++
    return refuseConnect(core, connection, ReasonCode.ClientIdentifierNotValid, refusal)
  }
  if (!core.records.writable && expirySeconds(core, packet) > 0) {
    // A disk that is full has room for the little that a Session writes which is there already.
    const reasonCode = core.staging.failed ? ReasonCode.ServerUnavailable : ReasonCode.QuotaExceeded
    if (core.staging.failed || session === undefined || packet.cleanStart) {
      return refuseConnect(core, connection, reasonCode, 'the store takes nothing more')
    }
  }
  if (session?.connection !== undefined) {
    if (!takeoverAllowed(core, clientId)) {
      return refuseConnect(
        core,
        connection,
        ReasonCode.ConnectionRateExceeded,
        'too many takeovers of this Client Identifier',
      )
    }
    core.counters.takeovers++
    core.logger.info({ clientId }, 'session taken over by another connection')
    // [MQTT-3.1.4-3], and the Will of the old one at once where its Session does not go on (§3.1.2.5).
    closeConnection(core, session.connection, VIOLATIONS.sessionTakenOver, packet.cleanStart || stranger)
  }
  if (session !== undefined && (packet.cleanStart || stranger)) endSession(core, session)
  if (session?.ended) session = undefined
  const sessionPresent = session !== undefined
  if (session === undefined) {
    if (core.sessions.size >= core.limits.maximumSessions) {
      core.counters.limitsMet.maximumSessions++
      return refuseConnect(core, connection, ReasonCode.QuotaExceeded, 'as many Sessions as we keep')
    }
    session = new Session(clientId, principal, grant, sendLimit(core, packet), receiveLimit(core, packet))
    core.sessions.set(clientId, session)
    core.counters.sessions = core.sessions.size
  } else {
    sessionResumes(core, session)
    removeWill(core, session)
    if (session.grant !== grant) replaceGrant(core, session, grant)
    session.sender.resume(sendLimit(core, packet))
    session.receiver.resume(receiveLimit(core, packet))
  }
  bind(core, connection, session, packet, grant)
  enterStore(core, session)
  // I5: a CONNACK says that the Session before this one is gone, also where the new one writes nothing down.
  if (before?.ended === true && before.staged > session.staged) session.staged = before.staged
  const connack = {
    type: 'connack',
    sessionPresent: sessionPresent && packet.protocolVersion !== 3,
    reasonCode: ReasonCode.Success,
    properties:
      packet.protocolVersion === 5
        ? {
            ...connackProperties(core, connection, session, packet, assigned),
            ...(authenticationData && { authenticationData }),
          }
        : {},
  } as const
  if (!connection.output.packet(connack, session.staged)) return connackTooLarge(core, connection, session)
  core.counters.connectsAccepted++
  core.observation?.clientConnected(connection.info)
  core.logger.debug({ clientId, protocolVersion: packet.protocolVersion, sessionPresent }, 'client connected')
  if (!sessionPresent) return
  resend(core, session)
  windowOpened(core, session)
}

/** No DISCONNECT before a CONNACK, and no Will of a CONNECT that was not accepted: the connection just closes. */
const connackTooLarge = (core: Core, connection: Connection, session: Session): void => {
  core.counters.connectsRefused++
  removeWill(core, session)
  connection.output.end()
  const { reasonCode, reason } = VIOLATIONS.packetTooLarge
  connectionEnded(core, connection, reasonCode, reason)
}

const takeoverRefusal = (core: Core, session: Session | undefined, stranger: boolean): string | undefined => {
  const { clientTakeover } = core.settings
  if (stranger && clientTakeover !== 'any-principal') return 'this Client Identifier is of another principal'
  if (session?.connection === undefined || clientTakeover !== 'never') return undefined
  return 'a Client with this Client Identifier is connected'
}

const bind = (core: Core, connection: Connection, session: Session, packet: ConnectPacket, grant: Grant): void => {
  session.connection = connection
  session.grant = grant
  session.expiryIntervalSeconds = expirySeconds(core, packet)
  setWill(session, packet.will)
  connection.session = session
  connection.grant = grant
  connection.phase = 'open'
  connection.connectedAt = core.now
  core.admission.left(connection.peer.remoteAddress)
  connection.keepAliveSeconds = effectiveKeepAliveSeconds(core, packet)
  watchKeepAlive(core, connection)
  if (packet.protocolVersion === 5) {
    if (core.limits.topicAliasMaximum > 0) {
      connection.aliases = new IncomingTopicAliases<Uint8Array>(core.limits.topicAliasMaximum)
    }
    connection.output.topicAliasMaximum = Math.min(
      packet.properties?.topicAliasMaximum ?? 0,
      core.limits.outgoingTopicAliasMaximum,
    )
  }
  session.info = connection.info
}

/** What differs from what 5.0 takes for granted is told (§3.2.2.3). */
const connackProperties = (
  core: Core,
  connection: Connection,
  session: Session,
  packet: ConnectPacket,
  assignedClientId: string | undefined,
): ConnackProperties => {
  const { limits, settings } = core
  const asked = packet.properties?.sessionExpiryIntervalSeconds ?? 0
  const given = session.expiryIntervalSeconds
  const clamped = given !== Infinity && given !== asked
  const { authenticationMethod } = packet.properties ?? {}
  const responseInformation = settings.responseInformation?.replaceAll('{clientId}', () =>
    encodeURIComponent(session.clientId),
  )
  return {
    ...(clamped && { sessionExpiryIntervalSeconds: given }),
    ...(limits.receiveMaximum < 0xffff && { receiveMaximum: limits.receiveMaximum }),
    ...(settings.maximumQos < 2 && { maximumQos: settings.maximumQos as 0 | 1 }),
    ...(!settings.retainAvailable && { retainAvailable: false }),
    ...(limits.maximumPacketSizeBytes < 268_435_460 && { maximumPacketSizeBytes: limits.maximumPacketSizeBytes }),
    ...(assignedClientId !== undefined && { assignedClientId }),
    ...(!settings.wildcardSubscriptionAvailable && { wildcardSubscriptionAvailable: false }),
    ...(!settings.subscriptionIdentifiersAvailable && { subscriptionIdentifiersAvailable: false }),
    ...(!settings.sharedSubscriptionAvailable && { sharedSubscriptionAvailable: false }),
    // [MQTT-4.12.0-5]
    ...(authenticationMethod !== undefined && { authenticationMethod }),
    ...(limits.topicAliasMaximum > 0 && { topicAliasMaximum: limits.topicAliasMaximum }),
    ...(settings.connackUserProperties.length > 0 && { userProperties: settings.connackUserProperties }),
    ...(connection.keepAliveSeconds !== packet.keepAliveSeconds && {
      serverKeepAliveSeconds: connection.keepAliveSeconds,
    }),
    ...(packet.properties?.requestResponseInformation === true &&
      responseInformation !== undefined && { responseInformation }),
  }
}

/** 3.1.1 has no interval: a Session that is not clean stays as long as ours may. */
const expirySeconds = (core: Core, packet: ConnectPacket): number => {
  if (packet.protocolVersion < 5) return packet.cleanStart ? 0 : core.limits.maximumSessionExpirySeconds
  const asked = packet.properties?.sessionExpiryIntervalSeconds ?? 0
  return withinMaximumExpiry(core, asked === NEVER ? Infinity : asked)
}

/** [MQTT-3.3.4-9] What may be unacknowledged at once: the Client's Receive Maximum; 3.1.1 has none, so ours. */
const sendLimit = (core: Core, packet: ConnectPacket): number =>
  packet.protocolVersion === 5 ? (packet.properties?.receiveMaximum ?? 0xffff) : core.limits.maximumInflightMessages

/** 3.1.1 cannot be told a Receive Maximum, so it has none. */
const receiveLimit = (core: Core, packet: ConnectPacket): number =>
  packet.protocolVersion === 5 ? Math.min(core.limits.receiveMaximum, 0xffff) : 0xffff

/** [MQTT-3.1.3-6] Unique and unguessable: 128 random bits. */
const assignedClientId = (core: Core): string => {
  const hex = Array.from(core.edges.randomBytes(16), (byte) => byte.toString(16).padStart(2, '0'))
  return `godwit-${hex.join('')}`
}
