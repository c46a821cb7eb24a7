import type { Packet, ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import type { MqttError } from '../errors.ts'
import type { Authentication } from '../ports/authentication.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Journal } from '../ports/journal.ts'
import type { TopicAliases } from '../ports/topic-aliases.ts'
import type { TlsOptions, Transport, WebSocketOptions } from '../ports/transport.ts'
import type { AbortSignalLike, Payload, UrlLike, UserProperties } from './structural.ts'

/** Where to connect: `mqtt://`, `mqtts://`, `ws://`, `wss://`; or a function that says so at each attempt (a signed URL). */
export type Target = string | UrlLike | ((attempt: Attempt) => string | UrlLike | Promise<string | UrlLike>)

export interface Attempt {
  /** 1 for the first since the client was made or was last stable. */
  readonly number: number
  readonly lastError: MqttError | undefined
  readonly signal: AbortSignalLike
}

export interface Credentials {
  readonly username?: string | undefined
  readonly password?: string | Uint8Array | undefined
}

export interface WillOptions {
  readonly topicName: string
  /** Default empty. */
  readonly payload?: Payload | undefined
  readonly qos?: QoS | undefined
  readonly retain?: boolean | undefined
  readonly willDelayIntervalSeconds?: number | undefined
  readonly messageExpiryIntervalSeconds?: number | undefined
  readonly contentType?: string | undefined
  readonly responseTopic?: string | undefined
  readonly correlationData?: Uint8Array | undefined
  readonly payloadFormatIndicator?: 0 | 1 | undefined
  readonly userProperties?: UserProperties | undefined
}

export interface ReconnectOptions {
  /** First window of the backoff, which doubles; the delay is anywhere in it (full jitter). Default 1,000. */
  readonly baseMs?: number | undefined
  /** Largest window. Default 60,000. */
  readonly maximumMs?: number | undefined
  /** `connect()` too waits through failures. Default false: the first connection fails at once. */
  readonly initial?: boolean | undefined
  /**
   * Whether to try again, or after how many milliseconds; 0: at once, also for the first connection. Default: `error.retryable`, and a Session
   * that is taken over is taken back three times at most. `attempt.number` counts since a connection last held for 30 s, so
   * `(error, { number }) => error.retryable && number < 10` gives up and closes the client after ten.
   */
  decide?(error: MqttError, attempt: { readonly number: number; readonly delayMs: number }): boolean | number
}

export interface OutboxOptions {
  /** Default 10,000. */
  readonly maximumMessages?: number | undefined
  /** Payloads and topics. Default 64 MiB. */
  readonly maximumBytes?: number | undefined
  /** A full outbox makes `publish` reject with `OUTBOX_FULL` (default), or the oldest message that waits, so that the new one has room. */
  readonly overflow?: 'reject' | 'drop-oldest' | undefined
}

/** Sees every packet. The packet's bytes are views: valid during the call. */
export type PacketTap = (direction: 'sent' | 'received', packet: Packet) => void

export interface ClientOptions extends Credentials {
  /** 3 = MQTT 3.1, 4 = 3.1.1, 5 = 5.0. Default `auto`: 5.0, and 3.1.1 where the server refuses that, or closes without an answer. */
  readonly version?: ProtocolVersion | 'auto' | undefined
  /** Default: 128 random bits. An identifier that the server assigned is kept. */
  readonly clientId?: string | undefined
  /** Asked before each attempt, so that a token can be fresh. Wins over `username` and `password`. */
  readonly credentials?: Credentials | ((attempt: Attempt) => Credentials | Promise<Credentials>) | undefined
  /** Enhanced authentication, 5.0: `enhancedAuthentication()` of `@godwit/mqtt-client/authentication`. */
  readonly authentication?: Authentication | undefined
  readonly will?: WillOptions | undefined
  /** Default 60; 0 turns it off. */
  readonly keepAliveSeconds?: number | undefined
  /**
   * Begin without what the server may have kept. Default true, false with a `store`. In 5.0 it concerns the first connection: a
   * reconnect resumes. In 3.1 and 3.1.1 it is Clean Session, and false where `sessionExpiryIntervalSeconds` is set.
   */
  readonly cleanStart?: boolean | undefined
  /** How long the server keeps the Session without a connection. Default 0; `never`: it does not expire. */
  readonly sessionExpiryIntervalSeconds?: number | 'never' | undefined
  /** Properties of CONNECT that the server may read. */
  readonly userProperties?: UserProperties | undefined
  readonly requestResponseInformation?: boolean | undefined
  readonly reconnect?: false | ReconnectOptions | undefined
  /** QoS 1 and 2 messages that the server may send before they are acknowledged, 5.0: a server of 3.1.1 cannot be told. Default 256. */
  readonly receiveMaximum?: number | undefined
  /** Own limit on unacknowledged outgoing QoS 1 and 2; the server's Receive Maximum holds too. Default 1,024. */
  readonly sendMaximum?: number | undefined
  /** Largest packet to accept. Default 1 MiB. */
  readonly maximumPacketSizeBytes?: number | undefined
  /** Topic Aliases of both directions, 5.0: `topicAliases()` of `@godwit/mqtt-client/aliases`. Default: none. */
  readonly topicAliases?: TopicAliases | undefined
  /** From dialling to CONNACK, for one attempt. Default 30,000. */
  readonly connectTimeoutMs?: number | undefined
  readonly outbox?: OutboxOptions | undefined
  /** Keeps the Session beyond this object: `journal()` of `@godwit/mqtt-client/store`. */
  readonly store?: Journal | undefined
  readonly tls?: TlsOptions | undefined
  readonly webSocket?: WebSocketOptions | undefined
  /** Default: by the URL's scheme. */
  readonly transport?: Transport | undefined
  readonly onPacket?: PacketTap | undefined
  /** Time and randomness. Default: the platform's. */
  readonly runtime?: Runtime | undefined
}
