import type { AuthPacket, ConnectPacket, Packet } from '@godwit/mqtt-codec'
import { ReasonCode } from '@godwit/mqtt-codec'
import type { AuthenticationExchange, AuthenticationStep } from '../ports/authentication-mechanism.ts'
import type { Grant } from '../ports/grant.ts'
import { acceptClient } from './accept-client.ts'
import { awaitAuthentication } from './await-authentication.ts'
import { closeConnection, connectionEnded } from './close.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import { endExchange, type PendingExchange } from './exchange.ts'
import { replaceGrant } from './grants.ts'
import { refuseConnect } from './refuse-connect.ts'
import { wakeReplays } from './retained-replays.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'

/** CONNECT with an Authentication Method: its mechanism decides, and no CONNACK leaves before it has. */
export const beginAuthentication = (core: Core, connection: Connection, packet: ConnectPacket): void => {
  const { authenticationMethod = '', authenticationData } = packet.properties ?? {}
  const exchange = begin(core, connection, packet, authenticationMethod, undefined)
  if (exchange === undefined) {
    // [MQTT-4.12.0-1]
    const reason = 'an Authentication Method that is not supported'
    return refuseConnect(core, connection, ReasonCode.BadAuthenticationMethod, reason)
  }
  awaitAuthentication(core, connection)
  connection.exchange = { exchange, rounds: 0, deadline: undefined }
  step(core, connection, connection.exchange, authenticationData)
}

/** AUTH (§3.15): the next step of an exchange, or the first of a re-authentication. */
export const authReceived = (core: Core, connection: Connection, packet: AuthPacket): Violation | undefined => {
  const method = connection.connect?.properties?.authenticationMethod
  if (method === undefined) return VIOLATIONS.authWithoutMethod
  if (packet.properties?.authenticationMethod !== method) return VIOLATIONS.authenticationMethodChanged
  const { exchange: pending } = connection
  const data = packet.properties.authenticationData
  if (pending === undefined) {
    if (packet.reasonCode !== ReasonCode.ReAuthenticate) return VIOLATIONS.authOutOfTurn
    return beginReauthentication(core, connection, method, data)
  }
  // [MQTT-4.12.0-3]
  if (packet.reasonCode !== ReasonCode.ContinueAuthentication) return VIOLATIONS.authOutOfTurn
  step(core, connection, pending, data)
  return undefined
}

/** [MQTT-3.1.2-30] Nothing but AUTH and DISCONNECT comes before CONNACK where an Authentication Method was named. */
export const beforeConnack = (core: Core, connection: Connection, packet: Packet): Violation | undefined => {
  if (packet.type !== 'disconnect') return VIOLATIONS.authBeforeConnack
  core.counters.connectsRefused++
  connection.output.end()
  connectionEnded(core, connection, packet.reasonCode, 'it left before it was let in')
  return undefined
}

/** The mechanism has answered. */
export const authenticationStepped = (core: Core, connection: Connection, answer: AuthenticationStep): void => {
  connection.held = false
  if (connection.session !== undefined) wakeReplays(core, connection.session)
  const { exchange: pending } = connection
  if (pending === undefined || connection.phase === 'closed') return
  if (answer.type === 'continue') return goOn(core, connection, pending, answer.data)
  endExchange(core, connection)
  if (answer.type === 'refused' && answer.detail !== undefined) {
    core.logger.info(
      { clientId: connection.connect!.clientId, detail: answer.detail },
      'enhanced authentication failed',
    )
  }
  if (connection.phase === 'authenticating') settleConnect(core, connection, answer)
  else settleReauthentication(core, connection, answer)
}

