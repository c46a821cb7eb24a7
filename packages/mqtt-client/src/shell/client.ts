import { encodedLength, type AuthPacket, type ConnackPacket } from '@godwit/mqtt-codec'
import { isTopicName } from '@godwit/mqtt-topics'
import type { Client, ClientState, ClientStats, CloseOptions, ServerInfo } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { CallOptions, Payload } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { ClientCore } from '../core/client-core.ts'
import type { Outgoing } from '../core/outbox.ts'
import { MqttError } from '../errors.ts'
import type { StoredOutgoing } from '../ports/session-store.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Transport } from '../ports/transport.ts'
import { DEFAULTS } from './attempt.ts'
import { Connector } from './connector.ts'
import { Emitter } from './emitter.ts'
import { operation, type Settle } from './operation.ts'
import { Router } from './router.ts'
import { defined, toBytes, toPairs } from './values.ts'

const DRAIN_MS = 10_000

/** The public face: promises over the core, which decides about packets, and the connector, which decides about connections. */
export class GodwitClient implements Client {
  readonly #options: ClientOptions
  readonly #runtime: Runtime
  readonly #core: ClientCore
  readonly #connector: Connector
  readonly #router: Router
  readonly #emitter = new Emitter()
  readonly #connecting = new Set<Settle<ConnackPacket>>()
  readonly #closing = new Set<Settle<void>>()
  readonly #pings = new Set<Settle<number>>()
  readonly #reauthenticating = new Set<Settle<void>>()
  #connack: ConnackPacket | undefined
  #isGone = false
  #drainTimer: unknown
  #timer: unknown
  #armedFor = Infinity
  #takeLeave: (() => void) | undefined
  #stopWaking: (() => void) | undefined
  #restored: Promise<void> | undefined

