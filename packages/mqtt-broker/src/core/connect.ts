import type { ConnackProperties, ConnectPacket } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import { IncomingTopicAliases } from '@godwit/mqtt-qos'
import { isTopicRefusal, parseTopicName } from '@godwit/mqtt-topics'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import { isRefusal } from '../ports/authenticator.ts'
import type { Grant } from '../ports/grant.ts'
import { windowOpened } from './acknowledgements.ts'
import { closeConnection, connectionEnded } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { resend } from './delivery.ts'
import { effectiveKeepAliveSeconds, watchKeepAlive } from './keep-alive.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { isReservedTopic } from './rights.ts'
import { Session } from './session.ts'
import { endSession, sessionResumes } from './sessions.ts'
import { takeoverAllowed } from './takeovers.ts'
import { replaceGrant } from './grants.ts'
import { removeWill, setWill } from './wills.ts'

/** Session Expiry Interval 0xFFFFFFFF means never (§3.1.2.11.2). */
const NEVER = 0xffffffff

/** CONNECT (§3.1): judged, authenticated, then given its Session. */
export const connect = (core: Core, connection: Connection, packet: ConnectPacket): Violation | undefined => {
  if (connection.phase !== 'before-connect') return VIOLATIONS.secondConnect
  connection.connect = packet
  connection.version = packet.protocolVersion
  connection.output.version = packet.protocolVersion
  connection.problemInformation = packet.properties?.requestProblemInformation ?? true
  connection.output.maximumPacketSizeBytes = packet.properties?.maximumPacketSizeBytes ?? Infinity
  const refusal = judge(core, packet)
  if (refusal !== undefined) {
    refuseConnect(core, connection, refusal.reasonCode, refusal.reason)
    return undefined
  }
  authenticate(core, connection, packet)
  return undefined
}

/** The authenticator has answered: the Client is refused, or has its Session and its CONNACK. */
export const authenticated = (core: Core, connection: Connection, result: AuthenticateResult): void => {
  connection.held = false
  const packet = connection.connect
  if (packet === undefined || connection.phase === 'closed') return
  if (result === false) return refuseConnect(core, connection, ReasonCode.NotAuthorized, 'not authorized')
  if (result !== true && isRefusal(result)) {
    return refuseConnect(core, connection, result.reasonCode, result.reasonString ?? 'refused by the authenticator')
  }
  accept(core, connection, packet, result === true ? {} : result)
}

/** A CONNACK with the reason, where the version has one for it, then the end [MQTT-3.2.2-7] [MQTT-3.1.4-2]. */
export const refuseConnect = (core: Core, connection: Connection, reasonCode: number, reason: string): void => {
  core.counters.connectsRefused++
  core.logger.info({ clientId: connection.connect?.clientId ?? '', reasonCode }, `CONNECT refused: ${reason}`)
  if (connection.version === 5 || RETURN_CODES.has(reasonCode)) {
    const properties: ConnackProperties = {
      reasonString: reason,
      ...(core.settings.serverReference !== undefined && { serverReference: core.settings.serverReference }),
    }
    connection.output.packet({ type: 'connack', sessionPresent: false, reasonCode, properties }, 0)
  }
  connection.output.end()
  connectionEnded(core, connection, reasonCode, reason)
}

/** Those that 3.1.1 can say in a Return Code; for any other the connection closes without a word. */
const RETURN_CODES: ReadonlySet<number> = new Set([
  ReasonCode.UnsupportedProtocolVersion,
  ReasonCode.ClientIdentifierNotValid,
  ReasonCode.BadUserNameOrPassword,
  ReasonCode.NotAuthorized,
  ReasonCode.ServerUnavailable,
  ReasonCode.ServerBusy,
  ReasonCode.Banned,
  ReasonCode.QuotaExceeded,
  ReasonCode.ConnectionRateExceeded,
  ReasonCode.ServerShuttingDown,
])

const no = (reasonCode: number, reason: string): Violation => ({ reasonCode, reason })

