import type { ConnackPacket, DisconnectPacket } from '@godwit/mqtt-codec'
import type { Client, ClientEvents, ClientState, ClientStats, CloseOptions, ServerInfo } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { MqttError } from '../errors.ts'
import type { ClientInternals } from './client-internals.ts'
import { operation } from './operation.ts'
import type { Handler } from './receiver.ts'
import { checkEncodable, propertiesOf } from './values.ts'

/** How long `close` waits for what is under way. */
const DRAIN_MS = 10_000

/** The public face: promises over the Session and its connections. */
export class MqttClient implements Client {
  readonly #internals: ClientInternals

  constructor(internals: ClientInternals) {
    this.#internals = internals
  }

  get state(): ClientState {
    return this.#internals.connector.state
  }
  get clientId(): string {
    return this.#internals.connector.clientId
  }
  get server(): ServerInfo | undefined {
    return this.#internals.connector.server
  }
  get stats(): ClientStats {
    const { outgoing, incoming } = this.#internals
    return {
      queuedMessages: outgoing.queued,
      queuedBytes: outgoing.bytes,
      unacknowledgedMessages: outgoing.unacknowledged,
      unacknowledgedDeliveries: incoming.unacknowledged,
    }
  }

  connect(call?: CallOptions): Promise<ConnackPacket> {
    return this.#whenOnline(call, false)
  }
  reconnect(call?: CallOptions): Promise<ConnackPacket> {
    return this.#whenOnline(call, true)
  }
  #whenOnline(call: CallOptions | undefined, isAnew: boolean): Promise<ConnackPacket> {
    return this.#internals.operation(call, (settle) => {
      const { connector, lastConnack, connecting } = this.#internals
      const { state } = connector
      if (state === 'online' && lastConnack && !isAnew) return settle(undefined, lastConnack)
      const giveUp = connecting.add(settle)
      if (isAnew && state !== 'idle') connector.anew()
      else connector.start()
      return giveUp
    })
  }

  ping(call?: CallOptions): Promise<number> {
    const { runtime, connector, pings } = this.#internals
    return operation(runtime, call, (settle) => {
      const connection = connector.online()
      if (!connection) return settle(new MqttError('OFFLINE'))
      const giveUp = pings.add(settle)
      connection.probe(runtime.now())
      connector.arm()
      return giveUp
    })
  }

  publish(topicName: string, payload: Payload, call?: PublishOptions): Promise<PublishResult> {
    return this.#internals.publish(topicName, payload, call)
  }

  subscribe<const F extends string>(
    topicFilters: F | readonly F[],
    handlerOrOptions?: ((message: Message<F>) => unknown) | (SubscribeOptions & CallOptions),
    more: SubscribeOptions & CallOptions = {},
  ): Promise<Subscription<F>> {
    const handler = typeof handlerOrOptions === 'function' ? (handlerOrOptions as Handler) : undefined
    const call = typeof handlerOrOptions === 'object' ? handlerOrOptions : more
    return this.#internals.operation<Subscription>(call, (settle) => {
      const { connector, subscriptions } = this.#internals
      connector.start()
      return subscriptions.subscribe([topicFilters].flat(), handler, call, settle)
    }) as Promise<Subscription<F>>
  }
  unsubscribe(topicFilters: string | readonly string[], call?: CallOptions): Promise<readonly number[]> {
    return this.#internals.operation(call, (settle) => {
      const { connector, subscriptions } = this.#internals
      connector.start()
      return subscriptions.unsubscribe([topicFilters].flat(), settle)
    })
  }

  async close(call: CloseOptions = {}): Promise<void> {
    const internals = this.#internals
    const { runtime, connector, closing } = internals
    const { drain = true, reasonCode = 0 } = call
    const disconnect: DisconnectPacket = { type: 'disconnect', reasonCode, properties: propertiesOf(call) as object }
    checkEncodable(disconnect)
    return operation(runtime, call, (settle) => {
      if (internals.isGone) return settle(undefined)
      closing.add(settle)
      if (connector.state === 'closed') return
      connector.closing()
      // Giving up waiting is no reason to stay open.
      return internals.leaveIn(drain === true ? DRAIN_MS : Number(drain), disconnect)
    })
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  on<K extends keyof ClientEvents>(event: K, listener: (value: ClientEvents[K]) => void): () => void {
    const { events, subscriptions } = this.#internals
    const off = events.on(event, listener)
    if (event === 'message') subscriptions.claim()
    return off
  }
}
