import { PacketType, decodeLimits, encode, isReasonCodeOf } from '@godwit/mqtt-codec'
import { nodeText } from '@godwit/mqtt-codec/node'
import { isTopicRefusal, parseTopicName } from '@godwit/mqtt-topics'
import type { ByteStream, Listener, TransportError } from '@godwit/mqtt-transport'
import type { Broker } from '../api/broker.ts'
import type { BrokerOptions, ListenOptions, OwnMessage } from '../api/options.ts'
import { BrokerCore } from '../core/broker-core.ts'
import type { Counters } from '../core/counters.ts'
import type { Limits } from '../core/limits.ts'
import { DEFAULT_SETTINGS } from '../core/settings.ts'
import { CommitGate } from '../engine/commit-gate.ts'
import type { DriverEnvironment } from '../engine/connection-driver.ts'
import type { OutputEnvironment } from '../engine/connection-output.ts'
import { SlabPool } from '../engine/slab-pool.ts'
import { Turn } from '../engine/turn.ts'
import { Variants } from '../engine/variants.ts'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Grant, Refusal } from '../ports/grant.ts'
import { type Logger, silentLogger } from '../ports/logger.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { Durability, Store, StoreHealth } from '../ports/store.ts'
import { boundedLogger } from './bounded-logger.ts'
import { BrokerError } from './broker-error.ts'
import { DurableShell } from './durable-shell.ts'
import { createEdges } from './edges.ts'
import { limitsOf } from './limits-of.ts'
import { listenAt } from './listen.ts'
import { nodeRuntime } from './node-runtime.ts'
import { PressureGauge } from './pressure-gauge.ts'
import { StreamLink } from './stream-link.ts'
import { Timer } from './timer.ts'

export const createBroker = (options: BrokerOptions = {}): Broker => new ShellBroker(options, nodeRuntime)

/** The same broker with another clock, loop and randomness than those of its process. */
export const createBrokerIn = (runtime: Runtime, options: BrokerOptions = {}): Broker =>
  new ShellBroker(options, runtime)

class ShellBroker implements Broker {
  readonly durability: Durability
  readonly ready: Promise<void>
  readonly #durable: DurableShell | undefined
  readonly #store: Store | undefined
  /** Streams that came while the store was read. */
  #early: ByteStream[] | undefined
  /** What the store holds cannot be used: nobody is let in. */
  #unusable = false
  readonly #core: BrokerCore
  readonly #limits: Limits
  readonly #logger: Logger
  readonly #turn: Turn
  readonly #timer: Timer
  readonly #gauge: PressureGauge
  readonly #runtime: Runtime
  readonly #driver: DriverEnvironment
  readonly #output: OutputEnvironment
  readonly #listeners = new Set<Listener>()
  readonly #links = new Set<StreamLink>()
  #closing: Promise<void> | undefined
  /** Nothing happens any more, whatever the store still answers. */
  #closed = false
  #allGone: (() => void) | undefined