/** Meanwhile everything else goes on with the rights that the Client has had (§4.12.1). */
const beginReauthentication = (
  core: Core,
  connection: Connection,
  method: string,
  data: Uint8Array | undefined,
): Violation | undefined => {
  const exchange = begin(core, connection, connection.connect!, method, connection.session!.principal)
  if (exchange === undefined) return VIOLATIONS.authOutOfTurn
  const deadline = new Deadline(() => {
    core.counters.authenticationTimeouts++
    core.counters.limitsMet.authenticationTimeoutMs++
    failReauthentication(
      core,
      connection,
      connection.held ? VIOLATIONS.authenticatorUnanswered : VIOLATIONS.authenticationUnanswered,
    )
  })
  core.deadlines.arm(deadline, core.now + core.limits.authenticationTimeoutMs)
  connection.exchange = { exchange, rounds: 0, deadline }
  step(core, connection, connection.exchange, data)
  return undefined
}

const begin = (
  core: Core,
  connection: Connection,
  packet: ConnectPacket,
  method: string,
  principal: string | undefined,
): AuthenticationExchange | undefined => {
  const { username, password } = packet
  return core.edges.beginAuthentication?.(method, {
    clientId: connection.session?.clientId ?? packet.clientId,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    peer: connection.peer,
    ...(principal !== undefined && { principal }),
  })
}

const step = (core: Core, connection: Connection, pending: PendingExchange, data: Uint8Array | undefined): void => {
  connection.held = true
  connection.ticket = core.nextTicket++
  const answer = core.edges.stepAuthentication!(connection.ticket, pending.exchange, data)
  if (answer === undefined) core.waiting.set(connection.ticket, connection)
  else authenticationStepped(core, connection, answer)
}

const goOn = (core: Core, connection: Connection, pending: PendingExchange, data: Uint8Array | undefined): void => {
  if (pending.rounds >= core.limits.maximumAuthenticationRounds) {
    core.counters.limitsMet.maximumAuthenticationRounds++
    const { reasonCode, reason } = VIOLATIONS.authenticationRounds
    if (connection.phase === 'authenticating') refuseConnect(core, connection, reasonCode, reason)
    else failReauthentication(core, connection, VIOLATIONS.authenticationRounds)
    return
  }
  pending.rounds++
  sendAuth(core, connection, ReasonCode.ContinueAuthentication, data)
}

/** [MQTT-4.12.0-2] [MQTT-4.12.0-5] */
const sendAuth = (core: Core, connection: Connection, reasonCode: number, data: Uint8Array | undefined): void => {
  const properties = {
    authenticationMethod: connection.connect!.properties!.authenticationMethod!,
    ...(data !== undefined && { authenticationData: data }),
  }
  if (connection.output.packet({ type: 'auth', reasonCode, properties }, 0)) return
  const { reasonCode: tooLarge, reason } = VIOLATIONS.packetTooLarge
  if (connection.phase === 'authenticating') refuseConnect(core, connection, tooLarge, reason)
  else closeConnection(core, connection, VIOLATIONS.packetTooLarge)
}

type Settled = Exclude<AuthenticationStep, { readonly type: 'continue' }>

const settleConnect = (core: Core, connection: Connection, answer: Settled): void => {
  if (answer.type === 'success') return acceptClient(core, connection, connection.connect!, answer.grant, answer.data)
  // [MQTT-4.12.0-4]
  refuseConnect(core, connection, answer.reasonCode, answer.reasonString ?? 'refused by the mechanism', answer)
}

const settleReauthentication = (core: Core, connection: Connection, answer: Settled): void => {
  if (answer.type === 'refused') {
    const { reasonString: reason = 'the re-authentication failed' } = answer
    return failReauthentication(core, connection, { ...answer, reason })
  }
  const session = connection.session!
  if (principalOf(answer.grant, connection) !== session.principal) {
    return failReauthentication(core, connection, VIOLATIONS.principalChanged)
  }
  core.counters.reauthentications++
  replaceGrant(core, session, answer.grant)
  sendAuth(core, connection, ReasonCode.Success, answer.data)
}

/** [MQTT-4.12.1-2] The Session stays: whoever it belongs to may still prove it. */
const failReauthentication = (core: Core, connection: Connection, violation: Violation): void => {
  core.counters.reauthenticationsRefused++
  endExchange(core, connection)
  closeConnection(core, connection, violation)
}

const principalOf = (grant: Grant, connection: Connection): string =>
  grant.principal ?? connection.connect?.username ?? ''
