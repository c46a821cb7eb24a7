import type { PublishPacket, SubscribePacket, SubscriptionRequest } from '@godwit/mqtt-codec'
import { isShared, isTopicFilter, matches, wireFilter } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import type { Delivery, IncomingMessages, MessageReceiver } from '../core/incoming.ts'
import { UNSPECIFIED_ERROR } from '../core/reason-code.ts'
import type { Request, Requests } from '../core/requests.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import { throwLater, type Emitter } from './emitter.ts'
import { IncomingMessage, unshared } from './message.ts'
import { operation, type Settle } from './operation.ts'
import { Receiver, type Handler, type ReceiverHost } from './receiver.ts'
import { propertiesOf } from './values.ts'

/** Messages that nobody asked for (yet), left over in a resumed Session. */
const MAXIMUM_UNCLAIMED = 64
/** Topic Names whose receivers are remembered. At the bound all are forgotten: no peer can make it grow. */
const MAXIMUM_CACHED_TOPICS = 1_024

/** What the subscriptions need of their client. */
export interface SubscriptionsHost {
  readonly runtime: Runtime
  readonly events: Emitter
  readonly incoming: IncomingMessages
  readonly requests: Requests
  readonly connector: { hold(owner: unknown, isFull: boolean): void }
  publish: Client['publish']
  /** Closed, or closing: nothing new is sent. */
  isOver(): boolean
}

/** Which Subscriptions there are, and which of them get a message. */
export class Subscriptions implements MessageReceiver, ReceiverHost {
  readonly #host: SubscriptionsHost
  readonly #receivers = new Set<Receiver>()
  /** By Topic Name. Made for the first message. */
  #matching: Map<string, readonly Receiver[]> | undefined
  #unclaimed: Delivery[] = []

  constructor(host: SubscriptionsHost) {
    this.#host = host
  }

