import type { ConnectPacket } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import { isWellFormedUtf8 } from '@godwit/mqtt-codec/relay'
import { isTopicRefusal, parseTopicName } from '@godwit/mqtt-topics'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import { isRefusal } from '../ports/authenticator.ts'
import { acceptClient } from './accept-client.ts'
import { awaitAuthentication } from './await-authentication.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { beginAuthentication } from './enhanced-authentication.ts'
import { refuseConnect } from './refuse-connect.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { isReservedTopic } from './rights.ts'
import { countTopicRefusal } from './topic-filters.ts'
import type { Settings } from './settings.ts'

/** CONNECT (§3.1): judged, authenticated, then given its Session. */
export const connect = (core: Core, connection: Connection, packet: ConnectPacket): Violation | undefined => {
  if (connection.phase !== 'before-connect') return VIOLATIONS.secondConnect
  connection.connect = packet
  connection.version = packet.protocolVersion
  connection.output.version = packet.protocolVersion
  connection.problemInformation = wantsReasons(core.settings.reasonStrings, packet)
  connection.output.maximumPacketSizeBytes = packet.properties?.maximumPacketSizeBytes ?? Infinity
  const refusal = judge(core, packet)
  if (refusal !== undefined) {
    refuseConnect(core, connection, refusal.reasonCode, refusal.reason)
    return undefined
  }
  if (packet.properties?.authenticationMethod !== undefined) beginAuthentication(core, connection, packet)
  else authenticate(core, connection, packet)
  return undefined
}

/** The authenticator has answered: the Client is refused, or has its Session and its CONNACK. */
export const authenticated = (core: Core, connection: Connection, result: AuthenticateResult): void => {
  connection.held = false
  const packet = connection.connect
  if (packet === undefined || connection.phase === 'closed') return
  if (result === false) return refuseConnect(core, connection, ReasonCode.NotAuthorized, 'not authorized')
  if (result !== true && isRefusal(result)) {
    const { reasonCode, reasonString = 'refused by the authenticator' } = result
    return refuseConnect(core, connection, reasonCode, reasonString, result)
  }
  acceptClient(core, connection, packet, result === true ? {} : result)
}

const no = (reasonCode: number, reason: string): Violation => ({ reasonCode, reason })

/** What can be said of a CONNECT without knowing who sends it. */
const judge = (core: Core, packet: ConnectPacket): Violation | undefined => {
  const { settings, limits } = core
  const { clientId, will } = packet
  if (core.redirection !== undefined) return core.redirection
  const { refuse } = core.pressure
  if (refuse !== undefined) {
    core.counters.limitsMet[refuse]++
    return no(ReasonCode.ServerBusy, 'the server is busy')
  }
  if (clientId === '' && (packet.protocolVersion === 3 || (packet.protocolVersion === 4 && !packet.cleanStart))) {
    return no(ReasonCode.ClientIdentifierNotValid, 'an empty Client Identifier [MQTT-3.1.3-8]')
  }
  // A character is at most three bytes for each unit of the string: counted only where that could be too much.
  if (clientId.length * 3 > limits.maximumClientIdBytes && utf8Length(clientId) > limits.maximumClientIdBytes) {
    core.counters.limitsMet.maximumClientIdBytes++
    return no(ReasonCode.ClientIdentifierNotValid, 'a Client Identifier beyond our limit')
  }
  if (will === undefined) return undefined
  const topicLimits = { maximumLevels: limits.maximumTopicLevels, maximumBytes: limits.maximumTopicBytes }
  const parsed = parseTopicName(will.topicName, topicLimits)
  if (isTopicRefusal(parsed)) {
    // All that a decoder does not judge is its length.
    countTopicRefusal(core, parsed.reason)
    return no(ReasonCode.TopicNameInvalid, 'a Will Topic beyond our limits')
  }
  if (isReservedTopic(will.topicName)) return no(ReasonCode.TopicNameInvalid, 'a Will Topic that is ours')
  if (will.qos > settings.maximumQos)
    return no(ReasonCode.QosNotSupported, 'a Will above the Maximum QoS [MQTT-3.2.2-12]')
  if (settings.checkPayloadFormat && will.properties?.payloadFormatIndicator === 1 && !isText(will.payload)) {
    return no(ReasonCode.PayloadFormatInvalid, 'a Will that says it is text and is not')
  }
  if (will.retain && !settings.retainAvailable) {
    return no(ReasonCode.RetainNotSupported, 'a retained Will where that is not available [MQTT-3.2.2-13]')
  }
  return undefined
}

const authenticate = (core: Core, connection: Connection, packet: ConnectPacket): void => {
  const ask = core.edges.authenticate
  if (ask === undefined) return acceptClient(core, connection, packet, { principal: '' })
  awaitAuthentication(core, connection)
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

const wantsReasons = (reasonStrings: Settings['reasonStrings'], packet: ConnectPacket): boolean => {
  const asked = packet.properties?.requestProblemInformation
  return reasonStrings === 'when-asked' ? asked === true : reasonStrings === 'unless-declined' && asked !== false
}

const isText = (payload: Uint8Array): boolean => isWellFormedUtf8(payload, 0, payload.length)

const utf8Length = (text: string): number => {
  let length = 0
  for (const character of text) {
    const point = character.codePointAt(0)!
    length += point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4
  }
  return length
}
