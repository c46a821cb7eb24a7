import { encode, type ConnackPacket, type DisconnectPacket } from '@godwit/mqtt-codec'
import { isTopicName } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { PublishOptions } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { RECEIVE_MAXIMUM } from '../core/defaults.ts'
import { createIncoming } from '../core/incoming.ts'
import { createOutgoing, type Outgoing } from '../core/outgoing.ts'
import { createRequests } from '../core/requests.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { createConnector } from './connector.ts'
import { createEmitter } from './emitter.ts'
import type { Handler } from './subscription.ts'
import { operations, type Settle } from './operation.ts'
import { createSubscriptions } from './subscriptions.ts'
import { defined, toBytes, toPairs } from './values.ts'

/** How long `close` waits for what is under way. */
const DRAIN_MS = 10_000

/** The public face: promises over the Session and its connections. `failsFast`: the first connection has to succeed. */
export function assembleClient(
  target: Target,
  options: ClientOptions,
  transport: Transport,
  runtime: Runtime,
  failsFast: boolean,
): Client {
  const operation = operations(runtime)
  const { on, emit } = createEmitter()
  const connecting = new Set<Settle<ConnackPacket>>()
  const pings = new Set<Settle<number>>()
  const closing = new Set<Settle<void>>()
  let lastConnack: ConnackPacket | undefined
  let lastRoundTripMs: number | undefined
  let drainTimer: unknown
  let isGone = false
  /** Set while `close` waits for what is under way. */
  let leave: (() => void) | undefined

  const outgoing = createOutgoing(options)
  const incoming = createIncoming(options, (delivery) => subscriptions.deliver(delivery))
  const requests = createRequests(outgoing.sender, (error) => emit('error', error))
  const connector = createConnector(
    target,
    options,
    transport,
    runtime,
    failsFast,
    { outgoing, incoming, requests },
    {
      emit,
      connected: ({ sessionPresent }) => subscriptions.online(sessionPresent),
      ready(connack) {
        lastConnack = connack
        emit('online', { connack, resumed: connack.sessionPresent })
        settleAll(connecting, undefined, connack)
      },
      pong(roundTripMs) {
        lastRoundTripMs = roundTripMs
        settleAll(pings, undefined, roundTripMs)
      },
      moved: () => leaveIfDrained(),
      offline: (error) => settleAll(pings, error),
      closed(error) {
        const reason = error ?? closed()
        runtime.clearTimer(drainTimer)
        settleAll(connecting, reason)
        outgoing.rejectAll(reason)
        requests.rejectAll(reason)
        subscriptions.end(error)
      },
      gone() {
        isGone = true
        settleAll(closing)
      },
    },
  )
  const isOver = () => connector.state === 'closing' || connector.state === 'closed'

  const leaveIfDrained = () => {
    const connection = connector.online()
    const isBusy = outgoing.isBusy || requests.outstanding > 0 || (connection?.waitingBytes ?? 0) > 0
    if (!connection || !isBusy) leave?.()
  }
  const whenOnline = (call: CallOptions | undefined, isAnew: boolean) =>
    operation<ConnackPacket>(call, (settle) => {
      if (isOver()) return settle(closed())
      if (connector.state === 'online' && lastConnack && !isAnew) return settle(undefined, lastConnack)
      connecting.add(settle)
      if (isAnew && connector.state !== 'idle') connector.anew()
      else connector.start()
      return () => connecting.delete(settle)
    })

  const publish: Client['publish'] = (topicName, payload, call = {}) =>
    operation(call, (settle) => {
      if (isOver()) return settle(closed())
      if (!isTopicName(topicName)) return settle(new MqttError('INVALID_ARGUMENT', 'not a Topic Name'))
      if (call.offline === 'reject' && !connector.online()) return settle(new MqttError('OFFLINE'))
      const now = runtime.now()
      const item = toOutgoing(topicName, payload, call, now, settle)
      connector.start()
      outgoing.publish(item, now)
      connector.arm()
      return () => outgoing.cancel(item)
    })

  const subscriptions = createSubscriptions({
    operation,
    receiveMaximum: options.receiveMaximum ?? RECEIVE_MAXIMUM,
    incoming,
    requests,
    publish,
    emit,
    server: () => connector.online()?.server,
    isOver,
    hold: connector.hold,
  })

  const close: Client['close'] = async (call = {}) => {
    const { drain = true, reasonCode = 0, reasonString, sessionExpiryIntervalSeconds, userProperties } = call
    const properties = defined({ reasonString, sessionExpiryIntervalSeconds, userProperties: toPairs(userProperties) })
    const disconnect: DisconnectPacket = { type: 'disconnect', reasonCode, ...(properties && { properties }) }
    try {
      encode(disconnect, 5)
    } catch (cause) {
      throw new MqttError('INVALID_ARGUMENT', 'not a DISCONNECT', { cause })
    }
    return operation(call, (settle) => {
      if (isGone) return settle(undefined)
      closing.add(settle)
      if (connector.state === 'closed') return
      connector.closing()
      const goNow = () => {
        leave = undefined
        connector.leave(disconnect)
      }
      leave = goNow
      const drainMs = drain === true ? DRAIN_MS : Number(drain)
      drainTimer ??= runtime.setTimer(goNow, drainMs)
      if (drainMs === 0) goNow()
      else leaveIfDrained()
      // Giving up waiting is no reason to stay open.
      return goNow
    })
  }

  return {
    get state() {
      return connector.state
    },
    get clientId() {
      return connector.clientId
    },
    get server() {
      return connector.server
    },
    get stats() {
      return {
        queuedMessages: outgoing.queued,
        queuedBytes: outgoing.bytes,
        unacknowledgedMessages: outgoing.sender.outstanding,
        unacknowledgedDeliveries: incoming.unacknowledged,
        reconnects: connector.reconnects,
        droppedMessages: outgoing.dropped + subscriptions.dropped,
        roundTripMs: lastRoundTripMs,
      }
    },
    connect: (call) => whenOnline(call, false),
    reconnect: (call) => whenOnline(call, true),
    ping: (call) =>
      operation(call, (settle) => {
        if (!connector.online()?.probe(runtime.now())) return settle(new MqttError('OFFLINE'))
        pings.add(settle)
        connector.arm()
        return () => pings.delete(settle)
      }),
    publish,
    subscribe: <const F extends string>(
      topicFilters: F | readonly F[],
      handlerOrOptions?: ((message: Message<F>) => unknown) | (SubscribeOptions & CallOptions),
      more: SubscribeOptions & CallOptions = {},
    ) => {
      const handler = typeof handlerOrOptions === 'function' ? (handlerOrOptions as Handler) : undefined
      const call = typeof handlerOrOptions === 'object' ? handlerOrOptions : more
      return operation<Subscription>(call, (settle) => {
        if (isOver()) return settle(closed())
        connector.start()
        return subscriptions.subscribe([topicFilters].flat(), handler, call, settle)
      }) as Promise<Subscription<F>>
    },
    unsubscribe: (topicFilters, call) =>
      operation(call, (settle) => {
        if (isOver()) return settle(closed())
        connector.start()
        return subscriptions.unsubscribe([topicFilters].flat(), settle)
      }),
    close,
    on(event, listener, how) {
      const off = on(event, listener, how)
      if (event === 'message') subscriptions.claim()
      return off
    },
    [Symbol.asyncDispose]: () => close(),
  }
}

function toOutgoing(
  topicName: string,
  payload: Payload,
  options: PublishOptions,
  now: number,
  settle: Outgoing['settle'],
): Outgoing {
  const { qos = 0, retain = false, until, topicAlias, messageExpiryIntervalSeconds, userProperties } = options
  const { payloadFormatIndicator, contentType, responseTopic, correlationData } = options
  const properties = defined({
    payloadFormatIndicator,
    messageExpiryIntervalSeconds,
    contentType,
    responseTopic,
    correlationData,
    userProperties: toPairs(userProperties),
  })
  return {
    packet: {
      type: 'publish',
      topicName,
      payload: toBytes(payload),
      qos,
      retain,
      dup: false,
      ...(properties && { properties }),
    },
    queuedAt: now,
    expiresAt: now + (messageExpiryIntervalSeconds ?? Infinity) * 1_000,
    mayAlias: topicAlias !== false,
    until,
    settle,
  }
}

function settleAll<T>(waiting: Set<Settle<T>>, error?: MqttError, value?: T): void {
  for (const settle of waiting) settle(error, value)
  waiting.clear()
}

const closed = () => new MqttError('CLOSED')
