import type { ConnackPacket, ConnackProperties, DisconnectPacket, ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import type { MqttError } from '../errors.ts'
import type { Message } from './message.ts'
import type { PublishOptions, PublishResult } from './publish.ts'
import type { CallOptions, Payload, UserProperties } from './structural.ts'
import type { SubscribeOptions, Subscription } from './subscription.ts'

/**
 * `idle`: nothing asked for a connection yet. `connecting`: dialling or in the handshake. `online`: after CONNACK. `waiting`: for the
 * next attempt. `closing`: draining. `closed`: for good.
 */
export type ClientState = 'idle' | 'connecting' | 'online' | 'waiting' | 'closing' | 'closed'

/** What CONNACK said, with the defaults of the specification filled in. */
export interface ServerInfo {
  readonly url: string
  readonly version: ProtocolVersion
  readonly clientId: string
  readonly sessionPresent: boolean
  readonly keepAliveSeconds: number
  readonly sessionExpiryIntervalSeconds: number
  readonly receiveMaximum: number
  readonly maximumPacketSizeBytes: number
  readonly topicAliasMaximum: number
  readonly maximumQos: QoS
  readonly retainAvailable: boolean
  readonly wildcardSubscriptionAvailable: boolean
  readonly sharedSubscriptionAvailable: boolean
  readonly subscriptionIdentifiersAvailable: boolean
  /** CONNACK's properties as they came. */
  readonly properties: ConnackProperties
}

export interface ClientStats {
  /** In the outbox: not sent yet. */
  readonly queuedMessages: number
  readonly queuedBytes: number
  /** Sent at QoS 1 or 2, not settled yet. */
  readonly unacknowledgedMessages: number
  /** Received at QoS 1 or 2, not acknowledged yet. */
  readonly unacknowledgedDeliveries: number
}

export interface ClientEvents {
  state: { readonly state: ClientState; readonly previous: ClientState }
  /** `resumed`: the server had the Session. False means that everything was subscribed anew. */
  online: { readonly connack: ConnackPacket; readonly resumed: boolean }
  /** The connection is gone; `retry` or `state: closed` follows. */
  offline: MqttError
  retry: { readonly delayMs: number; readonly attempt: number; readonly error: MqttError }
  /** The server's DISCONNECT, 5.0. */
  disconnect: DisconnectPacket
  /** A message that no Subscription asked for: left over in a resumed Session. */
  message: Message
  /** What no promise carries: a handler that threw, a server that broke the protocol. */
  error: MqttError
}

export interface CloseOptions extends CallOptions {
  /** Wait for the outbox and for acknowledgements while online: true (default, at most 10 s), at most so many ms, or false. */
  readonly drain?: boolean | number | undefined
  /** Of DISCONNECT. Default 0; 4 makes the server publish the Will. */
  readonly reasonCode?: number | undefined
  readonly reasonString?: string | undefined
  /** 5.0: changes how long the server keeps the Session. */
  readonly sessionExpiryIntervalSeconds?: number | undefined
  readonly userProperties?: UserProperties | undefined
}

export interface Client extends AsyncDisposable {
  readonly state: ClientState
  readonly clientId: string
  /** Of the current or last connection; undefined before the first CONNACK. */
  readonly server: ServerInfo | undefined
  readonly stats: ClientStats
  /** Resolves at CONNACK, at once when online. Every publish, subscribe and ping begins to connect by itself. */
  connect(options?: CallOptions): Promise<ConnackPacket>
  /** Drops the connection, if there is one, and makes another at once. */
  reconnect(options?: CallOptions): Promise<ConnackPacket>
  /** Resolves with the milliseconds until PINGRESP. */
  ping(options?: CallOptions): Promise<number>
  /** @throws MqttError `PUBLISH_REFUSED`, `PACKET_TOO_LARGE`, `NOT_SUPPORTED`, `EXPIRED`, `OUTBOX_FULL`, `OFFLINE`, `CLOSED` */
  publish(topicName: string, payload: Payload, options?: PublishOptions): Promise<PublishResult>
  /** Resolves at SUBACK; rejects with `SUBSCRIBE_REFUSED` when every filter was refused. */
  subscribe<const F extends string>(
    topicFilters: F | readonly F[],
    options?: SubscribeOptions & CallOptions,
  ): Promise<Subscription<F>>
  subscribe<const F extends string>(
    topicFilters: F | readonly F[],
    handler: (message: Message<F>) => unknown,
    options?: SubscribeOptions & CallOptions,
  ): Promise<Subscription<F>>
  /** Ends these filters for every Subscription that has them. Resolves with UNSUBACK's Reason Codes (none in 3.1 and 3.1.1). */
  unsubscribe(topicFilters: string | readonly string[], options?: CallOptions): Promise<readonly number[]>
  /** DISCONNECT, in every state, as often as you like. Every open promise has settled when it resolves. */
  close(options?: CloseOptions): Promise<void>
  /** Returns the way to stop listening. */
  on<K extends keyof ClientEvents>(event: K, listener: (value: ClientEvents[K]) => void): () => void
}
