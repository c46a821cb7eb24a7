import type { PublishPacket, SubscribePacket } from '@godwit/mqtt-codec'
import { isShared, isTopicFilter, matches, wireFilter } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import type { Delivery, IncomingMessages } from '../core/incoming.ts'
import { UNSPECIFIED_ERROR } from '../core/reason-code.ts'
import type { Request, Requests } from '../core/requests.ts'
import { MqttError } from '../errors.ts'
import { throwLater, type Emit } from './emitter.ts'
import { IncomingMessage, unshared } from './message.ts'
import type { Operation, Settle } from './operation.ts'
import { createReceiver, type Handler, type Receiver } from './subscription.ts'
import { propertiesOf } from './values.ts'

/** Messages that nobody asked for (yet), left over in a resumed Session. */
const MAXIMUM_UNCLAIMED = 64
/** Topic Names whose receivers are remembered. At the bound all are forgotten: no peer can make it grow. */
const MAXIMUM_CACHED_TOPICS = 1_024

/** What the subscriptions need of their client. */
export interface SubscriptionsHost {
  readonly operation: Operation
  readonly incoming: IncomingMessages
  readonly requests: Requests
  readonly publish: Client['publish']
  readonly emit: Emit
  /** Closed, or closing: nothing new is sent. */
  isOver(): boolean
  hold(receiver: Receiver, isFull: boolean): void
}