  constructor(options: BrokerOptions, runtime: Runtime) {
    this.#runtime = runtime
    const logger = (this.#logger = options.logger === undefined ? silentLogger : boundedLogger(options.logger))
    const limits = (this.#limits = limitsOf(options.limits ?? {}, logger, runtime))
    const settings = { ...DEFAULT_SETTINGS, ...options.settings }
    const { store } = options
    const used = storeToUse(options)
    const endTurn = (): void => {
      if (!this.#closed) this.#endOfTurn()
    }
    this.#turn = new Turn(() => runtime.endOfTurn(endTurn), endTurn)
    const batchLimits = {
      maximumBatchBytes: limits.maximumUncommittedBytes,
      maximumBatchRecords: limits.maximumUncommittedRecords,
    }
    const gate = new CommitGate(used, batchLimits, () => this.#turn.wake())
    this.#timer = new Timer(() => this.#timePassed(), runtime)
    this.#core = new BrokerCore({
      limits,
      settings,
      logger,
      staging: gate,
      interceptors: options.interceptors ?? [],
      observers: options.observers ?? [],
      decodeText: (bytes, start, end) => nodeText.decodeUtf8(bytes, start, end),
      hashSeed: randomWord(runtime),
      edges: {
        ...createEdges(options, logger, runtime, {
          stepped: (ticket, step) => this.#handle({ type: 'authentication-stepped', ticket, step }),
          authenticated: (ticket, result) => this.#handle({ type: 'client-authenticated', ticket, result }),
          subscriptionsAuthorized: (ticket, verdicts) =>
            this.#handle({ type: 'subscriptions-authorized', ticket, verdicts }),
        }),
        load: (ticket, request) => this.#durable!.load(ticket, request),
      },
    })
    this.#store = store
    this.durability = used?.durability ?? 'none'
    this.#durable =
      used === undefined
        ? undefined
        : new DurableShell({
            core: this.#core,
            gate,
            store: used,
            logger,
            runtime,
            wallClock: options.wallClock ?? (() => runtime.wallClock()),
            onRecovery: options.onRecovery,
            endTurn,
          })
    this.#gauge = new PressureGauge(
      limits.maximumMemoryBytes,
      (measured) => this.#handle({ type: 'pressure-measured', ...measured }),
      runtime,
    )
    this.#gauge.start()
    this.#output = {
      pool: new SlabPool((size) => Buffer.allocUnsafeSlow(size)),
      turn: this.#turn,
      gate,
      variants: new Variants(),
    }
    this.#driver = {
      core: this.#core,
      turn: this.#turn,
      gate,
      limits,
      text: nodeText,
      decodeLimits: decodeLimits({
        maximumUserProperties: limits.maximumUserProperties,
        maximumUserPropertyBytes: limits.maximumUserPropertyBytes,
        allowControlCharacters: settings.allowControlCharacters,
      }),
      now: () => runtime.now(),
    }
    logger.info({ durability: this.durability }, START_LINES[this.durability])
    this.ready = this.#recover()
    // Whoever listens or publishes is told; somebody who does neither has nothing to lose.
    this.ready.catch(() => {})
  }

  get counters(): Counters {
    return this.#core.counters
  }

  async listen(target: string | ListenOptions): Promise<Listener> {
    this.#mustBeOpen()
    await this.ready
    this.#mustBeOpen()
    const listenOptions = typeof target === 'string' ? { url: target } : target
    const listener = await listenAt(listenOptions, this.#limits, {
      onStream: (stream) => this.#accept(stream),
      onError: (error) => this.#listenerFailed(error),
    })
    if (this.#closing !== undefined) {
      await listener.close()
      throw new BrokerError('BROKER_CLOSED', 'The broker was closed while it opened a listener.')
    }
    this.#listeners.add(listener)
    return listener
  }

  attach(stream: ByteStream): void {
    this.#mustBeOpen()
    if (this.#unusable) refuseStream(stream)
    else if (this.#early === undefined) this.#open(stream)
    else this.#early.push(stream)
  }

  health(): StoreHealth {
    return this.#durable?.health() ?? { writable: true }
  }

  async publish(message: OwnMessage): Promise<void> {
    this.#mustBeOpen()
    const { topicName, payload, qos = 0, retain = false, properties = {} } = message
    const parsed = parseTopicName(topicName, {
      maximumLevels: this.#limits.maximumTopicLevels,
      maximumBytes: this.#limits.maximumTopicBytes,
    })
    if (isTopicRefusal(parsed)) {
      throw new BrokerError(
        'INVALID_TOPIC_NAME',
        `"${topicName}" is not a Topic Name: ${parsed.reason} at ${parsed.at}`,
      )
    }
    const bytes = encode(
      {
        type: 'publish',
        topicName,
        payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
        qos,
        retain,
        dup: false,
        ...(qos > 0 && { packetId: 1 }),
        properties,
      },
      5,
      nodeText,
    )
    await this.ready
    this.#mustBeOpen()
    if (qos > 0) this.#mustTake()
    const commit = this.#core.publishOwn(bytes, topicName, this.#runtime.now())
    this.#turn.wake()
    if (qos > 0) await this.#durable?.committed(commit)
  }

  clients(): readonly ClientInfo[] {
    return [...this.#core.connections].filter(({ phase }) => phase === 'open').map(({ info }) => info)
  }

  disconnect(clientId: string, asked: number | Refusal = 0x98): boolean {
    const refusal = typeof asked === 'number' ? { reasonCode: asked } : asked
    const { reasonCode } = refusal
    if (reasonCode < 0x80 || !isReasonCodeOf(PacketType.disconnect, reasonCode)) {
      throw new BrokerError('INVALID_REASON_CODE', `${reasonCode} is not a Reason Code of a DISCONNECT that says why.`)
    }
    const connected = this.clients().some((client) => client.clientId === clientId)
    if (connected) this.#handle({ type: 'client-disconnected', clientId, refusal })
    return connected
  }

  redirect(serverReference: string | undefined, { moved = false }: { readonly moved?: boolean } = {}): void {
    this.#handle({ type: 'clients-redirected', serverReference, serverMoved: moved })
  }

  replaceGrant(clientId: string, grant: Grant): void {
    this.#handle({ type: 'grant-replaced', clientId, grant })
  }

  recheckRights(): void {
    this.#handle({ type: 'rights-changed' })
  }

  close(): Promise<void> {
    return (this.#closing ??= this.#close())
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close()
  }

  async #close(): Promise<void> {
    await Promise.all([...this.#listeners].map((listener) => listener.close()))
    const { closeTimeoutMs } = this.#limits
    const usable = await this.ready.then(
      () => true,
      () => false,
    )
    if (usable) {
      // What was promised is kept before anybody is told goodbye.
      this.#endOfTurn()
      await this.#durable?.drained(closeTimeoutMs)
    }
    this.#handle({ type: 'broker-closing' })
    this.#endOfTurn()
    if (this.#links.size > 0) await new Promise<void>((resolve) => (this.#allGone = resolve))
    if (usable) {
      this.#endOfTurn()
      await this.#durable?.drained(closeTimeoutMs)
    }
    // A store that is being closed takes nothing: no turn is to find that out, and say so.
    this.#closed = true
    this.#timer.clear()
    this.#gauge.stop()
    await this.#store?.close()
  }

  #accept(stream: ByteStream): void {
    const { remoteAddress } = stream.peer
    if (this.#closing === undefined && this.#core.admits(remoteAddress, this.#links.size, this.#runtime.now())) {
      return this.#open(stream)
    }
    refuseStream(stream)
  }

  /** What went wrong without a stream to tell it: a TLS handshake, an accept. The listener goes on. */
  #listenerFailed(error: TransportError): void {
    const tooLate = error.code === 'TIMEOUT' && error.phase === 'tls'
    if (tooLate) this.#core.counters.limitsMet.tlsHandshakeTimeoutMs++
    this.#logger.info({ code: error.code }, error.message)
  }

  #open(stream: ByteStream): void {
    const link = new StreamLink(stream, this.#driver, this.#output, (gone) => {
      this.#links.delete(gone)
      this.#turn.wake()
      if (this.#links.size === 0) this.#allGone?.()
    })
    this.#links.add(link)
    link.open()
    this.#turn.wake()
  }

  #handle(event: Parameters<BrokerCore['handle']>[0]): void {
    this.#core.handle(event, this.#runtime.now())
    this.#turn.wake()
  }

  #timePassed(): void {
    this.#core.handle({ type: 'time-passed' }, this.#runtime.now())
    this.#turn.wake()
  }

  /** Everything that happened in this turn of the loop goes out: one write per socket. */
  #endOfTurn(): void {
    this.#turn.begin()
    for (const deferred of this.#turn.takeDeferred()) deferred.continue()
    const now = this.#runtime.now()
    if (this.#core.continue(now)) this.#turn.wake()
    this.#turn.flush()
    if (this.#early === undefined) this.#durable?.endOfTurn()
    this.#timer.set(this.#core.nextDeadline(), now)
  }

  async #recover(): Promise<void> {
    const durable = this.#durable
    if (durable === undefined) return
    this.#early = []
    try {
      await durable.recover()
    } catch (error) {
      this.#unusable = true
      for (const stream of this.#early) refuseStream(stream)
      throw error
    }
    const early = this.#early
    this.#early = undefined
    for (const stream of early) this.#open(stream)
    this.#turn.wake()
  }

  #mustTake(): void {
    const { writable, reason } = this.health()
    if (!writable) throw new BrokerError('STORE_UNAVAILABLE', `The store takes nothing more: ${reason ?? 'unknown'}.`)
  }

  #mustBeOpen(): void {
    if (this.#closing !== undefined) throw new BrokerError('BROKER_CLOSED', 'The broker has been closed.')
  }
}

/** 32 unguessable bits. */
const randomWord = (runtime: Runtime): number => {
  const bytes = runtime.randomBytes(4)
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(0)
}

const refuseStream = (stream: ByteStream): void => {
  stream.open({ onData() {}, onDrain() {}, onClose() {} })
  stream.destroy()
}

const START_LINES: Readonly<Record<Durability, string>> = {
  none: 'Sessions and messages live in memory: they end with this process',
  process: 'acknowledged messages survive the end of this process, not a loss of power',
  fsync: 'acknowledged messages are on disk: they survive the end of this process and a loss of power',
  quorum: 'acknowledged messages survive the loss of a machine',
}

const STRENGTHS: readonly Durability[] = ['none', 'process', 'fsync', 'quorum']

/** The store, where there is one that promises anything; a promise that it cannot keep is a mistake to be told. */
const storeToUse = ({ store, durability }: BrokerOptions): Store | undefined => {
  if (durability !== undefined && durability !== 'none') {
    const given = store?.durability ?? 'none'
    if (STRENGTHS.indexOf(given) < STRENGTHS.indexOf(durability)) {
      throw new BrokerError(
        'DURABILITY_NOT_GIVEN',
        `durability "${durability}" was asked for, the store gives "${given}".`,
      )
    }
  }
  return durability === 'none' || store === undefined || store.durability === 'none' ? undefined : store
}
