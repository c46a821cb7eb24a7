import { ReasonCode, type DisconnectProperties, type ProtocolVersion } from '@godwit/mqtt-codec'
import type { ClientState, ServerInfo } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import type { ClientCore } from '../core/client-core.ts'
import type { ServerLimits } from '../core/handshake.ts'
import { ReconnectPolicy } from '../core/reconnect-policy.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { StoreOperation } from '../ports/session-store.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { asMqttError, dial, type Dialled } from './attempt.ts'

/** A burst is written before its turn ends once it has grown to this. */
const BURST_BYTES = 65_536
/** While the transport holds more, new messages wait in the outbox. */
const BLOCKED_BYTES = 262_144
const CONNECT_TIMEOUT_MS = 30_000
/** How long a stream may take to end in order. */
const LINGER_MS = 2_000

export interface ConnectorHost {
  changed(state: ClientState, previous: ClientState): void
  offline(error: MqttError): void
  retry(delayMs: number, attempt: number, error: MqttError): void
  closed(error: MqttError | undefined): void
  /** The last stream is gone too. */
  gone(): void
  /** `deadline` may have become earlier. */
  moved(): void
}

/** Which connection there is, and when there will be another: dialling, writing, losing, waiting, closing. */
export class Connector {
  state: ClientState = 'idle'
  clientId: string
  server: ServerInfo | undefined
  reconnects = 0
  readonly #targets: readonly Target[]
  readonly #options: ClientOptions
  readonly #transport: Transport
  readonly #runtime: Runtime
  readonly #core: ClientCore
  readonly #host: ConnectorHost
  readonly #policy: ReconnectPolicy
  /** A number for each attempt: what comes back from an `await` of an older one is stale. */
  #generation = 0
  #abort: AbortController | undefined
  #stream: ByteStream | undefined
  #url = ''
  #version: ProtocolVersion
  #prepare: () => Promise<void> = () => Promise.resolve()
  #connectBy = Infinity
  #retryAt = Infinity
  #lastError: MqttError | undefined
  /** Index of the target to try; how many of them failed since the last success. */
  #target = 0
  #failedTargets = 0
  /** From a Server Reference: tried once instead of the targets. */
  #reference: string | undefined
  #followed = false
  #connectedOnce = false
  #flushing = false
  #committing = false
  #operations: StoreOperation[] = []
  #whenCommitted: (() => void)[] = []
  readonly #full = new Set<unknown>()
  /** Streams that are ending, with the timer that ends them for good. */
  readonly #leaving = new Map<ByteStream, unknown>()

  constructor(
    targets: readonly Target[],
    options: ClientOptions,
    transport: Transport,
    runtime: Runtime,
    core: ClientCore,
    host: ConnectorHost,
  ) {
    this.#targets = targets
    this.#options = options
    this.#transport = transport
    this.#runtime = runtime
    this.#core = core
    this.#host = host
    this.#policy = new ReconnectPolicy(options.reconnect || {})
    this.clientId = options.clientId ?? (options.version === 3 ? runtime.randomId().slice(0, 23) : runtime.randomId())
    const { version = 'auto' } = options
    this.#version = version === 'auto' ? 5 : version
  }

  /** Closed, and nothing is left of any connection. */
  get isGone(): boolean {
    return this.state === 'closed' && this.#leaving.size === 0
  }

