import type { PublishProperties, QoS } from '@godwit/mqtt-codec'
import type { Limits } from '../core/limits.ts'
import type { Settings } from '../core/settings.ts'
import type { AuthenticationMechanism } from '../ports/authentication-mechanism.ts'
import type { Authenticate } from '../ports/authenticator.ts'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import type { Logger } from '../ports/logger.ts'
import type { Observer } from '../ports/observer.ts'
import type { Durability, Store } from '../ports/store.ts'
import type { RecoveryProgress } from '../shell/durable-shell.ts'

export interface BrokerOptions {
  /** Who may connect. Default: everybody, all of them one principal. */
  readonly authenticate?: Authenticate
  /**
   * Methods of enhanced authentication, such as `scramSha256` of `@godwit/mqtt-broker/auth`. A CONNECT without a method
   * goes to `authenticate`: `() => false` there lets nobody in without one. Default: none (0x8C).
   */
  readonly mechanisms?: readonly AuthenticationMechanism[]
  /** Who may publish where; asked once per Client and topic. Synchronous: anything but `true` is a no. Default: everybody. */
  readonly authorizePublish?: (client: ClientInfo, topicName: string) => boolean
  /** Who may subscribe to what; of a Shared Subscription the inner filter is asked for. Default: everybody. */
  readonly authorizeSubscribe?: (client: ClientInfo, topicFilter: string) => boolean | Promise<boolean>
  /** Limits other than the defaults of `LIMITS`. `Infinity` is unlimited. */
  readonly limits?: Partial<Limits>
  /** Choices that the specification leaves open. */
  readonly settings?: Partial<Settings>
  /** May refuse or rewrite, in this order. */
  readonly interceptors?: readonly Interceptor[]
  /**
   * Where Sessions, their messages and retained messages are written down, each acknowledgement waiting for it. The broker
   * closes it. Default: none, all of that lives in memory and ends with the process.
   */
  readonly store?: Store
  /** What the store must at least survive; one that promises less is refused. `none`: it is not used. Default: what it promises. */
  readonly durability?: Durability
  /** Hears how far reading the store has come, every 100,000 records and at the end. */
  readonly onRecovery?: (progress: RecoveryProgress) => void
  /** Milliseconds since 1970, for what has to be measured across a restart. Default: `Date.now`. */
  readonly wallClock?: () => number
  /** See what happens. */
  readonly observers?: readonly Observer[]
  /** Default: silence. */
  readonly logger?: Logger
}

/** Certificate and key of a listener, as PEM. */
export interface TlsListenOptions {
  readonly cert: string | Uint8Array
  readonly key: string | Uint8Array
  /** Authorities of Client certificates. */
  readonly ca?: string | Uint8Array
  /** Refuses Clients without a certificate of those authorities. Default: false. */
  readonly requireCertificate?: boolean
}

export interface ListenOptions {
  /** `mqtt://host:port`, `mqtts://`, `ws://host:port/path` or `wss://`; port 0 takes a free one. */
  readonly url: string
  readonly tls?: TlsListenOptions
  /** Origins of pages that may connect by WebSocket. Default: all of them. */
  readonly origins?: readonly string[]
}

/** A message that the embedding program publishes. */
export interface OwnMessage {
  readonly topicName: string
  readonly payload: Uint8Array | string
  /** Default: 0. */
  readonly qos?: QoS
  /** Default: false. */
  readonly retain?: boolean
  readonly properties?: PublishProperties
}