/** Which Subscriptions there are, and which of them get a message. */
export function createSubscriptions(host: SubscriptionsHost) {
  const { operation, incoming, requests, emit, isOver, hold } = host

  const receivers = new Set<Receiver>()
  /** By Topic Name. */
  const matching = new Map<string, readonly Receiver[]>()
  let unclaimed: Delivery[] = []

  const receiversOf = (topicName: string) => {
    let found = matching.get(topicName)
    if (!found) {
      found = [...receivers].filter(({ filters }) => filters.some((filter) => matches(unshared(filter), topicName)))
      if (matching.size >= MAXIMUM_CACHED_TOPICS) matching.clear()
      matching.set(topicName, found)
    }
    return found
  }

  /** Takes filters out. A Subscription that has none left ends. */
  const remove = (receiver: Receiver, topicFilters: readonly string[], error?: MqttError) => {
    receiver.filters = receiver.filters.filter((filter) => !topicFilters.includes(filter))
    matching.clear()
    if (receiver.filters.length > 0) return
    receivers.delete(receiver)
    receiver.end(error)
  }

  /** SUBSCRIBE for all that a Subscription has; what is refused is taken out when the answer comes. */
  const ask = (receiver: Receiver, settled: (reasonCodes: readonly number[]) => void): Request => {
    const { filters, options } = receiver
    const { qos = 0, noLocal = false, retainAsPublished = false, retainHandling = 0 } = options
    const request: Request = {
      packet: {
        type: 'subscribe',
        subscriptions: filters.map((topicFilter) => ({ topicFilter, qos, noLocal, retainAsPublished, retainHandling })),
        properties: propertiesOf(options) as SubscribePacket['properties'] & {},
      },
      settle(error, reasonCodes = []) {
        const refused = filters.filter((_, index) => (reasonCodes[index] ?? UNSPECIFIED_ERROR) >= UNSPECIFIED_ERROR)
        const [reasonCode] = reasonCodes
        receiver.isGranted = true
        remove(receiver, refused, error ?? new MqttError('SUBSCRIBE_REFUSED', '', { phase: 'session', reasonCode }))
        settled(reasonCodes)
      },
    }
    receiver.isGranted = false
    requests.add(request)
    return request
  }
  const unsubscribe = (topicFilters: readonly string[], settle: Request['settle']) => {
    const request: Request = { packet: { type: 'unsubscribe', topicFilters }, settle }
    requests.add(request)
    return () => void requests.cancel(request)
  }

  const deliver = (packet: PublishPacket, delivery?: Delivery) => {
    const { topicName, properties } = packet
    const identifiers = properties?.subscriptionIdentifiers
    let receiving = receiversOf(topicName)
    // Where a Subscription has an identifier and the message carries some, they decide.
    if (identifiers) {
      receiving = receiving.filter(({ options: { subscriptionIdentifier: own } }) => !own || identifiers.includes(own))
    }
    if (delivery) delivery.receivers = receiving.length || 1
    for (const receiver of receiving) receiver.push(new IncomingMessage(packet, delivery, host, receiver.written))
    if (receiving.length > 0) return
    const message = new IncomingMessage(packet, delivery, host, [])
    if (emit('message', message)) return message.ack()
    // A Session that was resumed before the application subscribed: its messages wait for that, but not without bound.
    if (!delivery || unclaimed.push(delivery) <= MAXIMUM_UNCLAIMED) return
    incoming.acknowledge(unclaimed.shift()!, 0)
    emit('error', new MqttError('UNCLAIMED', topicName, { phase: 'session' }))
  }
  /** Somebody new may want what nobody did. */
  const claim = () => {
    for (const delivery of unclaimed.splice(0)) deliver(delivery.packet, delivery)
  }

  return {
    deliver,
    claim,

    subscribe(
      written: readonly string[],
      handler: Handler | undefined,
      options: SubscribeOptions & CallOptions,
      settle: Settle<Subscription>,
    ): (() => void) | void {
      const topicFilters = written.map(wireFilter)
      // [MQTT-3.8.3-4] No Local on a Shared Subscription: to a server that is the end of the connection.
      if (!areFilters(topicFilters) || (options.noLocal && topicFilters.some(isShared))) return settle(invalidFilter())
      const receiver = createReceiver(topicFilters, written, options, handler, {
        operation,
        hold,
        /** Those of its filters that no other Subscription has. */
        unsubscribe: (call) =>
          operation(call, (done) => {
            remove(receiver, topicFilters)
            const others = [...receivers].flatMap(({ filters }) => filters)
            const own = topicFilters.filter((filter) => !others.includes(filter))
            if (own.length === 0 || isOver()) return done(undefined)
            return unsubscribe(own, (error) => done(error))
          }),
        /** The application's own exception is never lost: without a listener it surfaces as an uncaught one. */
        handlerFailed(cause) {
          const error = new MqttError('HANDLER_FAILED', '', { cause })
          if (!emit('error', error)) throwLater(error)
        },
      })
      const { subscription } = receiver
      receivers.add(receiver)
      matching.clear()
      let isGivenUp = false
      const request = ask(receiver, (reasonCodes) => {
        subscription.reasonCodes = reasonCodes
        settle(receiver.ended, subscription)
        if (isGivenUp && !receiver.ended) subscription.unsubscribe().catch(() => {})
      })
      claim()
      return () => {
        isGivenUp = true
        if (requests.cancel(request)) remove(receiver, topicFilters)
      }
    },

    /** `client.unsubscribe`: whoever has these filters. */
    unsubscribe(written: readonly string[], settle: Settle<readonly number[]>): (() => void) | void {
      const topicFilters = written.map(wireFilter)
      if (!areFilters(topicFilters)) return settle(invalidFilter())
      for (const receiver of receivers) remove(receiver, topicFilters)
      return unsubscribe(topicFilters, settle)
    },

    /** After CONNACK. Without its Session the server knows of nothing: everything that it had granted is asked for once more. */
    online(sessionPresent: boolean): void {
      if (sessionPresent) return
      unclaimed = []
      for (const receiver of receivers) {
        if (receiver.isGranted) ask(receiver, () => receiver.ended && emit('error', receiver.ended))
      }
    },

    end(error: MqttError | undefined): void {
      for (const receiver of receivers) remove(receiver, receiver.filters, error)
    },
  }
}

const areFilters = (topicFilters: readonly string[]) => topicFilters.length > 0 && topicFilters.every(isTopicFilter)
const invalidFilter = () => new MqttError('INVALID_ARGUMENT', 'not a Topic Filter to subscribe to')
