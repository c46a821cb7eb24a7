import type { DecodeFailure, Packet } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { explainFailure } from '@godwit/mqtt-codec/explain'
import { hasControlCharacter, isWellFormedUtf8 } from '@godwit/mqtt-codec/relay'
import { SubscriptionIndex, parseTopicName, type TopicRefusal } from '@godwit/mqtt-topics'
import type { Edges } from '../ports/edges.ts'
import type { Refusal } from '../ports/grant.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import type { Logger } from '../ports/logger.ts'
import type { Observer } from '../ports/observer.ts'
import { acknowledgement } from './acknowledgements.ts'
import { Admission } from './admission.ts'
import { CONNECTION_LOST, closeConnection, connectionEnded } from './close.ts'
import { authenticated, connect } from './connect.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { Counters } from './counters.ts'
import { Deadlines } from './deadlines.ts'
import { hasRoom } from './delivery.ts'
import { disconnect } from './disconnect.ts'
import type { BrokerEvent } from './events.ts'
import { recheckRights, replaceGrant } from './grants.ts'
import { continueGraves } from './exhume.ts'
import { watchConnect } from './keep-alive.ts'
import type { Limits } from './limits.ts'
import { Observation } from './observation.ts'
import type { CommitNumber, Staging } from './output.ts'
import { publishOwn } from './own-messages.ts'
import { authReceived, authenticationStepped, beforeConnack } from './enhanced-authentication.ts'
import { noPressure, relieve } from './pressure.ts'
import { publish } from './publish.ts'
import { Records } from './records.ts'
import { Recovery } from './recovery.ts'
import { refuseConnect } from './refuse-connect.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { RetainedMessages } from './retained-messages.ts'
import { continueReplays, wakeReplays } from './retained-replays.ts'
import { continueStalled, recordsLoaded } from './stalled.ts'
import { RoutedMessage } from './routed-message.ts'
import { resolveRoute } from './router.ts'
import { redirectionOf } from './server-reference.ts'
import type { Settings } from './settings.ts'
import type { Route, Subscriber } from './subscription.ts'
import { finishSubscribe, subscribe, unsubscribe } from './subscribe.ts'
import { assertSound } from './sound-counters.ts'

export interface BrokerCoreOptions {
  readonly limits: Limits
  readonly settings: Settings
  readonly edges: Edges
  readonly logger: Logger
  readonly staging: Staging
  readonly interceptors: readonly Interceptor[]
  readonly observers: readonly Observer[]
  /** Strings of UTF-8 that is known to be well-formed. */
  readonly decodeText: (bytes: Uint8Array, start: number, end: number) => string
  /** Makes the places of topics in the tables unguessable. */
  readonly hashSeed: number
}

/**
 * The whole of MQTT that a Server does, without a socket, a clock, a disk or a random number of its own. It awaits
 * nothing: two entrances for the hot path, one for everything else. It acts on the Outputs of its connections.
 */
export class BrokerCore {
  readonly #core: Core