  get deadline(): number {
    return Math.min(this.#connectBy, this.#retryAt)
  }

  start(prepare: () => Promise<void>): void {
    this.#prepare = prepare
    void this.#attempt()
  }

  /** Another connection at once, whatever there is now. */
  anew(): void {
    this.#drop()
    void this.#attempt()
  }

  tick(now: number): void {
    if (now >= this.#connectBy)
      this.failed(new MqttError('TIMEOUT', 'no CONNACK in time', { phase: 'connect', retryable: true }))
    else if (now >= this.#retryAt) void this.#attempt()
  }

  /** The network may be back: no need to wait any longer. */
  woken(): void {
    if (this.state === 'waiting') void this.#attempt()
  }

  /** CONNACK: we are online. */
  accepted(server: ServerLimits): void {
    const now = this.#runtime.now()
    this.#connectBy = Infinity
    this.#policy.online(now)
    this.#failedTargets = 0
    this.#followed = false
    if (this.#connectedOnce) this.reconnects++
    this.#connectedOnce = true
    this.clientId = server.clientId
    this.server = { url: this.#url, ...server }
    if (this.state === 'connecting') this.#change('online')
    this.#pauseOrResume()
  }

  /** The connection or the attempt is over. Decides what comes next. */
  failed(error: MqttError): void {
    const wasOnline = this.state === 'online'
    const { state } = this
    if (state === 'closed') return
    this.#drop()
    this.#lastError = error
    if (wasOnline) this.#host.offline(error)
    if (state === 'closing') return this.#finish()
    // The offline listeners may have closed or reconnected.
    if (this.state !== state) return
    const { version = 'auto', reconnect } = this.#options
    if (version === 'auto' && this.#version === 5 && error.reasonCode === ReasonCode.UnsupportedProtocolVersion) {
      this.#version = 4
      return void this.#attempt()
    }
    const reference = this.#referenceOf(error)
    if (reference && !this.#followed) {
      this.#followed = true
      this.#reference = reference
      return void this.#attempt()
    }
    this.#target++
    if (!wasOnline && ++this.#failedTargets < this.#targets.length) return void this.#attempt()
    this.#failedTargets = 0
    const delayMs =
      reconnect === false ? undefined : this.#policy.failed(error, this.#runtime.now(), this.#runtime.random())
    if (delayMs === undefined || (this.#failsFast && !this.#connectedOnce)) return this.#finish(error)
    this.#retryAt = this.#runtime.now() + delayMs
    this.#change('waiting')
    this.#host.retry(delayMs, this.#policy.attempts + 1, error)
  }

  /** Set by `connect()`: the first connection has to succeed. */
  failFast(): void {
    this.#failsFast = true
  }
  #failsFast = false

  closing(): void {
    if (this.state !== 'closed') this.#change('closing')
  }

  /** DISCONNECT, and the end of everything. */
  close(reasonCode: number, properties: DisconnectProperties | undefined): void {
    if (this.state === 'closed') return
    const { online } = this.#core
    this.#core.disconnect(reasonCode, this.#core.version === 5 ? properties : undefined)
    if (!online) this.#drop()
    this.#finish()
  }

  store(stored: StoreOperation): void {
    if (!this.#options.store) return
    this.#operations.push(stored)
    this.#schedule()
  }

  /** Calls back when what was given to `store` so far is committed: at once where nothing is. */
  whenCommitted(callback: () => void): void {
    if (this.#operations.length === 0 && !this.#committing) callback()
    else this.#whenCommitted.push(callback)
  }

  bytesWaiting(): void {
    if (this.#core.output.length > BURST_BYTES && !this.#options.store) this.#flush()
    this.#schedule()
  }

  /** One consumer has too much, or no longer: the connection is read while none has. */
  hold(owner: unknown, full: boolean): void {
    if (full === this.#full.has(owner)) return
    if (full) this.#full.add(owner)
    else this.#full.delete(owner)
    this.#pauseOrResume()
  }

  #pauseOrResume(): void {
    const paused = this.#full.size > 0
    if (!this.#core.online || paused === this.#core.paused) return
    this.#core.paused = paused
    if (paused) this.#stream?.pause()
    else this.#stream?.resume()
  }

  async #attempt(): Promise<void> {
    const generation = ++this.#generation
    const abort = (this.#abort = new AbortController())
    const {
      connectTimeoutMs = CONNECT_TIMEOUT_MS,
      sessionExpiryIntervalSeconds: expiry,
      store,
      cleanStart,
    } = this.#options
    const now = this.#runtime.now()
    this.#connectBy = now + connectTimeoutMs
    this.#retryAt = Infinity
    this.#policy.connecting()
    this.#change('connecting')
    // A listener may have closed the client.
    if (generation !== this.#generation) return
    const keeps = expiry === 'never' || (expiry ?? 0) > 0 || store !== undefined
    // 5.0 begins clean once, then resumes; Clean Session of 3.1.1 also says how the Session will end.
    const clean =
      this.#version === 5
        ? (!this.#connectedOnce || !keeps) && (cleanStart ?? !store)
        : // [MQTT-3.1.3-7] Nobody finds a Session again without a name.
          this.clientId === '' || (cleanStart ?? !keeps)
    let dialled: Dialled | undefined
    try {
      await this.#prepare()
      const target = this.#reference ?? this.#targets[this.#target % this.#targets.length] ?? ''
      this.#reference = undefined
      dialled = await dial({
        options: this.#options,
        transport: this.#transport,
        target,
        attempt: { number: this.#policy.attempts, lastError: this.#lastError, signal: abort.signal },
        version: this.#version,
        clientId: this.clientId,
        cleanStart: clean,
      })
      if (generation !== this.#generation) return dialled.stream.destroy()
      this.#opened(dialled, generation)
    } catch (error) {
      dialled?.stream.destroy()
      if (generation === this.#generation) this.failed(asMqttError(error))
    }
  }

  #opened({ stream, connect, url }: Dialled, generation: number): void {
    this.#url = url
    this.#stream = stream
    this.#core.open(connect, this.#runtime.now())
    stream.open({
      onData: (chunk) => {
        if (generation === this.#generation) this.#core.receive(chunk, this.#runtime.now())
      },
      onDrain: () => {
        if (generation !== this.#generation) return
        this.#core.publisher.blocked = false
        this.#core.publisher.pump(this.#runtime.now())
      },
      onClose: ({ error }) => {
        this.#left(stream)
        if (generation !== this.#generation) return
        this.#stream = undefined
        const phase = this.#core.online ? 'session' : 'connect'
        this.failed(
          new MqttError('CONNECTION_LOST', error?.message ?? 'the server closed the connection', {
            phase,
            cause: error,
            retryable: true,
          }),
        )
      },
    })
  }

  #schedule(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  /** Writes what waits; with a store, after what it depends on is committed: one commit for a whole turn. */
  #flush(): void {
    const { store } = this.#options
    if (this.#committing) return
    const { output } = this.#core
    const bytes = output.take()
    const sent = this.#core.takeSent()
    const generation = this.#generation
    if (!store || this.#operations.length === 0) return this.#write(bytes, sent, generation)
    output.release()
    this.#committing = true
    const callbacks = this.#whenCommitted.splice(0)
    store.commit(this.#operations.splice(0)).then(
      () => {
        this.#committing = false
        for (const callback of callbacks) callback()
        this.#write(bytes, sent, generation)
        this.#schedule()
      },
      (cause: unknown) => {
        // Nothing can be promised any more, and nothing that was not committed may leave.
        const error = new MqttError('STORE_FAILED', 'the store could not be written', { cause })
        if (this.state === 'closed') return
        this.#drop()
        this.#finish(error)
      },
    )
  }

  #write(bytes: Uint8Array, sent: ReturnType<ClientCore['takeSent']>, generation: number): void {
    const stream = this.#stream
    if (!stream || generation !== this.#generation) return
    if (bytes.length > 0 && !stream.write(bytes)) this.#core.output.release()
    this.#core.publisher.blocked = stream.bufferedBytes > BLOCKED_BYTES
    this.#core.flushed(sent)
  }

  /** Forgets the connection or attempt; what it still says is stale from here on. */
  #drop(): void {
    // What explains the end (a DISCONNECT) goes out before the stream does.
    if (this.#stream && this.#core.output.length > 0) this.#write(this.#core.output.take(), [], this.#generation)
    this.#generation++
    const stream = this.#stream
    this.#stream = undefined
    if (stream) {
      this.#leaving.set(
        stream,
        this.#runtime.setTimer(() => stream.destroy(), LINGER_MS),
      )
      stream.end()
    }
    this.#abort?.abort()
    this.#connectBy = this.#retryAt = Infinity
    this.#core.lost()
  }

  #finish(error?: MqttError): void {
    if (this.state === 'closed') return
    if (this.#operations.length > 0 || this.#committing) {
      // What the application was told is in the store is there before it hears of the end.
      const { store } = this.#options
      if (store && !error && !this.#committing) {
        this.#committing = true
        const finish = () => this.#finish()
        const done = () => {
          this.#committing = false
          finish()
        }
        return void store.commit(this.#operations.splice(0)).then(done, done)
      }
    }
    this.#drop()
    this.#change('closed')
    this.#host.closed(error)
    if (this.isGone) this.#host.gone()
  }

  #left(stream: ByteStream): void {
    this.#runtime.clearTimer(this.#leaving.get(stream))
    this.#leaving.delete(stream)
    if (this.isGone) this.#host.gone()
  }

  #change(state: ClientState): void {
    const previous = this.state
    if (state !== previous) {
      this.state = state
      this.#host.changed(state, previous)
    } else this.#host.moved()
  }

  /** The first usable server that a Server Reference names, under our own scheme: a reference never takes TLS away. */
  #referenceOf({ reasonCode, serverReference }: MqttError): string | undefined {
    if (reasonCode !== ReasonCode.UseAnotherServer && reasonCode !== ReasonCode.ServerMoved) return undefined
    const [first] = serverReference?.split(/[\s,]+/) ?? []
    const parts = /^([a-z+]+:\/\/)[^/]*(\/.*)?$/.exec(this.#url)
    if (!first || !parts) return undefined
    return first.includes('://')
      ? first.startsWith(parts[1] ?? '')
        ? first
        : undefined
      : `${parts[1]}${first}${parts[2] ?? ''}`
  }
}
