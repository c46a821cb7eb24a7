import { sendAtOnce } from '#fast-paths'
import type { ConnackPacket, DisconnectPacket, PublishPacket, PublishProperties } from '@godwit/mqtt-codec'
import { isTopicName } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { PublishOptions } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
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
import { checkEncodable, propertiesOf, toBytes } from './values.ts'

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
  let drainTimer: unknown
  let isGone = false
  /** Set while `close` waits for what is under way. */
  let leave: (() => void) | undefined

  const outgoing = createOutgoing(options)
  const incoming = createIncoming(options, (packet, delivery) => subscriptions.deliver(packet, delivery))
  const requests = createRequests(outgoing.identifiers, (error) => emit('error', error))
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
    if (!leave) return
    const connection = connector.online()
    const isBusy =
      outgoing.queued > 0 ||
      outgoing.unacknowledged > 0 ||
      requests.outstanding > 0 ||
      (connection?.waitingBytes ?? 0) > 0
    if (!connection || !isBusy) leave()
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
    sendAtOnce(isOver, outgoing, toBytes, topicName, payload, call) ??
    operation(call, (settle) => {
      if (isOver()) return settle(closed())
      if (!isTopicName(topicName)) return settle(new MqttError('INVALID_ARGUMENT', 'not a Topic Name'))
      if (!connector.online()) {
        if (call.offline === 'reject') return settle(new MqttError('OFFLINE'))
        if (call.offline ? call.offline === 'drop' : !call.qos) {
          connector.start()
          return settle(undefined, { reasonCode: 0, dropped: true })
        }
      }
      const now = runtime.now()
      const item = toOutgoing(topicName, payload, call, now, settle)
      connector.start()
      outgoing.publish(item, now)
      connector.arm()
      return () => outgoing.cancel(item)
    })

  const subscriptions = createSubscriptions({
    operation,
    incoming,
    requests,
    publish,
    emit,
    isOver,
    hold: connector.hold,
  })

  const close: Client['close'] = async (call = {}) => {
    const { drain = true, reasonCode = 0 } = call
    const disconnect: DisconnectPacket = { type: 'disconnect', reasonCode, properties: propertiesOf(call) as object }
    checkEncodable(disconnect)
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
        unacknowledgedMessages: outgoing.unacknowledged,
        unacknowledgedDeliveries: incoming.unacknowledged,
      }
    },
    connect: (call) => whenOnline(call, false),
    reconnect: (call) => whenOnline(call, true),
    ping: (call) =>
      operation(call, (settle) => {
        const connection = connector.online()
        if (!connection) return settle(new MqttError('OFFLINE'))
        pings.add(settle)
        connection.probe(runtime.now())
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
    on(event, listener) {
      const off = on(event, listener)
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
  const { qos = 0, retain = false, until, offline, topicAlias, messageExpiryIntervalSeconds = Infinity } = options
  // Most messages have none, and are then written without a look for them.
  let properties: PublishProperties | undefined
  for (const name in options)
    if (!NOT_OF_THE_MESSAGE.includes(name)) properties ??= { ...propertiesOf(options), ...NO_PROPERTIES } as object
  return {
    packet: {
      type: 'publish',
      topicName,
      payload: toBytes(payload),
      qos,
      retain,
      dup: false,
      properties,
    } as PublishPacket,
    queuedAt: now,
    expiresAt: now + messageExpiryIntervalSeconds * 1_000,
    mayAlias: topicAlias !== false,
    until,
    offline,
    settle,
    packetId: 0,
    state: 0,
    isSent: false,
    isCounted: false,
  }
}

function settleAll<T>(waiting: Set<Settle<T>>, error?: MqttError, value?: T): void {
  for (const settle of waiting) settle(error, value)
  waiting.clear()
}

/** The codec overlooks what is no property; these would be ones. */
const NO_PROPERTIES = { topicAlias: undefined, subscriptionIdentifiers: undefined }
/** Options that say how a message is sent, not what is in it. */
const NOT_OF_THE_MESSAGE = ['qos', 'retain', 'until', 'offline', 'topicAlias', 'signal', 'timeoutMs']

const closed = () => new MqttError('CLOSED')
