import { keepSpare } from '#fast-paths'
import type { AuthPacket, ConnackPacket, DisconnectPacket, ProtocolVersion } from '@godwit/mqtt-codec'
import type { CloseInfo } from '@godwit/mqtt-transport'
import type { ClientState, ServerInfo } from '../api/client.ts'
import type { Attempt, Target } from '../api/options.ts'
import { Connection, type ConnectionHost, type Session } from '../core/connection.ts'
import { UNSUPPORTED_PROTOCOL_VERSION } from '../core/reason-code.ts'
import { ReconnectPolicy } from '../core/reconnect-policy.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { connectPacket } from './connect-packet.ts'
import type { Emitter } from './emitter.ts'
import { Link, type LinkOwner } from './link.ts'
import { parted } from './target.ts'
import { asMqttError } from './transport-error.ts'

/** How long a stream may take to end in order. */
const LINGER_MS = 2_000
/** While the transport holds more, new messages wait. */
const BLOCKED_BYTES = 262_144
/** A burst is written before its turn ends once it has grown to this. */
const BURST_BYTES = 32_768

/** The client: what its connections have in common, and what it hears of them beside events. */
export interface ConnectorHost extends Session {
  readonly target: Target
  readonly transport: Transport
  readonly runtime: Runtime
  /** The first connection has to succeed. */
  readonly failsFast: boolean
  readonly events: Emitter
  /** The Session is there; what is subscribed has to be said again where the server lost it. */
  connected(connack: ConnackPacket): void
  /** The server has authenticated itself too: the client is online. */
  ready(connack: ConnackPacket): void
  pong(roundTripMs: number): void
  /** Something was read or written. */
  moved(): void
  /** There is no connection any more. */
  offline(error: MqttError): void
  closed(error: MqttError | undefined): void
  /** Closed, and nothing is left of any connection. */
  gone(): void
}

/** Which connection there is, and when there will be another: dialling, losing, waiting, closing. */
export class Connector implements ConnectionHost, LinkOwner {
  state: ClientState = 'idle'
  clientId: string
  server: ServerInfo | undefined
  readonly #client: ConnectorHost
  readonly #policy: ReconnectPolicy
  #version: ProtocolVersion
  #link: Link | undefined
  #lastError: MqttError | undefined
  #opened: Promise<void> | undefined
  /** When the attempt ends, or the next one begins. */
  #due = Infinity
  #isLeaving = false
  #timer: unknown
  #armedFor = Infinity
  #stopWaking: (() => void) | undefined
  /** How many streams are ending. */
  #leaving = 0
  /** Who has too much: while there is anybody, nothing is read. Made when there is. */
  #full: Set<unknown> | undefined
  #isScheduled = false
  #isCommitting = false

  constructor(client: ConnectorHost) {
    const { version = 'auto', clientId, reconnect } = client.options
    this.#client = client
    this.#policy = new ReconnectPolicy(reconnect || {})
    this.#version = version === 'auto' ? 5 : version
    this.clientId = clientId ?? client.runtime.randomId().slice(0, version === 3 ? 23 : undefined)
  }

  /** The connection after its CONNACK. */
  online(): Connection | undefined {
    const connection = this.#link?.connection
    return connection?.server && connection.isOpen ? connection : undefined
  }

