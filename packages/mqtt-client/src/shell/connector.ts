import { keepSpare } from '#fast-paths'
import type { ConnackPacket, DisconnectPacket, ProtocolVersion } from '@godwit/mqtt-codec'
import type { ClientState, ServerInfo } from '../api/client.ts'
import type { Attempt, ClientOptions, Target } from '../api/options.ts'
import { createConnection, type Connection, type Session } from '../core/connection.ts'
import { UNSUPPORTED_PROTOCOL_VERSION } from '../core/reason-code.ts'
import { reconnectPolicy } from '../core/reconnect-policy.ts'
import { MqttError, type ErrorPhase } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { connectPacket } from './connect-packet.ts'
import type { Emit } from './emitter.ts'

/** How long a stream may take to end in order. */
const LINGER_MS = 2_000
/** While the transport holds more, new messages wait. */
const BLOCKED_BYTES = 262_144
/** A burst is written before its turn ends once it has grown to this. */
const BURST_BYTES = 32_768

/** An attempt, and the connection that came of it. What an older one than the current one says is stale. */
interface Link {
  readonly abort: AbortController
  stream?: ByteStream
  connection?: Connection
  /** Ends a stream that takes too long to end in order. */
  lingering?: unknown
}

/** What the client hears, beside events. */
export interface ConnectorHost {
  readonly emit: Emit
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

export type Connector = ReturnType<typeof createConnector>

/** Which connection there is, and when there will be another: dialling, losing, waiting, closing. */
export function createConnector(
  target: Target,
  options: ClientOptions,
  transport: Transport,
  runtime: Runtime,
  failsFast: boolean,
  session: Session,
  host: ConnectorHost,
) {
  const { authentication, cleanStart, connectTimeoutMs = 30_000, credentials = options } = options
  const { reconnect, store, version: wanted = 'auto', webSocket } = options
  const { emit } = host
  const now = () => runtime.now()
  const { outgoing, incoming, requests } = session
  const policy = reconnectPolicy(reconnect || {})
  let version: ProtocolVersion = wanted === 'auto' ? 5 : wanted
  let clientId = options.clientId ?? runtime.randomId().slice(0, version === 3 ? 23 : undefined)
  let state: ClientState = 'idle'
  let server: ServerInfo | undefined
  let link: Link | undefined
  let lastError: MqttError | undefined
  let opened: Promise<void> | undefined
  /** When the attempt ends, or the next one begins. */
  let due = Infinity
  let isLeaving = false
  let timer: unknown
  let armedFor = Infinity
  let stopWaking: (() => void) | undefined
  /** Their streams are ending. */
  const leaving = new Set<Link | undefined>()
  /** Who has too much: while there is anybody, nothing is read. */
  const full = new Set<unknown>()

  const online = () => {
    const connection = link?.connection
    return connection?.server && connection.isOpen ? connection : undefined
  }

  const change = (next: ClientState) => {
    const previous = state
    state = next
    if (state !== previous) emit('state', { state, previous })
    arm()
  }

  /** One timer for all that is due: Keep Alive, expiry, the end of an attempt, the next one. */
  const arm = () => {
    const next = Math.min(online()?.deadline ?? Infinity, outgoing.nextExpiry, due)
    // A deadline that moved away is asked again when the timer fires.
    if (next >= armedFor || state === 'closed') return
    runtime.clearTimer(timer)
    armedFor = next
    timer = runtime.setTimer(tick, Math.max(0, next - now()))
  }
  const tick = () => {
    armedFor = Infinity
    outgoing.expire(now())
    online()?.tick(now(), full.size > 0)
    if (now() >= due) {
      if (state === 'waiting') void attempt()
      else failed(new MqttError('TIMEOUT', 'no CONNACK in time', { phase: 'connect' }))
    }
    arm()
  }

  /** Without a stream nothing leaves any more, for the reason that the connection was lost for. */
  const write = ({ bytes, tellWritten }: ReturnType<Connection['take']>, stream?: ByteStream) => {
    // False: the stream has the memory now.
    if (stream?.write(bytes)) keepSpare(bytes)
    tellWritten?.(stream ? undefined : lastError)
  }
  let isScheduled = false
  let isCommitting = false
  /** Writes what waits, once for a whole turn; with a store, after what it depends on is committed. */
  const flush = async () => {
    if (isCommitting) return
    const current = link
    const taken = current?.connection?.take(now())
    const commit = store?.commit()
    if (commit) {
      isCommitting = true
      try {
        await commit
      } catch (cause) {
        // Nothing can be promised any more, and nothing that was not committed may leave.
        finish(new MqttError('STORE_FAILED', '', { cause }))
        return taken && write(taken)
      }
      isCommitting = false
      schedule()
    }
    const stream = current === link ? current?.stream : undefined
    if (taken) write(taken, stream)
    outgoing.block((stream?.bufferedBytes ?? 0) > BLOCKED_BYTES)
    if (isLeaving && store?.isCommitted !== false) finish()
    host.moved()
  }
  const schedule = () => {
    if (isScheduled) return
    isScheduled = true
    queueMicrotask(() => {
      isScheduled = false
      void flush()
    })
  }

  const attempt = async () => {
    const current: Link = (link = { abort: new AbortController() })
    policy.connecting()
    const about: Attempt = { number: policy.attempts, lastError, signal: current.abort.signal }
    due = now() + connectTimeoutMs
    change('connecting')
    try {
      await (opened ??= open())
      const start = authentication?.start({
        send: (packet) => current.connection?.send(packet),
        fail: (error) => current.connection?.fail(error),
      })
      const given = typeof target === 'function' ? await target(about) : target
      const { url, ...inUrl } = parted(typeof given === 'string' ? given : given.href)
      const login = { ...inUrl, ...(typeof credentials === 'function' ? await credentials(about) : credentials) }
      const stream = await transport(url, {
        signal: about.signal,
        tls: options.tls,
        webSocket: version === 3 ? { protocols: ['mqttv3.1'], ...webSocket } : webSocket,
      })
      if (current !== link) return stream.destroy()
      const connect = connectPacket(options, version, clientId, isClean(), login, await start)
      const connection = createConnection(
        connect,
        session,
        {
          /** At the end of this turn, or at once where much waits. */
          bytesWaiting() {
            if (!store && connection.waitingBytes > BURST_BYTES) void flush()
            schedule()
          },
          online: (connack) => accepted(connack, url, connection),
          failed,
          disconnected: (packet) => emit('disconnect', packet),
          pong: host.pong,
          authentication: authentication?.received,
        },
        options,
        now(),
      )
      current.connection = connection
      current.stream = stream
      stream.open({
        onData(chunk) {
          if (current !== link) return
          connection.receive(chunk, now())
          host.moved()
        },
        onDrain() {
          if (current === link) outgoing.unblock(now())
        },
        onClose({ error }) {
          delete current.stream
          const phase = connection.server ? 'session' : 'connect'
          if (current === link) failed(new MqttError('CONNECTION_LOST', error?.message, { phase, cause: error }))
          else left(current)
        },
      })
      const error = connection.send(connect)
      if (error) failed(error)
    } catch (error) {
      if (current === link) failed(asMqttError(error))
    }
  }
  /** What a store kept, before the first attempt. */
  const open = async () => {
    try {
      await store?.open({
        clientId,
        now: now(),
        wallNow: runtime.wallNow(),
        restore: outgoing.restore,
        hold: incoming.hold,
        changed: schedule,
      })
    } catch (cause) {
      throw new MqttError('STORE_FAILED', '', { cause })
    }
  }
  /** 5.0 begins clean once, then resumes; Clean Session of 3.1.1 also says how the Session will end. */
  const isClean = () => {
    const isKept = !!options.sessionExpiryIntervalSeconds || !!store
    if (version === 5) return (!server || !isKept) && (cleanStart ?? !store)
    // [MQTT-3.1.3-7] Nobody finds a Session again without a name.
    return !clientId || (cleanStart ?? !isKept)
  }

  const accepted = (connack: ConnackPacket, url: string, connection: Connection) => {
    due = Infinity
    policy.online(now())
    server = { url, ...connection.server! }
    clientId = server.clientId
    if (state === 'connecting') change('online')
    if (full.size > 0) link?.stream?.pause()
    host.connected(connack)
    const ready = () => {
      if (online() === connection) host.ready(connack)
    }
    if (authentication && version === 5) void authentication.received(connack).then(ready)
    else ready()
  }

  /** The connection or the attempt is over. Decides what comes next. */
  const failed = (error: MqttError) => {
    const before = state
    drop(error)
    if (before === 'online') emit('offline', error)
    // A listener may have closed or reconnected.
    if (state === 'closing') return finish()
    if (state !== before || link) return
    if (wanted === 'auto' && version === 5 && error.reasonCode === UNSUPPORTED_PROTOCOL_VERSION) {
      version = 4
      return void attempt()
    }
    const delayMs = reconnect === false ? undefined : policy.failed(error, now(), runtime.random())
    if (delayMs === 0) return void attempt()
    if (!delayMs || (failsFast && !server)) return finish(error)
    due = now() + delayMs
    change('waiting')
    emit('retry', { delayMs, attempt: policy.attempts + 1, error })
  }

  /** Forgets the connection or attempt. */
  const drop = (error: MqttError) => {
    const dropped = link
    link = undefined
    lastError = error
    due = Infinity
    if (dropped) {
      const { abort, stream, connection } = dropped
      abort.abort()
      connection?.end()
      // What explains the end (a DISCONNECT) leaves before the stream ends, but not before what it depends on.
      if (connection) write(connection.take(0), store?.isCommitted === false ? undefined : stream)
      if (connection && stream) {
        leaving.add(dropped)
        dropped.lingering = runtime.setTimer(() => stream.destroy(), LINGER_MS)
        stream.end()
      }
    }
    incoming.lost()
    requests.lost()
    outgoing.lost()
    authentication?.lost(error)
    host.offline(error)
  }

  const finish = (error?: MqttError) => {
    if (state === 'closed') return
    drop(error ?? new MqttError('CLOSED'))
    change('closed')
    runtime.clearTimer(timer)
    stopWaking?.()
    host.closed(error)
    left()
  }
  const left = (ended?: Link) => {
    runtime.clearTimer(ended?.lingering)
    leaving.delete(ended)
    if (state !== 'closed' || leaving.size > 0) return
    if (store) store.close().then(host.gone, host.gone)
    else host.gone()
  }

  return {
    get state() {
      return state
    },
    get clientId() {
      return clientId
    },
    get server() {
      return server
    },
    /** The connection after its CONNACK. */
    online,
    arm,

    /** The first thing that needs the server begins to connect. */
    start(): void {
      if (state !== 'idle') return
      stopWaking = runtime.onWake?.(() => {
        online()?.probe(now())
        // The network may be back: no need to wait any longer.
        if (state === 'waiting') void attempt()
        arm()
      })
      void attempt()
    },

    /** Another connection at once, whatever there is now. */
    anew(): void {
      drop(new MqttError('CONNECTION_LOST'))
      void attempt()
    },

    /** Nothing new begins. */
    closing(): void {
      change('closing')
    },

    /** DISCONNECT, and the end of everything, as soon as all that the application was told is stored. */
    leave(packet: DisconnectPacket): void {
      link?.connection?.end(packet)
      isLeaving = true
      void flush()
    },

    /** One consumer has too much, or no longer: the connection is read while none has. */
    hold(owner: unknown, isFull: boolean): void {
      const wasPaused = full.size > 0
      if (isFull) full.add(owner)
      else full.delete(owner)
      const isPaused = full.size > 0
      if (isPaused !== wasPaused && online()) link?.stream?.[isPaused ? 'pause' : 'resume']()
    },
  }
}

/** `mqtt://user:password@host`: what stands there is used, and goes no further than CONNECT. */
function parted(href: string): { readonly url: string; readonly username?: string; readonly password?: string } {
  const [, scheme, name, password, rest] = /^([^/]*\/\/)([^/?#:]*)(?::([^/?#]*))?@(.*)/.exec(href) ?? []
  if (scheme === undefined) return { url: href }
  return {
    url: `${scheme}${rest}`,
    ...(name && { username: decodeURIComponent(name) }),
    ...(password !== undefined && { password: decodeURIComponent(password) }),
  }
}

/** A transport's error keeps its phase; `cause` has the rest. */
function asMqttError(cause: unknown): MqttError {
  if (MqttError.isInstance(cause)) return cause
  const { code, phase, message = String(cause) } = cause as { code?: string; phase?: ErrorPhase; message?: string }
  // What only a person can mend is not tried again by itself.
  const retryable = code !== 'WS_NOT_INSTALLED' && phase !== undefined
  return new MqttError('TRANSPORT_FAILED', message, { ...(phase && { phase }), cause, retryable })
}
