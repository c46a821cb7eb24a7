import type { ConnectPacket, ProtocolVersion, SubscribePacket } from '@godwit/mqtt-codec'
import type { IncomingTopicAliases } from '@godwit/mqtt-qos'
import type { TopicEntry } from '@godwit/mqtt-topics'
import type { PeerInfo } from '@godwit/mqtt-transport'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Grant } from '../ports/grant.ts'
import type { Deadline } from './deadlines.ts'
import type { PendingExchange } from './exchange.ts'
import type { Output } from './output.ts'
import type { Session } from './session.ts'
import type { Route } from './subscription.ts'

/** What the engine does with a connection when the core says so. */
export interface Driver {
  /** The core has its answer: go on with the bytes that were held. */
  released(): void
}

export type Phase = 'before-connect' | 'authenticating' | 'open' | 'closed'

/** One Network Connection, as the core knows it. */
export class Connection {
  readonly output: Output
  readonly driver: Driver
  readonly peer: PeerInfo
  phase: Phase = 'before-connect'
  /** The version of its CONNECT; 3.1.1 before that. */
  version: ProtocolVersion = 4
  session: Session | undefined
  connect: ConnectPacket | undefined
  grant: Grant = {}
  /** An answer of another is awaited: nothing of this connection is read meanwhile. */
  held = false
  /** It is not read, because too much waits to be committed or there is no room. */
  throttled = false
  /** Names the answer that is awaited: an answer with another ticket is stale. */
  ticket = 0
  subscribe: SubscribePacket | undefined
  /** An exchange of AUTH packets that is under way. */
  exchange: PendingExchange | undefined
  aliases: IncomingTopicAliases<Uint8Array> | undefined
  /** Milliseconds of the monotonic clock at which the last bytes came. */
  receivedAt = 0
  connectedAt = 0
  /** Bytes that ever came, and as many as had come when the pressure was last measured. */
  bytesReceived = 0
  bytesMeasured = 0
  /** It is read at a trickle, because memory or time is short and it sends more than others. */
  trickles = false
  /** It is not read for a while: what it does not say meanwhile is not held against it. */
  rests = false
  /** What is enforced; 0: nothing. */
  keepAliveSeconds = 0
  /** Connect timeout first, then Keep Alive. */
  deadline: Deadline | undefined
  /** Whether the Client is told in words why something was refused: by its CONNECT and the settings (§3.1.2.11.7). */
  problemInformation = false
  /** The topic of its last message. */
  lastTopic: TopicEntry<Route> | undefined
  /** The last right that was asked for, so that it is not asked again for each message. */
  lastTopicName: string | undefined
  lastTopicAllowed = false
  /** Rights of topics other than the last one. */
  rights: Map<string, boolean> | undefined

  constructor(output: Output, driver: Driver, peer: PeerInfo, now: number) {
    this.output = output
    this.driver = driver
    this.peer = peer
    this.receivedAt = now
  }

  get info(): ClientInfo {
    const { session, connect } = this
    return {
      clientId: session?.clientId ?? connect?.clientId ?? '',
      principal: session?.principal ?? '',
      username: connect?.username,
      protocolVersion: this.version,
      peer: this.peer,
      connectedAtMs: this.connectedAt,
      keepAliveSeconds: this.keepAliveSeconds,
      cleanStart: connect?.cleanStart ?? true,
      sessionExpiryIntervalSeconds: session?.expiryIntervalSeconds ?? 0,
      subscriptions: session?.subscriptions?.size ?? 0,
    }
  }
}