  constructor(options: BrokerCoreOptions) {
    const { limits, settings, edges, logger, staging, interceptors, observers, hashSeed } = options
    const counters = new Counters()
    const deadlines = new Deadlines()
    const records = new Records(staging)
    this.#core = {
      limits,
      settings,
      counters,
      admission: new Admission(limits, counters),
      deadlines,
      edges,
      logger,
      interceptors,
      observation: observers.length === 0 ? undefined : new Observation(observers, logger),
      staging,
      index: new SubscriptionIndex<Subscriber, Route>({
        resolve: (topicName, subscribers) => resolveRoute(settings, topicName, subscribers),
        maximumEntries: limits.matcherEntries,
        maximumEntryBytes: limits.matcherEntryBytes,
        judge: (bytes, start, end) => judgeTopicName(options, bytes, start, end),
        hashSeed,
      }),
      sessions: new Map(),
      groups: new Map(),
      records,
      loads: new Map(),
      stalled: new Set(),
      graves: [],
      exhuming: false,
      retained: new RetainedMessages(limits, counters, deadlines, records),
      replaying: new Set(),
      connections: new Set(),
      waiting: new Map(),
      takeovers: new Map(),
      pressure: noPressure(limits),
      redirection: redirectionOf(settings),
      inHand: new RoutedMessage(),
      now: 0,
      leastCommit: 0,
      effort: 0,
      nextSerial: 1,
      nextTicket: 1,
    }
  }

  get counters(): Counters {
    return this.#core.counters
  }

  /** What has been done so far, in deliveries: a driver sees from it what its packets cost. */
  get effort(): number {
    return this.#core.effort
  }

  /** One structure for everything that is due: what the engine watches is in it, too. */
  get deadlines(): Deadlines {
    return this.#core.deadlines
  }

  /** Topics that the matcher remembers. */
  get topicEntries(): number {
    return this.#core.index.entries
  }

  /** Whether one more connection may be, from this address, while so many are open. What is refused is counted. */
  admits(address: string | undefined, open: number, now: number): boolean {
    return this.#core.admission.admits(address, open, now)
  }

  get connections(): ReadonlySet<Connection> {
    return this.#core.connections
  }

  /** A PUBLISH of an open connection. The frame is valid during the call only. */
  publish(connection: Connection, frame: PublishFrame, now: number): Violation | undefined {
    this.#core.now = now
    return publish(this.#core, connection, frame)
  }

  /** PUBACK, PUBREC, PUBREL or PUBCOMP of an open connection. */
  acknowledgement(
    connection: Connection,
    type: number,
    packetId: number,
    reasonCode: number,
    now: number,
  ): Violation | undefined {
    this.#core.now = now
    return acknowledgement(this.#core, connection, type, packetId, reasonCode)
  }

  /** All the rest. */
  handle(event: BrokerEvent, now: number): void {
    const core = this.#core
    core.now = now
    switch (event.type) {
      case 'connection-opened':
        return this.#opened(event.connection)
      case 'connection-lost':
        return connectionEnded(core, event.connection, CONNECTION_LOST.reasonCode, event.reason)
      case 'packet-received':
        return this.#received(event.connection, event.packet)
      case 'packet-refused':
        return this.#refused(event.connection, event.failure)
      case 'rule-broken':
        return this.#broken(event.connection, event.violation)
      case 'client-authenticated':
        return this.#answered(event.ticket, (connection) => authenticated(core, connection, event.result))
      case 'authentication-stepped':
        return this.#answered(event.ticket, (connection) => authenticationStepped(core, connection, event.step))
      case 'subscriptions-authorized':
        return this.#answered(event.ticket, (connection) => finishSubscribe(core, connection, event.verdicts))
      case 'records-loaded':
        return recordsLoaded(core, event.ticket, event.records)
      case 'client-disconnected':
        return this.#disconnected(event.clientId, event.refusal)
      case 'clients-redirected':
        core.redirection = redirectionOf(event)
        if (core.redirection === undefined) return
        for (const connection of [...core.connections]) this.#end(connection, core.redirection)
        return
      case 'grant-replaced': {
        const session = core.sessions.get(event.clientId)
        return session === undefined ? undefined : replaceGrant(core, session, event.grant)
      }
      case 'rights-changed':
        return recheckRights(core)
      case 'broker-closing':
        for (const connection of [...core.connections]) closeConnection(core, connection, VIOLATIONS.shuttingDown)
        return
      case 'pressure-measured':
        return relieve(core, event)
      case 'time-passed':
        return core.deadlines.run(now)
    }
  }

  /** At the end of each turn of the loop: work that was left for later. True: there is more that could be done at once. */
  continue(now: number): boolean {
    const core = this.#core
    assertSound(core.counters)
    if (!this.unfinished) return false
    core.now = now
    if (core.stalled.size > 0) continueStalled(core)
    if (core.graves.length > 0) continueGraves(core)
    return core.replaying.size > 0 && continueReplays(core)
  }

  /** Whether a turn of the loop has something to go on with, as soon as a Client reads or a commit is done. */
  get unfinished(): boolean {
    const { replaying, stalled, graves } = this.#core
    return replaying.size > 0 || stalled.size > 0 || graves.length > 0
  }

  /** Publishes a message of the embedding program; the commit that makes it durable, 0: nothing was written down. */
  publishOwn(bytes: Uint8Array, topicName: string, now: number): CommitNumber {
    this.#core.now = now
    publishOwn(this.#core, bytes, topicName, undefined)
    return this.#core.records.touched
  }

  /** The broker's time, which goes on across restarts: milliseconds. */
  brokerTime(now: number): number {
    return Math.max(0, Math.round(now + this.#core.records.clockOffsetMs))
  }

  /** Reads what an earlier process wrote down; nothing else may be asked of the core before it has finished. */
  recover(now: number, wallMs: number): Recovery {
    this.#core.now = now
    return new Recovery(this.#core, wallMs)
  }

  /** Something of a connection's output has left. True: what waited for that can go on, with `continue`. */
  drained(connection: Connection): boolean {
    const { session } = connection
    if (session?.replays === undefined || !hasRoom(this.#core, session)) return false
    wakeReplays(this.#core, session)
    return true
  }

  /** When `time-passed` is due next: milliseconds of the monotonic clock, Infinity for never. */
  nextDeadline(): number {
    return this.#core.deadlines.next
  }

  #opened(connection: Connection): void {
    const core = this.#core
    core.connections.add(connection)
    core.counters.connectionsOpened++
    core.counters.connections = core.connections.size
    core.admission.entered(connection.peer.remoteAddress)
    watchConnect(core, connection, (reasonCode, reason) => refuseConnect(core, connection, reasonCode, reason))
  }

  #received(connection: Connection, packet: Packet): void {
    if (connection.phase === 'closed') return
    const violation = this.#handlePacket(connection, packet)
    if (violation !== undefined) this.#broken(connection, violation)
  }

  #handlePacket(connection: Connection, packet: Packet): Violation | undefined {
    const core = this.#core
    if (packet.type === 'connect') return connect(core, connection, packet)
    if (packet.type === 'auth' && connection.phase !== 'before-connect') return authReceived(core, connection, packet)
    if (connection.phase === 'authenticating') return beforeConnack(core, connection, packet)
    if (connection.phase !== 'open') return VIOLATIONS.notConnected
    switch (packet.type) {
      case 'subscribe':
        return subscribe(core, connection, packet)
      case 'unsubscribe':
        return unsubscribe(core, connection, packet)
      case 'disconnect':
        return disconnect(core, connection, packet)
      case 'pingreq':
        connection.output.pingresp()
        return undefined
      default:
        return VIOLATIONS.serverPacket
    }
  }

  /** Bytes that are no packet. Before the CONNECT is accepted a Server may answer with a CONNACK, never a DISCONNECT. */
  #refused(connection: Connection, failure: DecodeFailure): void {
    const core = this.#core
    const { limitsMet } = core.counters
    if (failure.kind === 'packet-too-large') {
      core.counters.packetsTooLarge++
      limitsMet[connection.phase === 'open' ? 'maximumPacketSizeBytes' : 'maximumConnectPacketSizeBytes']++
    }
    if (failure.limit === 'maximumUserProperties' || failure.limit === 'maximumUserPropertyBytes') {
      limitsMet[failure.limit]++
    }
    const { reasonCode } = failure
    const reason = explainFailure(failure)
    if (connection.phase === 'before-connect' && failure.protocolVersion !== undefined) {
      connection.version = failure.protocolVersion
      connection.output.version = failure.protocolVersion
      return refuseConnect(core, connection, reasonCode, reason)
    }
    this.#broken(connection, { reasonCode, reason })
  }

  #broken(connection: Connection, violation: Violation): void {
    const core = this.#core
    if (connection.phase === 'closed') return
    core.counters.protocolErrors++
    core.logger.info(
      { clientId: connection.session?.clientId ?? '', reasonCode: violation.reasonCode },
      `connection closed: ${violation.reason}`,
    )
    this.#end(connection, violation)
  }

  #answered(ticket: number, continueWith: (connection: Connection) => void): void {
    const { waiting } = this.#core
    const connection = waiting.get(ticket)
    if (connection === undefined) return
    waiting.delete(ticket)
    continueWith(connection)
    connection.driver.released()
  }

  #disconnected(clientId: string, refusal: Refusal): void {
    const connection = this.#core.sessions.get(clientId)?.connection
    if (connection === undefined) return
    closeConnection(this.#core, connection, {
      reason: refusal.reasonString ?? 'disconnected by the operator',
      ...refusal,
    })
  }

  /** Before its CONNACK a Client is told with that, then with a DISCONNECT. */
  #end(connection: Connection, violation: Violation): void {
    if (connection.phase === 'authenticating') {
      return refuseConnect(this.#core, connection, violation.reasonCode, violation.reason)
    }
    closeConnection(this.#core, connection, violation)
  }
}

/** Decodes and checks a Topic Name, once for as long as the table of topics remembers it. */
const judgeTopicName = (
  options: BrokerCoreOptions,
  bytes: Uint8Array,
  start: number,
  end: number,
): string | TopicRefusal => {
  const { limits, settings } = options
  if (!isWellFormedUtf8(bytes, start, end)) return { refused: true, reason: 'ill-formed-utf8', at: 0 }
  if (!settings.allowControlCharacters && hasControlCharacter(bytes, start, end)) {
    return { refused: true, reason: 'control-character', at: 0 }
  }
  const parsed = parseTopicName(options.decodeText(bytes, start, end), {
    maximumLevels: limits.maximumTopicLevels,
    maximumBytes: limits.maximumTopicBytes,
  })
  return parsed
}
