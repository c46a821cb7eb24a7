import type { SubscribeProperties, SubscriptionRequest } from '@godwit/mqtt-codec'
import { hasWildcard, isShared, parseSharedSubscription, parseTopicFilter, wireFilter } from '@godwit/mqtt-topics'
import type { Message } from '../api/message.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import type { SubscribeOptions } from '../api/subscription.ts'
import type { ClientCore } from '../core/client-core.ts'
import type { Delivery } from '../core/inbox.ts'
import { unsupported } from '../core/publisher.ts'
import type { Request } from '../core/requests.ts'
import { Subscriptions, type SubscriptionEntry } from '../core/subscriptions.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Connector } from './connector.ts'
import type { Emitter } from './emitter.ts'
import { IncomingMessage, SharedDelivery, type MessageHost } from './message.ts'
import { operation, type Settle } from './operation.ts'
import { ClientSubscription, type SubscriptionHost } from './subscription.ts'
import { defined, toPairs } from './values.ts'

type Entry = SubscriptionEntry<ClientSubscription>

/** Filters in one SUBSCRIBE when everything is subscribed anew: servers limit them. */
const RESUBSCRIBE_FILTERS = 128
/** Messages that nobody asked for (yet), left over in a resumed Session. */
const MAXIMUM_UNCLAIMED = 64

/** Which Subscriptions there are, and which of them get a message. */
export class Router implements MessageHost, SubscriptionHost {
  readonly runtime: Runtime
  readonly receiveMaximum: number
  readonly publish: MessageHost['publish']
  readonly #core: ClientCore
  readonly #connector: Connector
  readonly #emitter: Emitter
  readonly #subscriptions = new Subscriptions<ClientSubscription>()
  readonly #all = new Set<ClientSubscription>()
  #unclaimed: Delivery[] = []
  #dropped = 0

  constructor(
    core: ClientCore,
    connector: Connector,
    emitter: Emitter,
    runtime: Runtime,
    receiveMaximum: number,
    publish: (topicName: string, payload: Payload, options?: PublishOptions) => Promise<PublishResult>,
  ) {
    this.#core = core
    this.#connector = connector
    this.#emitter = emitter
    this.runtime = runtime
    this.receiveMaximum = receiveMaximum
    this.publish = publish
  }