/** What can be said of a CONNECT without knowing who sends it. */
const judge = (core: Core, packet: ConnectPacket): Violation | undefined => {
  const { settings, limits } = core
  const { clientId, will, properties } = packet
  if (settings.serverReference !== undefined) return no(ReasonCode.UseAnotherServer, 'use another server')
  if (clientId === '' && (packet.protocolVersion === 3 || (packet.protocolVersion === 4 && !packet.cleanStart))) {
    return no(ReasonCode.ClientIdentifierNotValid, 'an empty Client Identifier [MQTT-3.1.3-8]')
  }
  // A character is at most three bytes for each unit of the string: counted only where that could be too much.
  if (clientId.length * 3 > limits.maximumClientIdBytes && utf8Length(clientId) > limits.maximumClientIdBytes) {
    return no(ReasonCode.ClientIdentifierNotValid, 'a Client Identifier beyond our limit')
  }
  if (properties?.authenticationMethod !== undefined) {
    return no(ReasonCode.BadAuthenticationMethod, 'an Authentication Method that is not supported [MQTT-4.12.0-1]')
  }
  if (will === undefined) return undefined
  const topicLimits = { maximumLevels: limits.maximumTopicLevels, maximumBytes: limits.maximumTopicBytes }
  const parsed = parseTopicName(will.topicName, topicLimits)
  if (isTopicRefusal(parsed)) {
    const tooLong = parsed.reason === 'too-long' || parsed.reason === 'too-many-levels'
    return no(tooLong ? ReasonCode.TopicNameInvalid : ReasonCode.MalformedPacket, 'a Will Topic that is none')
  }
  if (isReservedTopic(will.topicName)) return no(ReasonCode.TopicNameInvalid, 'a Will Topic that is ours')
  if (will.qos > settings.maximumQos)
    return no(ReasonCode.QosNotSupported, 'a Will above the Maximum QoS [MQTT-3.2.2-12]')
  if (will.retain && !settings.retainAvailable) {
    return no(ReasonCode.RetainNotSupported, 'a retained Will where that is not available [MQTT-3.2.2-13]')
  }
  return undefined
}

const authenticate = (core: Core, connection: Connection, packet: ConnectPacket): void => {
  const ask = core.edges.authenticate
  if (ask === undefined) return accept(core, connection, packet, { principal: '' })
  connection.phase = 'authenticating'
  connection.held = true
  connection.ticket = core.nextTicket++
  const { clientId, username, password, protocolVersion } = packet
  const result = ask(connection.ticket, {
    clientId,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    protocolVersion,
    peer: connection.peer,
  })
  if (result === undefined) core.waiting.set(connection.ticket, connection)
  else authenticated(core, connection, result)
}

const accept = (core: Core, connection: Connection, packet: ConnectPacket, grant: Grant): void => {
  const principal = grant.principal ?? packet.username ?? ''
  const assigned = packet.clientId === '' ? assignedClientId(core) : undefined
  const clientId = assigned ?? packet.clientId
  let session = core.sessions.get(clientId)
  if (session !== undefined && session.principal !== principal) {
    return refuseConnect(
      core,
      connection,
      ReasonCode.ClientIdentifierNotValid,
      'this Client Identifier is of another principal',
    )
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
    closeConnection(core, session.connection, VIOLATIONS.sessionTakenOver, packet.cleanStart)
  }
  if (session !== undefined && packet.cleanStart) endSession(core, session)
  if (session?.ended) session = undefined
  const sessionPresent = session !== undefined
  if (session === undefined) {
    if (core.sessions.size >= core.limits.maximumSessions) {
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
  const connack = {
    type: 'connack',
    sessionPresent: sessionPresent && packet.protocolVersion !== 3,
    reasonCode: ReasonCode.Success,
    properties: packet.protocolVersion === 5 ? connackProperties(core, connection, session, packet, assigned) : {},
  } as const
  if (!connection.output.packet(connack, session.staged)) {
    return closeConnection(core, connection, VIOLATIONS.packetTooLarge)
  }
  core.observation?.clientConnected(connection.info)
  core.logger.debug({ clientId, protocolVersion: packet.protocolVersion, sessionPresent }, 'client connected')
  if (!sessionPresent) return
  resend(core, session)
  windowOpened(core, session)
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
  core.counters.unauthenticatedConnections--
  core.counters.connectsAccepted++
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
  const { responseInformation } = settings
  return {
    ...(clamped && { sessionExpiryIntervalSeconds: given }),
    ...(limits.receiveMaximum < 0xffff && { receiveMaximum: limits.receiveMaximum }),
    ...(settings.maximumQos < 2 && { maximumQos: settings.maximumQos as 0 | 1 }),
    ...(!settings.retainAvailable && { retainAvailable: false }),
    ...(limits.maximumPacketSizeBytes < 268_435_460 && { maximumPacketSizeBytes: limits.maximumPacketSizeBytes }),
    ...(assignedClientId !== undefined && { assignedClientId }),
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
  const maximum = core.limits.maximumSessionExpirySeconds
  if (packet.protocolVersion < 5) return packet.cleanStart ? 0 : maximum
  const asked = packet.properties?.sessionExpiryIntervalSeconds ?? 0
  return Math.min(asked === NEVER ? Infinity : asked, maximum)
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

const utf8Length = (text: string): number => {
  let length = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}