  constructor(targets: readonly Target[], options: ClientOptions, transport: Transport, runtime: Runtime) {
    this.#options = options
    this.#runtime = runtime
    const { authentication } = options
    const receiveMaximum = options.receiveMaximum ?? DEFAULTS.receiveMaximum
    this.#core = new ClientCore(
      {
        bytesWaiting: () => this.#connector.bytesWaiting(),
        online: (connack, server) => {
          this.#connector.accepted(server)
          this.#connack = connack
          const data = connack.properties?.authenticationData
          if (authentication?.done && this.#core.version === 5) void this.#authenticated(data)
          else this.#online(connack)
          this.#router.online(connack.sessionPresent)
        },
        deliver: (delivery) => this.#router.deliver(delivery),
        failed: (error) => this.#connector.failed(error),
        disconnected: (packet) => this.#emitter.emit('disconnect', packet),
        authentication: (packet) => void this.#authenticate(packet),
        report: (error) => this.#emitter.emit('error', error),
        pong: () => {
          for (const settle of this.#pings) settle(undefined, this.#core.roundTripMs)
          this.#pings.clear()
        },
        store: (stored) => this.#connector.store(stored),
        wallNow: () => runtime.wallNow(),
      },
      {
        receiveMaximum,
        sendMaximum: options.sendMaximum ?? 1_024,
        maximumPacketSizeBytes: options.maximumPacketSizeBytes ?? DEFAULTS.maximumPacketSizeBytes,
        topicAliasMaximum: options.topicAliasMaximum ?? DEFAULTS.topicAliasMaximum,
        sendTopicAliasMaximum: options.sendTopicAliasMaximum ?? DEFAULTS.topicAliasMaximum,
        outbox: options.outbox ?? {},
        tap: options.onPacket,
      },
    )
    this.#connector = new Connector(targets, options, transport, runtime, this.#core, {
      changed: (state, previous) => {
        this.#emitter.emit('state', { state, previous })
        this.#rearm()
      },
      offline: (error) => {
        this.#fail(this.#pings, error)
        this.#fail(this.#reauthenticating, error)
        this.#emitter.emit('offline', error)
      },
      retry: (delayMs, attempt, error) => this.#emitter.emit('retry', { delayMs, attempt, error }),
      closed: (error) => this.#closed(error),
      gone: () => this.#gone(),
      moved: () => this.#rearm(),
    })
    this.#router = new Router(
      this.#core,
      this.#connector,
      this.#emitter,
      runtime,
      receiveMaximum,
      (topicName, payload, more) => this.publish(topicName, payload, more),
    )
  }

  get state(): ClientState {
    return this.#connector.state
  }

  get clientId(): string {
    return this.#connector.clientId
  }

  get server(): ServerInfo | undefined {
    return this.#connector.server
  }

  get stats(): ClientStats {
    const { publisher, inbox, roundTripMs } = this.#core
    return {
      queuedMessages: publisher.queued,
      queuedBytes: publisher.outbox.bytes,
      unacknowledgedMessages: publisher.sender.outstanding,
      unacknowledgedDeliveries: inbox.unacknowledged,
      reconnects: this.#connector.reconnects,
      droppedMessages: publisher.dropped + this.#router.dropped,
      roundTripMs,
    }
  }

  /** For `connect()`: the first connection has to succeed. */
  failFast(): void {
    this.#connector.failFast()
  }

  connect(options?: CallOptions): Promise<ConnackPacket> {
    return this.#whenOnline(options, false)
  }

  reconnect(options?: CallOptions): Promise<ConnackPacket> {
    return this.#whenOnline(options, true)
  }

  ping(options?: CallOptions): Promise<number> {
    return operation(this.#runtime, options, (settle) => {
      if (!this.#core.probe(this.#runtime.now())) return settle(offline())
      this.#pings.add(settle)
      this.#rearm()
      return () => this.#pings.delete(settle)
    })
  }

  publish(topicName: string, payload: Payload, options: PublishOptions = {}): Promise<PublishResult> {
    return operation(this.#runtime, options, (settle) => {
      if (this.#isOver) return settle(closed())
      if (!isTopicName(topicName)) return settle(new MqttError('INVALID_ARGUMENT', 'not a Topic Name'))
      if (options.offline === 'reject' && !this.#core.online) return settle(offline())
      const item = this.#outgoing(topicName, toBytes(payload), options, settle)
      this.#start()
      this.#core.publish(item, this.#runtime.now())
      if (item.expiresAt < this.#armedFor) this.#rearm()
      return () => this.#core.publisher.cancel(item)
    })
  }

  subscribe<const F extends string>(
    topicFilters: F | readonly F[],
    handlerOrOptions?: ((message: Message<F>) => unknown) | (SubscribeOptions & CallOptions),
    more: SubscribeOptions & CallOptions = {},
  ): Promise<Subscription<F>> {
    const handler = typeof handlerOrOptions === 'function' ? handlerOrOptions : undefined
    const options = typeof handlerOrOptions === 'object' ? handlerOrOptions : more
    return operation(this.#runtime, options, (settle: Settle<Subscription>) => {
      if (this.#isOver) return settle(closed())
      this.#start()
      return this.#router.subscribe(
        [topicFilters].flat(),
        handler as ((message: Message) => unknown) | undefined,
        options,
        settle,
      )
    }) as Promise<Subscription<F>>
  }

  unsubscribe(topicFilters: string | readonly string[], options?: CallOptions): Promise<readonly number[]> {
    return operation(this.#runtime, options, (settle) => {
      if (this.#isOver) return settle(closed())
      this.#start()
      return this.#router.unsubscribeAll([topicFilters].flat(), settle)
    })
  }

  reauthenticate(options?: CallOptions): Promise<void> {
    return operation(this.#runtime, options, (settle) => {
      const { authentication } = this.#options
      if (!authentication || this.#core.version !== 5)
        return settle(new MqttError('NOT_SUPPORTED', 'no enhanced authentication'))
      if (!this.#core.online) return settle(offline())
      this.#reauthenticating.add(settle)
      const begin = async () => this.#core.authenticate(0x19, authentication.method, await authentication.start())
      begin().catch((error: unknown) => this.#core.fail(failedAuthentication(error)))
      return () => this.#reauthenticating.delete(settle)
    })
  }

  async close(options: CloseOptions = {}): Promise<void> {
    const { drain = true, reasonCode = 0, reasonString, sessionExpiryIntervalSeconds, userProperties } = options
    const pairs = toPairs(userProperties)
    const properties = defined({ reasonString, sessionExpiryIntervalSeconds, userProperties: pairs })
    const leave = () => this.#connector.close(reasonCode, properties)
    try {
      encodedLength({ type: 'disconnect', reasonCode, ...(properties && { properties }) }, 5)
    } catch (cause) {
      throw new MqttError('INVALID_ARGUMENT', 'not a DISCONNECT', { cause })
    }
    return operation(this.#runtime, options, (settle) => {
      if (this.#isGone) return settle(undefined)
      this.#closing.add(settle)
      if (this.state === 'closed') return
      this.#takeLeave = leave
      const drainMs = drain === true ? DRAIN_MS : Number(drain)
      this.#connector.closing()
      if (!this.#core.online || drainMs === 0 || this.#isDrained) return leave()
      if (this.#drainTimer === undefined) this.#drainTimer = this.#runtime.setTimer(leave, drainMs)
      // Giving up waiting is no reason to stay open.
      return leave
    })
  }

  on: Client['on'] = (event, listener, options) => {
    const off = this.#emitter.on(event, listener, options)
    if (event === 'message') this.#router.claim()
    return off
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #isOver(): boolean {
    return this.state === 'closing' || this.state === 'closed'
  }

  get #isDrained(): boolean {
    return this.#core.publisher.idle && this.#core.requests.outstanding === 0 && this.#core.output.length === 0
  }

  /** The first thing that needs the server begins to connect. */
  #start(): void {
    if (this.state !== 'idle') return
    this.#stopWaking = this.#runtime.onWake?.(() => {
      this.#core.probe(this.#runtime.now())
      this.#connector.woken()
      this.#rearm()
    })
    this.#connector.start(() => this.#restore())
  }

  #whenOnline(options: CallOptions | undefined, anew: boolean): Promise<ConnackPacket> {
    return operation(this.#runtime, options, (settle) => {
      if (this.#isOver) return settle(closed())
      if (!anew && this.state === 'online' && this.#connack) return settle(undefined, this.#connack)
      this.#connecting.add(settle)
      if (anew && this.state !== 'idle') this.#connector.anew()
      else this.#start()
      return () => this.#connecting.delete(settle)
    })
  }

  #online(connack: ConnackPacket): void {
    this.#emitter.emit('online', { connack, resumed: connack.sessionPresent })
    for (const settle of this.#connecting) settle(undefined, connack)
    this.#connecting.clear()
  }

  /** The server agrees: at CONNACK, or at the end of a re-authentication. */
  async #authenticated(data: Uint8Array | undefined): Promise<void> {
    const { authentication } = this.#options
    const connack = this.#connack
    try {
      await authentication?.done?.(data)
    } catch (error) {
      return this.#core.fail(failedAuthentication(error))
    }
    if (!this.#core.online || !connack) return
    if (this.#reauthenticating.size === 0) return this.#online(connack)
    for (const settle of this.#reauthenticating) settle(undefined)
    this.#reauthenticating.clear()
  }

  async #authenticate({ reasonCode, properties }: AuthPacket): Promise<void> {
    const { authentication } = this.#options
    const data = properties?.authenticationData
    const expected = reasonCode === 0 ? this.#reauthenticating.size > 0 : reasonCode === 0x18
    // [MQTT-4.12.0-5] An AUTH without properties, which says success, names no method.
    const ours = properties === undefined || properties.authenticationMethod === authentication?.method
    if (!authentication || !expected || !ours) return this.#core.fail(unasked())
    if (reasonCode === 0) return this.#authenticated(data)
    try {
      this.#core.authenticate(0x18, authentication.method, await authentication.step(data ?? new Uint8Array()))
    } catch (error) {
      this.#core.fail(failedAuthentication(error))
    }
  }

  #outgoing(topicName: string, payload: Uint8Array, options: PublishOptions, settle: Settle<PublishResult>): Outgoing {
    const { qos = 0, retain = false, messageExpiryIntervalSeconds, until, userProperties } = options
    const { contentType, responseTopic, correlationData, payloadFormatIndicator } = options
    const properties = defined({
      payloadFormatIndicator,
      messageExpiryIntervalSeconds,
      contentType,
      responseTopic,
      correlationData,
      userProperties: toPairs(userProperties),
    })
    const queuedAt = this.#runtime.now()
    const early = (moment: 'sent' | 'stored') =>
      until === moment ? () => settle(undefined, { reasonCode: 0 }) : NOTHING
    return {
      packet: { type: 'publish', topicName, payload, qos, retain, dup: false, ...(properties && { properties }) },
      sizeBytes: topicName.length + payload.length,
      queuedAt,
      expiresAt:
        messageExpiryIntervalSeconds === undefined ? Infinity : queuedAt + messageExpiryIntervalSeconds * 1_000,
      mayAlias: options.topicAlias !== false,
      sequence: 0,
      queued: false,
      settled: (error, result) => {
        settle(error, result)
        this.#leaveWhenDrained()
      },
      sent: early('sent'),
      stored: () => {
        if (until === 'stored') this.#connector.whenCommitted(early('stored'))
      },
    }
  }

  /** Once, before the first attempt: what a store kept. */
  #restore(): Promise<void> {
    const { store } = this.#options
    const load = async () => {
      const record = await store?.load(this.clientId)
      if (!record) return
      const now = this.#runtime.now()
      const wallNow = this.#runtime.wallNow()
      this.#core.inbox.restore(record.incoming)
      this.#core.publisher.restore(record.outgoing, ({ message }: StoredOutgoing) => {
        const { expiresAtMs, payload, properties, ...rest } = message
        const item = this.#outgoing(message.topicName, payload, {}, NOTHING)
        const expiresAt = expiresAtMs === undefined ? Infinity : now + expiresAtMs - wallNow
        return {
          ...item,
          expiresAt,
          packet: { ...item.packet, ...defined({ ...rest, properties }) },
        }
      })
    }
    return (this.#restored ??= load().catch((cause: unknown) => {
      throw new MqttError('STORE_FAILED', 'the store could not be read', { cause })
    }))
  }

  #leaveWhenDrained(): void {
    if (this.state !== 'closing' || !this.#takeLeave) return
    queueMicrotask(() => {
      if (this.#isDrained) this.#takeLeave?.()
    })
  }

  #closed(error: MqttError | undefined): void {
    const reason = error ?? closed()
    this.#runtime.clearTimer(this.#drainTimer)
    this.#runtime.clearTimer(this.#timer)
    this.#stopWaking?.()
    this.#fail(this.#connecting, reason)
    this.#fail(this.#pings, reason)
    this.#fail(this.#reauthenticating, reason)
    this.#core.publisher.rejectAll(reason)
    this.#core.requests.rejectAll(reason)
    this.#router.end(error)
  }

  /** The connection has ended too: `close` resolves. */
  #gone(): void {
    const end = () => {
      this.#isGone = true
      for (const settle of this.#closing) settle(undefined)
      this.#closing.clear()
    }
    const { store } = this.#options
    if (store && !this.#isGone) store.close().then(end, end)
    else end()
  }

  #fail(waiting: Set<Settle<never>>, error: MqttError): void {
    for (const settle of waiting) settle(error)
    waiting.clear()
  }

  /** One timer for all that is due: Keep Alive, expiry, the end of an attempt, the next one. */
  #rearm(): void {
    const due = Math.min(this.#core.deadline, this.#connector.deadline)
    // A deadline that moved away is asked again when the timer fires.
    if (due >= this.#armedFor && this.state !== 'closed') return
    this.#runtime.clearTimer(this.#timer)
    this.#armedFor = this.state === 'closed' ? Infinity : due
    if (this.#armedFor === Infinity) return
    this.#timer = this.#runtime.setTimer(
      () => {
        this.#armedFor = Infinity
        const now = this.#runtime.now()
        this.#core.tick(now)
        this.#connector.tick(now)
        this.#rearm()
      },
      Math.max(0, due - this.#runtime.now()),
    )
  }
}

const NOTHING = () => {}
const closed = () => new MqttError('CLOSED', 'the client is closed')
const offline = () => new MqttError('OFFLINE', 'not connected', { retryable: true })
const unasked = () =>
  new MqttError('PROTOCOL_ERROR', 'AUTH out of place', { phase: 'session', reasonCode: 0x82, retryable: true })
const failedAuthentication = (error: unknown) =>
  new MqttError('AUTHENTICATION_FAILED', 'enhanced authentication failed', {
    phase: 'connect',
    reasonCode: 0x8c,
    cause: error,
  })
