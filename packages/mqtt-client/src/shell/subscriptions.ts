import type { SubscribeProperties, SubscriptionRequest } from '@godwit/mqtt-codec'
import { hasWildcard, isShared, isTopicFilter, matches, wireFilter } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import type { ServerLimits } from '../core/connection.ts'
import type { Delivery, IncomingMessages } from '../core/incoming.ts'
import { notSupported } from '../core/outgoing.ts'
import {
  SHARED_SUBSCRIPTIONS_NOT_SUPPORTED,
  SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED,
  UNSPECIFIED_ERROR,
  WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED,
} from '../core/reason-code.ts'
import type { Request, Requests } from '../core/requests.ts'
import { MqttError } from '../errors.ts'
import { throwLater, type Emit } from './emitter.ts'
import { IncomingMessage, unshared } from './message.ts'
import type { Operation, Settle } from './operation.ts'
import { createReceiver, type Handler, type Receiver, type ReceiverHost } from './subscription.ts'
import { defined, toPairs } from './values.ts'

/** Filters in one SUBSCRIBE when everything is subscribed anew: servers limit them. */
const RESUBSCRIBE_FILTERS = 128
/** Messages that nobody asked for (yet), left over in a resumed Session. */
const MAXIMUM_UNCLAIMED = 64
/** Topic Names whose receivers are remembered. At the bound all are forgotten: no peer can make it grow. */
const MAXIMUM_CACHED_TOPICS = 1_024

/** One filter of one Subscription. */
interface Entry {
  readonly receiver: Receiver
  readonly request: SubscriptionRequest
  /** Of every SUBSCRIBE for it. */
  readonly properties: SubscribeProperties | undefined
  /** All filters of its Subscription, as they were written, with their parameters. */
  readonly written: readonly string[]
  /** Acknowledged by the server: what is sent again when the server lost the Session. */
  isGranted: boolean
}

/** What the subscriptions need of their client. */
export interface SubscriptionsHost {
  readonly operation: Operation
  readonly receiveMaximum: number
  readonly incoming: IncomingMessages
  readonly requests: Requests
  readonly publish: Client['publish']
  readonly emit: Emit
  /** What it granted; undefined while there is no connection. */
  server(): ServerLimits | undefined
  /** Closed, or closing: nothing new is sent. */
  isOver(): boolean
  hold(receiver: Receiver, isFull: boolean): void
}

export type Subscriptions = ReturnType<typeof createSubscriptions>