  subscribe(
    written: readonly string[],
    handler: Handler | undefined,
    options: SubscribeOptions & CallOptions,
    settle: Settle<Subscription>,
  ): (() => void) | void {
    const { requests } = this.#host
    const topicFilters = written.map(wireFilter)
    // [MQTT-3.8.3-4] No Local on a Shared Subscription: to a server that is the end of the connection.
    if (!areFilters(topicFilters) || (options.noLocal && topicFilters.some(isShared))) return settle(invalidFilter())
    const receiver = new Receiver(topicFilters, written, options, handler, this)
    this.#receivers.add(receiver)
    this.#matching = undefined
    let isGivenUp = false
    const request = this.#ask(receiver, (reasonCodes) => {
      const { ended } = receiver
      receiver.reasonCodes = reasonCodes
      settle(ended, receiver.subscription)
      if (isGivenUp && !ended) receiver.leave().catch(() => {})
    })
    this.claim()
    return () => {
      isGivenUp = true
      if (requests.cancel(request)) this.#remove(receiver, topicFilters)
    }
  }

  /** `client.unsubscribe`: whoever has these filters. */
  unsubscribe(written: readonly string[], settle: Settle<readonly number[]>): (() => void) | void {
    const topicFilters = written.map(wireFilter)
    if (!areFilters(topicFilters)) return settle(invalidFilter())
    for (const receiver of this.#receivers) this.#remove(receiver, topicFilters)
    return this.#unsubscribe(topicFilters, settle)
  }

  deliver(packet: PublishPacket, delivery?: Delivery): void {
    const { events, incoming } = this.#host
    const { topicName, properties } = packet
    const identifiers = properties?.subscriptionIdentifiers
    let receiving = this.#receiversOf(topicName)
    // Where a Subscription has an identifier and the message carries some, they decide.
    if (identifiers) {
      receiving = receiving.filter(({ options: { subscriptionIdentifier: own } }) => !own || identifiers.includes(own))
    }
    if (delivery) delivery.receivers = receiving.length || 1
    for (const receiver of receiving) receiver.push(new IncomingMessage(packet, delivery, this.#host, receiver.written))
    if (receiving.length > 0) return
    const message = new IncomingMessage(packet, delivery, this.#host, [])
    if (events.emit('message', message)) return message.ack()
    // A Session that was resumed before the application subscribed: its messages wait for that, but not without bound.
    if (!delivery || this.#unclaimed.push(delivery) <= MAXIMUM_UNCLAIMED) return
    incoming.acknowledge(this.#unclaimed.shift()!, 0)
    events.emit('error', new MqttError('UNCLAIMED', topicName, { phase: 'session' }))
  }
  /** Somebody new may want what nobody did. */
  claim(): void {
    for (const delivery of this.#unclaimed.splice(0)) this.deliver(delivery.packet, delivery)
  }

  /** After CONNACK. Without its Session the server knows of nothing: everything that it had granted is asked for once more. */
  online(sessionPresent: boolean): void {
    if (sessionPresent) return
    this.#unclaimed = []
    for (const receiver of this.#receivers) {
      if (receiver.isGranted)
        this.#ask(receiver, () => receiver.ended && this.#host.events.emit('error', receiver.ended))
    }
  }

  end(error: MqttError | undefined): void {
    for (const receiver of this.#receivers) this.#remove(receiver, receiver.filters, error)
  }

  // What a Subscription asks for.

  operation<T>(call: CallOptions | undefined, begin: (settle: Settle<T>) => (() => void) | void): Promise<T> {
    return operation(this.#host.runtime, call, begin)
  }
  hold(receiver: Receiver, isFull: boolean): void {
    this.#host.connector.hold(receiver, isFull)
  }
  /** Those of its filters that no other Subscription has. */
  leave(receiver: Receiver, call: CallOptions | undefined): Promise<void> {
    const { topicFilters } = receiver
    return this.operation(call, (done) => {
      this.#remove(receiver, topicFilters)
      const others = [...this.#receivers].flatMap(({ filters }) => filters)
      const own = topicFilters.filter((filter) => !others.includes(filter))
      if (own.length === 0 || this.#host.isOver()) return done(undefined)
      return this.#unsubscribe(own, (error) => done(error))
    })
  }
  /** The application's own exception is never lost: without a listener it surfaces as an uncaught one. */
  handlerFailed(cause: unknown): void {
    const error = new MqttError('HANDLER_FAILED', '', { cause })
    if (!this.#host.events.emit('error', error)) throwLater(error)
  }

  #receiversOf(topicName: string): readonly Receiver[] {
    const matching = (this.#matching ??= new Map())
    let found = matching.get(topicName)
    if (!found) {
      found = [...this.#receivers].filter(({ filters }) =>
        filters.some((filter) => matches(unshared(filter), topicName)),
      )
      if (matching.size >= MAXIMUM_CACHED_TOPICS) matching.clear()
      matching.set(topicName, found)
    }
    return found
  }

  /** Takes filters out. A Subscription that has none left ends. */
  #remove(receiver: Receiver, topicFilters: readonly string[], error?: MqttError): void {
    receiver.filters = receiver.filters.filter((filter) => !topicFilters.includes(filter))
    this.#matching = undefined
    if (receiver.filters.length > 0) return
    this.#receivers.delete(receiver)
    receiver.end(error)
  }

  /** SUBSCRIBE for all that a Subscription has; what is refused is taken out when the answer comes. */
  #ask(receiver: Receiver, settled: (reasonCodes: readonly number[]) => void): Request {
    const { filters, options } = receiver
    const request: Request = {
      packetId: 0,
      packet: {
        type: 'subscribe',
        // What the options leave out, the codec takes for 0 and false.
        subscriptions: filters.map((topicFilter) => ({ ...options, topicFilter }) as SubscriptionRequest),
        properties: propertiesOf(options) as SubscribePacket['properties'] & {},
      },
      settle: (error, reasonCodes = []) => {
        const refused = filters.filter((_, index) => (reasonCodes[index] ?? UNSPECIFIED_ERROR) >= UNSPECIFIED_ERROR)
        const [reasonCode] = reasonCodes
        receiver.isGranted = true
        this.#remove(
          receiver,
          refused,
          error ?? new MqttError('SUBSCRIBE_REFUSED', '', { phase: 'session', reasonCode }),
        )
        settled(reasonCodes)
      },
    }
    receiver.isGranted = false
    this.#host.requests.add(request)
    return request
  }
  #unsubscribe(topicFilters: readonly string[], settle: Request['settle']): () => void {
    const { requests } = this.#host
    const request: Request = { packetId: 0, packet: { type: 'unsubscribe', topicFilters }, settle }
    requests.add(request)
    return () => void requests.cancel(request)
  }
}

const areFilters = (topicFilters: readonly string[]) => topicFilters.length > 0 && topicFilters.every(isTopicFilter)
const invalidFilter = () => new MqttError('INVALID_ARGUMENT', 'not a Topic Filter to subscribe to')
