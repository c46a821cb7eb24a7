import type { LimitName, Settings } from '@godwit/mqtt-broker'
import type { ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import type { LinkConditions } from './world/link-conditions.ts'

/** Everything that a seed decides, as data: what is left out of it does not happen, and changes nothing else. */
export interface Plan {
  readonly seed: string
  /** What this seed is about; the rest is left out. */
  readonly features: readonly Feature[]
  readonly limits: Partial<Record<LimitName, number>>
  readonly settings: Partial<Settings>
  readonly durable: boolean
  /** Milliseconds until an authenticator answers; 0: at once. */
  readonly authenticationMs: number
  readonly clients: readonly ClientPlan[]
  readonly operations: readonly Operation[]
  readonly faults: readonly Fault[]
  readonly durationMs: number
  /** Undefined: what is rare stays rare. */
  readonly rarePaths?: RarePaths
}

/**
 * What the ports may do and hardly ever do, made common: the points that FoundationDB calls buggify. They are behind the ports, so that the code
 * under test is the same, and pays nothing for them.
 */
export interface RarePaths {
  /** The store answers a scan with so many records at a time. */
  readonly scanRecords: number
  /** What it has read it tells up to so much later; 0: at once. */
  readonly readMs: number
  /** Up to so long until a turn of the broker's loop ends. */
  readonly turnMs: number
  /** The socket of a library client keeps what it is given for up to so long, and says so; 0: it never does. */
  readonly fullSocketMs: number
  /** The store of a library client answers up to so much later; 0: at once. */
  readonly clientStoreMs: number
}

export const FEATURES = [
  'durable',
  'retained',
  'wills',
  'shared',
  'aliases',
  'expiry',
  'tiny-limits',
  'small-packets',
  'rights',
  'hostile',
  'library',
  'takeovers',
  'network-faults',
  'slow-readers',
  'crashes',
  'disk-faults',
  'clock-faults',
  'overlap',
  'refusals',
  'reserved-topics',
  'rare-paths',
] as const

export type Feature = (typeof FEATURES)[number]

export interface ClientPlan {
  readonly name: string
  readonly kind: 'raw' | 'hostile' | 'library'
  readonly version: ProtocolVersion
  readonly principal: string
  /** Seconds that its Session outlives a connection; 0: it ends with it. 3.1.1: 0 is Clean Session. */
  readonly sessionExpiryIntervalSeconds: number
  readonly receiveMaximum: number
  /** Undefined: none. */
  readonly maximumPacketSizeBytes: number | undefined
  readonly topicAliasMaximum: number
  readonly keepAliveSeconds: number
  readonly will: WillPlan | undefined
  /** How long its application thinks before it acknowledges. */
  readonly acknowledgesAfterMs: number
  /** It refuses one in so many messages; 0: none. */
  readonly refusesOneIn: number
  readonly reconnectsAfterMs: number
  readonly conditions: LinkConditions
}

export interface WillPlan {
  readonly topicName: string
  readonly qos: QoS
  readonly retain: boolean
  readonly willDelayIntervalSeconds: number
}

export type Operation = { readonly at: number; readonly client: string } & (
  | {
      readonly type: 'publish'
      readonly message: string
      readonly topicName: string
      readonly qos: QoS
      readonly retain: boolean
      /** An empty payload: the retained message of its topic goes. */
      readonly empty: boolean
      readonly fillerBytes: number
      readonly messageExpiryIntervalSeconds: number | undefined
      readonly userProperty: boolean
      readonly aliased: boolean
    }
  | {
      readonly type: 'subscribe'
      readonly topicFilter: string
      readonly qos: QoS
      readonly noLocal: boolean
      readonly retainAsPublished: boolean
      readonly retainHandling: 0 | 1 | 2
      readonly subscriptionIdentifier: number | undefined
    }
  | { readonly type: 'unsubscribe'; readonly topicFilter: string }
  /** A DISCONNECT; the client comes back later. */
  | {
      readonly type: 'disconnect'
      readonly reasonCode: 0 | 4
      readonly sessionExpiryIntervalSeconds: number | undefined
      readonly awayMs: number
    }
  /** A second connection with the same Client Identifier, while the first may be open. */
  | { readonly type: 'take-over'; readonly cleanStart: boolean }
  | { readonly type: 'ping' }
  /** Bytes, as a hostile client sends them. */
  | { readonly type: 'attack'; readonly kind: string; readonly choice: number }
  /** The process of a library client ends, and begins again on its store. */
  | { readonly type: 'restart-client' }
)

export type Fault = { readonly at: number } & (
  | { readonly type: 'cut'; readonly client: string; readonly afterBytes: number }
  | { readonly type: 'vanish'; readonly client: string }
  /** A library client gets what a server never sends. */
  | { readonly type: 'hostile-server'; readonly client: string; readonly kind: string }
  | { readonly type: 'slow-reader'; readonly client: string; readonly forMs: number }
  | {
      readonly type: 'crash'
      readonly how: 'killed' | 'power-lost'
      readonly downMs: number
      readonly wallJumpMs: number
    }
  | { readonly type: 'restart'; readonly downMs: number }
  | { readonly type: 'sync-failure'; readonly downMs: number }
  | { readonly type: 'disk-full'; readonly hard: boolean; readonly forMs: number }
  | { readonly type: 'slow-disk'; readonly latencyMs: number; readonly forMs: number }
  | { readonly type: 'bit-flip'; readonly place: number; readonly downMs: number }
  | { readonly type: 'wall-jump'; readonly byMs: number }
  | { readonly type: 'late-timers'; readonly lateMs: number; readonly forMs: number }
  | { readonly type: 'pause'; readonly forMs: number }
  /** Principals lose rights, or get them back. */
  | {
      readonly type: 'policy'
      readonly deniedWrites: readonly { readonly principal: string; readonly topicStart: string }[]
      readonly deniedReads: readonly { readonly principal: string; readonly topicStart: string }[]
    }
)