/** Which Subscriptions there are, and which of them get a message. */
export function createSubscriptions({
  operation,
  incoming,
  requests,
  publish,
  emit,
  receiveMaximum,
  server,
  isOver,
  hold,
}: SubscriptionsHost) {
  const entries = new Set<Entry>()
  /** By Topic Name: one entry for each Subscription that gets it. */
  const matching = new Map<string, readonly Entry[]>()
  let unclaimed: Delivery[] = []
  let dropped = 0

  const entriesFor = (topicName: string) => {
    let found = matching.get(topicName)
    if (!found) {
      const byReceiver = new Map<Receiver, Entry>()
      for (const entry of entries) {
        if (matches(unshared(entry.request.topicFilter), topicName)) byReceiver.set(entry.receiver, entry)
      }
      found = [...byReceiver.values()]
      if (matching.size >= MAXIMUM_CACHED_TOPICS) matching.clear()
      matching.set(topicName, found)
    }
    return found
  }

  /** Takes filters out. A Subscription that has none left ends. */
  const remove = (isGone: (entry: Entry) => boolean, error?: MqttError) => {
    const touched = new Set<Receiver>()
    for (const entry of entries) if (isGone(entry) && entries.delete(entry)) touched.add(entry.receiver)
    for (const { receiver } of entries) touched.delete(receiver)
    matching.clear()
    for (const receiver of touched) {
      dropped += receiver.subscription.dropped
      receiver.end(error)
    }
  }
  const end = (receiver: Receiver) => remove((entry) => entry.receiver === receiver)

  /** A SUBSCRIBE for these, all of the same properties; what is refused is taken out when the answer comes. */
  const ask = (some: readonly Entry[], settled: (reasonCodes: readonly number[]) => void): Request => {
    const properties = some[0]?.properties
    for (const entry of some) entry.isGranted = false
    const request: Request = {
      packet: {
        type: 'subscribe',
        subscriptions: some.map((entry) => entry.request),
        ...(properties && { properties }),
      },
      settle: (error, reasonCodes = []) => {
        some.forEach((entry, index) => {
          entry.isGranted = (reasonCodes[index] ?? UNSPECIFIED_ERROR) < UNSPECIFIED_ERROR
        })
        remove((entry) => some.includes(entry) && !entry.isGranted, error ?? subscribeRefused(reasonCodes))
        settled(reasonCodes)
      },
    }
    requests.add(request)
    return request
  }

  const unsubscribe = (topicFilters: readonly string[], settle: Request['settle']) => {
    const request: Request = { packet: { type: 'unsubscribe', topicFilters }, settle }
    requests.add(request)
    return () => void requests.cancel(request)
  }

  /** What the server said in CONNACK that it does not have. */
  const unsupported = (topicFilters: readonly string[], identifier: number | undefined) => {
    const granted = server()
    if (!granted) return 0
    if (!granted.sharedSubscriptionAvailable && topicFilters.some(isShared)) return SHARED_SUBSCRIPTIONS_NOT_SUPPORTED
    if (!granted.wildcardSubscriptionAvailable && topicFilters.some(hasWildcard))
      return WILDCARD_SUBSCRIPTIONS_NOT_SUPPORTED
    return !granted.subscriptionIdentifiersAvailable && identifier ? SUBSCRIPTION_IDENTIFIERS_NOT_SUPPORTED : 0
  }

  const deliver = (delivery: Delivery) => {
    const { topicName, properties, qos } = delivery.packet
    const identifiers = properties?.subscriptionIdentifiers
    // Where a Subscription has an identifier and the message carries some, they decide.
    const receiving = entriesFor(topicName).filter(({ properties: { subscriptionIdentifier: own } = {} }) => {
      return !own || !identifiers || identifiers.includes(own)
    })
    delivery.receivers = receiving.length || 1
    for (const { receiver, written } of receiving)
      receiver.push(new IncomingMessage(delivery, incoming, publish, written))
    if (receiving.length > 0) return
    const message = new IncomingMessage(delivery, incoming, publish, [])
    if (emit('message', message)) return message.ack()
    // A Session that was resumed before the application subscribed: its messages wait for that, but not without bound.
    if (qos) unclaimed.push(delivery)
    if (!qos || unclaimed.length > MAXIMUM_UNCLAIMED) dropped++
    if (unclaimed.length <= MAXIMUM_UNCLAIMED) return
    incoming.acknowledge(unclaimed.shift()!, 0)
    emit('error', new MqttError('UNCLAIMED', topicName, { phase: 'session' }))
  }
  /** Somebody new may want what nobody did. */
  const claim = () => {
    for (const delivery of unclaimed.splice(0)) deliver(delivery)
  }

  const host: ReceiverHost = {
    operation,
    receiveMaximum,
    hold,
    /** Those of its filters that no other Subscription has. */
    unsubscribe: (receiver, options) =>
      operation(options, (settle) => {
        end(receiver)
        const others = [...entries].map(({ request }) => request.topicFilter)
        const topicFilters = receiver.subscription.topicFilters.filter((topicFilter) => !others.includes(topicFilter))
        if (topicFilters.length === 0 || isOver()) return settle(undefined)
        return unsubscribe(topicFilters, (error) => settle(error))
      }),
    /** The application's own exception is never lost: without a listener it surfaces as an uncaught one. */
    handlerFailed: (cause) => {
      const error = new MqttError('HANDLER_FAILED', '', { cause })
      if (!emit('error', error)) throwLater(error)
    },
  }

  return {
    get dropped() {
      let total = dropped
      for (const receiver of new Set([...entries].map((entry) => entry.receiver)))
        total += receiver.subscription.dropped
      return total
    },
    deliver,
    claim,

    subscribe(
      written: readonly string[],
      handler: Handler | undefined,
      options: SubscribeOptions & CallOptions,
      settle: Settle<Subscription>,
    ): (() => void) | void {
      const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options
      const { subscriptionIdentifier, userProperties } = options
      const topicFilters = written.map(wireFilter)
      if (!areFilters(topicFilters)) return settle(invalidFilter())
      // [MQTT-3.8.3-4] To a server that is the end of the connection.
      if (noLocal && topicFilters.some(isShared))
        return settle(new MqttError('INVALID_ARGUMENT', 'No Local on a Shared Subscription'))
      const reasonCode = unsupported(topicFilters, subscriptionIdentifier)
      if (reasonCode) return settle(notSupported(reasonCode))
      const receiver = createReceiver(host, topicFilters, options, handler)
      const properties = defined({ subscriptionIdentifier, userProperties: toPairs(userProperties) })
      const own = topicFilters.map((topicFilter): Entry => {
        const request = { topicFilter, qos, noLocal, retainAsPublished, retainHandling }
        return { receiver, request, properties, written, isGranted: false }
      })
      for (const entry of own) entries.add(entry)
      matching.clear()
      let isGivenUp = false
      const request = ask(own, (reasonCodes) => {
        receiver.subscription.reasonCodes = reasonCodes
        settle(receiver.ended, receiver.subscription)
        if (isGivenUp && !receiver.ended) receiver.subscription.unsubscribe().catch(() => {})
      })
      claim()
      return () => {
        isGivenUp = true
        if (requests.cancel(request)) end(receiver)
      }
    },

    /** `client.unsubscribe`: whoever has these filters. */
    unsubscribe(written: readonly string[], settle: Settle<readonly number[]>): (() => void) | void {
      const topicFilters = written.map(wireFilter)
      if (!areFilters(topicFilters)) return settle(invalidFilter())
      remove(({ request }) => topicFilters.includes(request.topicFilter))
      return unsubscribe(topicFilters, settle)
    },

    /** After CONNACK. Without its Session the server knows of nothing: everything that it had granted is asked for once more. */
    online(sessionPresent: boolean): void {
      if (sessionPresent) return
      unclaimed = []
      const groups: Entry[][] = []
      for (const entry of entries) {
        if (!entry.isGranted) continue
        const last = groups.at(-1)
        if (last && last.length < RESUBSCRIBE_FILTERS && last[0]?.properties === entry.properties) last.push(entry)
        else groups.push([entry])
      }
      for (const group of groups) {
        ask(group, () => {
          for (const { ended } of new Set(group.map(({ receiver }) => receiver))) if (ended) emit('error', ended)
        })
      }
    },

    end(error: MqttError | undefined): void {
      remove(() => true, error)
    },
  }
}

const areFilters = (topicFilters: readonly string[]) => topicFilters.length > 0 && topicFilters.every(isTopicFilter)
const invalidFilter = () => new MqttError('INVALID_ARGUMENT', 'not a Topic Filter')
const subscribeRefused = ([reasonCode]: readonly number[]) =>
  new MqttError('SUBSCRIBE_REFUSED', '', { phase: 'session', reasonCode })