  get dropped(): number {
    let total = this.#dropped
    for (const { dropped } of this.#all) total += dropped
    return total
  }

  acknowledge(delivery: Delivery, reasonCode: number): void {
    this.#core.inbox.acknowledge(delivery, reasonCode)
  }

  leave(delivery: Delivery): void {
    this.#core.inbox.leave(delivery)
  }

  hold(subscription: ClientSubscription, full: boolean): void {
    this.#connector.hold(subscription, full)
  }

  /** The application's own exception is never lost: without a listener it surfaces as an uncaught one. */
  report(error: MqttError): void {
    if (this.#emitter.emit('error', error)) return
    queueMicrotask(() => {
      throw error
    })
  }

  deliver(delivery: Delivery): void {
    const { topicName, properties, qos } = delivery.packet
    const owners = this.#subscriptions.match(topicName, properties?.subscriptionIdentifiers)
    if (owners.size > 0) {
      const shared = new SharedDelivery(delivery, this, owners.size)
      for (const owner of owners) owner.push(new IncomingMessage(shared, owner.written))
      return
    }
    const message = new IncomingMessage(new SharedDelivery(delivery, this, 1), [])
    if (this.#emitter.emit('message', message)) return message.ack()
    if (qos === 0) {
      this.#dropped++
      return
    }
    // A Session that was resumed before the application subscribed: its messages wait for that, but not without bound.
    this.#unclaimed.push(delivery)
    const oldest = this.#unclaimed.length > MAXIMUM_UNCLAIMED ? this.#unclaimed.shift() : undefined
    if (!oldest) return
    this.#dropped++
    this.acknowledge(oldest, 0)
    this.#emitter.emit(
      'error',
      new MqttError('UNCLAIMED', `no subscription for ${oldest.packet.topicName}`, { phase: 'session' }),
    )
  }

  /** Somebody new may want what nobody did. */
  claim(): void {
    for (const delivery of this.#unclaimed.splice(0)) this.deliver(delivery)
  }

  subscribe(
    written: readonly string[],
    handler: ((message: Message) => unknown) | undefined,
    options: SubscribeOptions & CallOptions,
    settle: Settle<ClientSubscription>,
  ): (() => void) | undefined {
    const topicFilters = written.map(wireFilter)
    const refused = this.#refusal(topicFilters, options)
    if (refused) {
      settle(refused)
      return undefined
    }
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0, subscriptionIdentifier } = options
    const properties = defined({ subscriptionIdentifier, userProperties: toPairs(options.userProperties) })
    const subscription = new ClientSubscription(this, topicFilters, written, options, handler)
    const entries = topicFilters.map((topicFilter): Entry => {
      const request = { topicFilter, qos, noLocal, retainAsPublished, retainHandling }
      return { owner: subscription, request, properties, granted: false }
    })
    this.#all.add(subscription)
    for (const entry of entries) this.#subscriptions.add(entry)
    let given = false
    const request = this.#request(entries, properties, (error, reasonCodes = []) => {
      subscription.reasonCodes = reasonCodes
      const refusal = error ?? (entries.some(({ granted }) => granted) ? undefined : subscribeRefused(reasonCodes))
      if (refusal) this.#end(subscription, refusal)
      else if (given) void this.unsubscribe(subscription).catch(() => {})
      settle(refusal, subscription)
    })
    this.#core.request(request)
    this.claim()
    return () => {
      given = true
      if (this.#core.requests.cancel(request)) this.#end(subscription)
    }
  }

  unsubscribeFilters(topicFilters: readonly string[], settle: Settle<readonly number[]>): (() => void) | undefined {
    const request: Request = {
      packet: { type: 'unsubscribe', packetId: 0, topicFilters },
      settled: (error, answer) => settle(error, answer?.reasonCodes),
    }
    this.#core.request(request)
    return () => void this.#core.requests.cancel(request)
  }

  /** `client.unsubscribe`: whoever has these filters. */
  unsubscribeAll(written: readonly string[], settle: Settle<readonly number[]>): (() => void) | undefined {
    const topicFilters = written.map(wireFilter)
    const refused = topicFilters.find((topicFilter) => !isFilter(topicFilter))
    if (refused !== undefined || topicFilters.length === 0) {
      settle(invalidFilter())
      return undefined
    }
    for (const entry of this.#subscriptions.all()) {
      if (!topicFilters.includes(entry.request.topicFilter)) continue
      this.#subscriptions.remove(entry)
      this.#endIfEmpty(entry.owner)
    }
    return this.unsubscribeFilters(topicFilters, settle)
  }

  /** One Subscription; filters that another one has too stay with the server. */
  async unsubscribe(subscription: ClientSubscription, options?: CallOptions): Promise<void> {
    this.#end(subscription)
    const left = subscription.topicFilters.filter((topicFilter) => !this.#subscriptions.has(topicFilter))
    const { state } = this.#connector
    if (left.length === 0 || state === 'closed' || state === 'closing') return
    await operation(this.runtime, options, (settle: Settle<readonly number[]>) => this.unsubscribeFilters(left, settle))
  }

  /** After CONNACK. Without its Session the server knows of nothing: everything that it had granted is asked for once more. */
  online(sessionPresent: boolean): void {
    if (sessionPresent) return
    this.#unclaimed = []
    const groups = new Map<SubscribeProperties | undefined, Entry[]>()
    for (const entry of this.#subscriptions.all()) {
      if (entry.granted) groups.set(entry.properties, [...(groups.get(entry.properties) ?? []), entry])
    }
    for (const [properties, entries] of groups) {
      for (let at = 0; at < entries.length; at += RESUBSCRIBE_FILTERS) {
        const some = entries.slice(at, at + RESUBSCRIBE_FILTERS)
        for (const entry of some) entry.granted = false
        this.#core.request(
          this.#request(some, properties, (error, reasonCodes = []) => {
            if (error) return
            for (const owner of new Set(some.map((entry) => entry.owner)))
              this.#endIfEmpty(owner, subscribeRefused(reasonCodes))
          }),
        )
      }
    }
  }

  end(error: MqttError | undefined): void {
    for (const subscription of this.#all) this.#end(subscription, error)
  }

  #end(subscription: ClientSubscription, error?: MqttError): void {
    for (const entry of this.#subscriptions.all()) if (entry.owner === subscription) this.#subscriptions.remove(entry)
    if (this.#all.delete(subscription)) this.#dropped += subscription.dropped
    subscription.end(error)
  }

  #endIfEmpty(subscription: ClientSubscription, error?: MqttError): void {
    if (this.#subscriptions.all().some(({ owner }) => owner === subscription)) return
    this.#end(subscription, error)
    if (error) this.#emitter.emit('error', error)
  }

  /** A SUBSCRIBE for these; what is refused is taken out when the answer comes. */
  #request(
    entries: readonly Entry[],
    properties: SubscribeProperties | undefined,
    settled: (error: MqttError | undefined, reasonCodes?: readonly number[]) => void,
  ): Request {
    const subscriptions = entries.map(({ request }): SubscriptionRequest => request)
    return {
      packet: { type: 'subscribe', packetId: 0, subscriptions, ...(properties && { properties }) },
      settled: (error, answer) => {
        const reasonCodes = answer?.reasonCodes ?? []
        entries.forEach((entry, index) => {
          entry.granted = (reasonCodes[index] ?? 0x80) < 0x80
          if (!entry.granted) this.#subscriptions.remove(entry)
        })
        settled(error, reasonCodes)
      },
    }
  }

  #refusal(
    topicFilters: readonly string[],
    { subscriptionIdentifier, noLocal }: SubscribeOptions,
  ): MqttError | undefined {
    if (topicFilters.length === 0 || !topicFilters.every(isFilter)) return invalidFilter()
    // [MQTT-3.8.3-4] To a server that is the end of the connection.
    if (noLocal && topicFilters.some(isShared))
      return new MqttError('INVALID_ARGUMENT', 'No Local on a Shared Subscription')
    const { server } = this.#connector
    if (!server || !this.#core.online) return undefined
    if (!server.sharedSubscriptionAvailable && topicFilters.some(isShared)) return unsupported(0x9e)
    if (!server.wildcardSubscriptionAvailable && topicFilters.some(hasWildcard)) return unsupported(0xa2)
    if (!server.subscriptionIdentifiersAvailable && subscriptionIdentifier) return unsupported(0xa1)
    return undefined
  }
}

function isFilter(topicFilter: string): boolean {
  const parsed = isShared(topicFilter) ? parseSharedSubscription(topicFilter) : parseTopicFilter(topicFilter)
  return typeof parsed === 'string' || !('refused' in parsed)
}

const invalidFilter = () => new MqttError('INVALID_ARGUMENT', 'not a Topic Filter')
const subscribeRefused = (reasonCodes: readonly number[]) =>
  new MqttError('SUBSCRIBE_REFUSED', 'the server refused the subscription', {
    phase: 'session',
    reasonCode: reasonCodes[0],
  })