  /** One timer for all that is due: Keep Alive, expiry, the end of an attempt, the next one. */
  arm(): void {
    const next = Math.min(this.online()?.deadline ?? Infinity, this.#client.outgoing.nextExpiry, this.#due)
    // A deadline that moved away is asked again when the timer fires.
    if (next >= this.#armedFor || this.state === 'closed') return
    this.#client.runtime.clearTimer(this.#timer)
    this.#armedFor = next
    this.#timer = this.#client.runtime.setTimer(() => this.#tick(), Math.max(0, next - this.#now()))
  }

  /** The first thing that needs the server begins to connect. */
  start(): void {
    if (this.state !== 'idle') return
    this.#stopWaking = this.#client.runtime.onWake?.(() => {
      this.online()?.probe(this.#now())
      // The network may be back: no need to wait any longer.
      if (this.state === 'waiting') void this.#attempt()
      this.arm()
    })
    void this.#attempt()
  }

  /** Another connection at once, whatever there is now. */
  anew(): void {
    this.#drop(new MqttError('CONNECTION_LOST'))
    void this.#attempt()
  }

  /** Nothing new begins. */
  closing(): void {
    this.#change('closing')
  }

  /** DISCONNECT, and the end of everything, as soon as all that the application was told is stored. */
  leave(packet: DisconnectPacket): void {
    this.#link?.connection?.end(packet)
    this.#isLeaving = true
    void this.#flush()
  }

  /** One consumer has too much, or no longer: the connection is read while none has. */
  hold(owner: unknown, isFull: boolean): void {
    const wasPaused = this.#isPaused
    if (isFull) (this.#full ??= new Set()).add(owner)
    else this.#full?.delete(owner)
    if (this.#isPaused !== wasPaused && this.online()) this.#link?.stream?.[wasPaused ? 'resume' : 'pause']()
  }

  // What the current connection says.

  /** At the end of this turn, or at once where much waits. */
  bytesWaiting(): void {
    if (!this.#client.options.store && (this.#link?.connection?.waitingBytes ?? 0) > BURST_BYTES) void this.#flush()
    this.#schedule()
  }
  accepted(connack: ConnackPacket): void {
    const { authentication } = this.#client.options
    const { url, connection, stream } = this.#link!
    this.#due = Infinity
    this.#policy.online(this.#now())
    this.server = Object.assign(connection!.server!, { url })
    this.clientId = this.server.clientId
    if (this.state === 'connecting') this.#change('online')
    if (this.#isPaused) stream?.pause()
    this.#client.connected(connack)
    const ready = () => {
      if (this.online() === connection) this.#client.ready(connack)
    }
    if (authentication && this.#version === 5) void authentication.received(connack).then(ready)
    else ready()
  }
  /** The connection or the attempt is over. Decides what comes next. `isSilent`: a server that never spoke has closed in order. */
  failed(error: MqttError, isSilent = false): void {
    const { reconnect, version = 'auto' } = this.#client.options
    const policy = this.#policy
    const before = this.state
    this.#drop(error)
    if (before === 'online') this.#client.events.emit('offline', error)
    // A listener may have closed or reconnected.
    if (this.state === 'closing') return this.#finish()
    if (this.state !== before || this.#link) return
    if (version === 'auto' && this.#version === 5 && (isSilent || error.reasonCode === UNSUPPORTED_PROTOCOL_VERSION)) {
      this.#version = 4
      return void this.#attempt()
    }
    // Who closes that, too, said nothing about versions.
    if (version === 'auto' && !this.server) this.#version = 5
    const delayMs = reconnect === false ? undefined : policy.failed(error, this.#now(), this.#client.runtime.random())
    if (delayMs === 0) return void this.#attempt()
    if (!delayMs || (this.#client.failsFast && !this.server)) return this.#finish(error)
    this.#due = this.#now() + delayMs
    this.#change('waiting')
    this.#client.events.emit('retry', { delayMs, attempt: policy.attempts + 1, error })
  }
  disconnected(packet: DisconnectPacket): void {
    this.#client.events.emit('disconnect', packet)
  }
  pong(roundTripMs: number): void {
    this.#client.pong(roundTripMs)
  }
  authenticate(packet: AuthPacket): boolean {
    const { authentication } = this.#client.options
    void authentication?.received(packet)
    return !!authentication
  }

  // What a stream says.

  read(link: Link, chunk: Uint8Array): void {
    if (link !== this.#link) return
    link.connection?.receive(chunk, this.#now())
    this.#client.moved()
  }
  drained(link: Link): void {
    if (link === this.#link) this.#client.outgoing.unblock(this.#now())
  }
  ended(link: Link, { clean, error: cause }: CloseInfo): void {
    link.stream = undefined
    if (link !== this.#link) return this.#left(link)
    const phase = link.connection?.server ? 'session' : 'connect'
    this.failed(new MqttError('CONNECTION_LOST', cause?.message, { phase, cause }), clean && !this.server)
  }

  #now(): number {
    return this.#client.runtime.now()
  }
  get #isPaused(): boolean {
    return !!this.#full?.size
  }

  #change(next: ClientState): void {
    const previous = this.state
    this.state = next
    if (next !== previous) this.#client.events.emit('state', { state: next, previous })
    this.arm()
  }

  #tick(): void {
    const now = this.#now()
    this.#armedFor = Infinity
    this.#client.outgoing.expire(now)
    this.online()?.tick(now, this.#isPaused)
    if (now >= this.#due) {
      if (this.state === 'waiting') void this.#attempt()
      else this.failed(new MqttError('TIMEOUT', 'no CONNACK in time', { phase: 'connect' }))
    }
    this.arm()
  }

  /** Without a stream nothing leaves any more, for the reason that the connection was lost for. */
  #write({ bytes, tellWritten }: ReturnType<Connection['take']>, stream?: ByteStream): void {
    // False: the stream has the memory now.
    if (stream?.write(bytes)) keepSpare(bytes)
    tellWritten?.(stream ? undefined : this.#lastError)
  }
  /** Writes what waits, once for a whole turn; with a store, after what it depends on is committed. */
  async #flush(): Promise<void> {
    const { store } = this.#client.options
    if (this.#isCommitting) return
    const current = this.#link
    const taken = current?.connection?.take(this.#now())
    const commit = store?.commit()
    if (commit) {
      this.#isCommitting = true
      try {
        await commit
      } catch (cause) {
        // Nothing can be promised any more, and nothing that was not committed may leave.
        this.#finish(new MqttError('STORE_FAILED', '', { cause }))
        return taken && this.#write(taken)
      }
      this.#isCommitting = false
      this.#schedule()
    }
    const stream = current === this.#link ? current?.stream : undefined
    if (taken) this.#write(taken, stream)
    this.#client.outgoing.block((stream?.bufferedBytes ?? 0) > BLOCKED_BYTES)
    if (this.#isLeaving && store?.isCommitted !== false) this.#finish()
    this.#client.moved()
  }
  #schedule(): void {
    if (this.#isScheduled) return
    this.#isScheduled = true
    queueMicrotask(() => {
      this.#isScheduled = false
      void this.#flush()
    })
  }

  async #attempt(): Promise<void> {
    const { target, options } = this.#client
    const { authentication, connectTimeoutMs = 30_000, credentials = options, tls, webSocket } = options
    const version = this.#version
    const link = (this.#link = new Link(this))
    this.#policy.connecting()
    const about: Attempt = {
      number: this.#policy.attempts,
      lastError: this.#lastError,
      signal: link.abort!.signal,
    }
    this.#due = this.#now() + connectTimeoutMs
    this.#change('connecting')
    try {
      await (this.#opened ??= this.#open())
      const started = await authentication?.start({
        send: (packet) => link.connection?.send(packet),
        fail: (error) => link.connection?.fail(error),
      })
      const given = typeof target === 'function' ? await target(about) : target
      const { url, ...inUrl } = parted(typeof given === 'string' ? given : given.href)
      const login = { ...inUrl, ...(typeof credentials === 'function' ? await credentials(about) : credentials) }
      const stream = await this.#client.transport(url, {
        signal: about.signal,
        tls,
        webSocket: version === 3 ? { protocols: ['mqttv3.1'], ...webSocket } : webSocket,
      })
      if (link !== this.#link) return stream.destroy()
      const connect = connectPacket(options, version, this.clientId, this.#isClean(), login, started)
      const connection = new Connection(connect, this.#client, this, this.#now())
      link.abort = undefined
      link.url = url
      link.connection = connection
      link.stream = stream
      stream.open(link)
      const error = connection.send(connect)
      if (error) this.failed(error)
    } catch (error) {
      if (link === this.#link) this.failed(asMqttError(error))
    }
  }
  /** What a store kept, before the first attempt. */
  async #open(): Promise<void> {
    const { outgoing, incoming } = this.#client
    try {
      await this.#client.options.store?.open({
        clientId: this.clientId,
        now: this.#now(),
        wallNow: this.#client.runtime.wallNow(),
        restore: (items) => outgoing.restore(items),
        hold: (packetId) => incoming.hold(packetId),
        changed: () => this.#schedule(),
      })
    } catch (cause) {
      throw new MqttError('STORE_FAILED', '', { cause })
    }
  }
  /** 5.0 begins clean once, then resumes; Clean Session of 3.1.1 also says how the Session will end. */
  #isClean(): boolean {
    const { sessionExpiryIntervalSeconds, store, cleanStart } = this.#client.options
    const isKept = !!sessionExpiryIntervalSeconds || !!store
    if (this.#version === 5) return (!this.server || !isKept) && (cleanStart ?? !store)
    // [MQTT-3.1.3-7] Nobody finds a Session again without a name.
    return !this.clientId || (cleanStart ?? !isKept)
  }

  /** Forgets the connection or attempt. */
  #drop(error: MqttError): void {
    const { store, authentication } = this.#client.options
    const { outgoing, incoming, requests } = this.#client
    const dropped = this.#link
    this.#link = undefined
    this.#lastError = error
    this.#due = Infinity
    if (dropped) {
      const { abort, stream, connection } = dropped
      abort?.abort()
      connection?.end()
      // What explains the end (a DISCONNECT) leaves before the stream ends, but not before what it depends on.
      if (connection) this.#write(connection.take(0), store?.isCommitted === false ? undefined : stream)
      if (connection && stream) {
        this.#leaving++
        dropped.lingering = this.#client.runtime.setTimer(() => stream.destroy(), LINGER_MS)
        stream.end()
      }
    }
    incoming.lost()
    requests.lost()
    outgoing.lost()
    authentication?.lost(error)
    this.#client.offline(error)
  }

  #finish(error?: MqttError): void {
    if (this.state === 'closed') return
    this.#drop(error ?? new MqttError('CLOSED'))
    this.#change('closed')
    this.#client.runtime.clearTimer(this.#timer)
    this.#stopWaking?.()
    this.#client.closed(error)
    this.#left()
  }
  /** A stream that was ending has ended, or there is nothing more to come. */
  #left(link?: Link): void {
    const { store } = this.#client.options
    const gone = () => this.#client.gone()
    if (link?.lingering !== undefined) {
      this.#client.runtime.clearTimer(link.lingering)
      link.lingering = undefined
      this.#leaving--
    }
    if (this.state !== 'closed' || this.#leaving > 0) return
    if (store) store.close().then(gone, gone)
    else gone()
  }
}
