import type { ConnackPacket, DisconnectPacket, ProtocolVersion } from '@godwit/mqtt-codec'
import type { ClientState, ServerInfo } from '../api/client.ts'
import type { ClientOptions, Target } from '../api/options.ts'
import { createConnection, type Connection, type Session } from '../core/connection.ts'
import { UNSUPPORTED_PROTOCOL_VERSION } from '../core/reason-code.ts'
import { ReconnectPolicy } from '../core/reconnect-policy.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { ByteStream, Transport } from '../ports/transport.ts'
import { asMqttError, dial } from './dial.ts'
import type { Emit } from './emitter.ts'
import { createWriter } from './writer.ts'

/** How long a stream may take to end in order. */
const LINGER_MS = 2_000
/** While the transport holds more, new messages wait. */
const BLOCKED_BYTES = 262_144

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
  const { authentication, cleanStart, connectTimeoutMs = 30_000, reconnect, store, version: wanted = 'auto' } = options
  const { emit } = host
  const { outgoing, incoming, requests } = session
  const policy = new ReconnectPolicy(reconnect || {})
  let version: ProtocolVersion = wanted === 'auto' ? 5 : wanted
  let clientId = options.clientId ?? runtime.randomId().slice(0, version === 3 ? 23 : undefined)
  let state: ClientState = 'idle'
  let server: ServerInfo | undefined
  let link: Link | undefined
  /** Connections so far. */
  let connections = 0
  let lastError: MqttError | undefined
  let opened: Promise<void> | undefined
  /** When the attempt ends, or the next one begins. */
  let due = Infinity
  let isLeaving = false
  let timer: unknown
  let armedFor = Infinity
  let stopWaking: (() => void) | undefined
  /** Their streams are ending. */
  const leaving = new Set<Link>()
  /** Who has too much: while there is anybody, nothing is read. */
  const full = new Set<unknown>()

  const online = () => (link?.connection?.isOnline ? link.connection : undefined)

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
    timer = runtime.setTimer(tick, Math.max(0, next - runtime.now()))
  }
  const tick = () => {
    const now = runtime.now()
    armedFor = Infinity
    outgoing.expire(now)
    online()?.tick(now, full.size > 0)
    if (now >= due) {
      if (state === 'waiting') void attempt()
      else failed(new MqttError('TIMEOUT', 'no CONNACK in time', { phase: 'connect' }))
    }
    arm()
  }

  const writer = createWriter(store, {
    current: () => link,
    now: () => runtime.now(),
    written(bufferedBytes) {
      outgoing.block(bufferedBytes > BLOCKED_BYTES)
      if (isLeaving && store?.isCommitted !== false) finish()
      host.moved()
    },
    failed: (error) => finish(error),
  })

  const attempt = async () => {
    const current: Link = (link = { abort: new AbortController() })
    due = runtime.now() + connectTimeoutMs
    policy.connecting()
    change('connecting')
    try {
      await (opened ??= open())
      const start = authentication?.start({
        send: (packet) => current.connection?.send(packet),
        fail: (error) => current.connection?.fail(error),
      })
      const { stream, connect, url } = await dial(options, transport, target, {
        attempt: { number: policy.attempts, lastError, signal: current.abort.signal },
        version,
        clientId,
        cleanStart: isClean(),
        authentication: await start,
      })
      if (current !== link) return stream.destroy()
      const connection = createConnection(
        connect,
        session,
        {
          bytesWaiting: writer.bytesWaiting,
          online: (connack) => accepted(connack, url, connection),
          failed,
          disconnected: (packet) => emit('disconnect', packet),
          pong: host.pong,
          authentication: authentication?.received,
        },
        options,
        runtime.now(),
      )
      current.connection = connection
      current.stream = stream
      stream.open({
        onData(chunk) {
          if (current !== link) return
          connection.receive(chunk, runtime.now())
          host.moved()
        },
        onDrain() {
          if (current === link) outgoing.unblock(runtime.now())
        },
        onClose({ error }) {
          delete current.stream
          runtime.clearTimer(current.lingering)
          if (leaving.delete(current)) left()
          const phase = connection.server ? 'session' : 'connect'
          if (current === link) failed(new MqttError('CONNECTION_LOST', error?.message, { phase, cause: error }))
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
    const { sender, addFirst } = outgoing
    const { hold } = incoming
    try {
      const now = runtime.now()
      await store?.open({
        clientId,
        now,
        wallNow: runtime.wallNow(),
        sender,
        addFirst,
        hold,
        changed: writer.bytesWaiting,
      })
    } catch (cause) {
      throw new MqttError('STORE_FAILED', '', { cause })
    }
  }
  /** 5.0 begins clean once, then resumes; Clean Session of 3.1.1 also says how the Session will end. */
  const isClean = () => {
    const { sessionExpiryIntervalSeconds = 0 } = options
    const isKept = sessionExpiryIntervalSeconds !== 0 || store !== undefined
    if (version === 5) return (connections === 0 || !isKept) && (cleanStart ?? !store)
    // [MQTT-3.1.3-7] Nobody finds a Session again without a name.
    return clientId === '' || (cleanStart ?? !isKept)
  }

  const accepted = (connack: ConnackPacket, url: string, connection: Connection) => {
    if (!connection.server) return
    due = Infinity
    connections++
    policy.online(runtime.now())
    server = { url, ...connection.server }
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
    lastError = error
    if (before === 'online') emit('offline', error)
    // A listener may have closed or reconnected.
    if (state === 'closing') return finish()
    if (state !== before || link) return
    if (wanted === 'auto' && version === 5 && error.reasonCode === UNSUPPORTED_PROTOCOL_VERSION) {
      version = 4
      return void attempt()
    }
    const now = runtime.now()
    const delayMs = reconnect === false ? undefined : policy.failed(error, now, runtime.random())
    if (delayMs === undefined || (delayMs > 0 && failsFast && connections === 0)) return finish(error)
    if (delayMs === 0) return void attempt()
    due = now + delayMs
    change('waiting')
    emit('retry', { delayMs, attempt: policy.attempts + 1, error })
  }

  /** Forgets the connection or attempt. */
  const drop = (error: MqttError) => {
    const dropped = link
    link = undefined
    due = Infinity
    if (dropped) {
      const { abort, stream, connection } = dropped
      abort.abort()
      connection?.end()
      if (connection && stream) {
        // What explains the end (a DISCONNECT) leaves before the stream ends, but not before what it depends on.
        if (store?.isCommitted !== false) stream.write(connection.take(0).bytes)
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
  const left = () => {
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
    get reconnects() {
      return Math.max(0, connections - 1)
    },
    /** The connection after its CONNACK. */
    online,
    arm,

    /** The first thing that needs the server begins to connect. */
    start(): void {
      if (state !== 'idle') return
      stopWaking = runtime.onWake?.(() => {
        online()?.probe(runtime.now())
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
      void writer.flush()
    },

    /** One consumer has too much, or no longer: the connection is read while none has. */
    hold(owner: unknown, isFull: boolean): void {
      const wasPaused = full.size > 0
      if (isFull) full.add(owner)
      else full.delete(owner)
      const stream = online() && link?.stream
      if (full.size > 0 && !wasPaused) stream?.pause()
      if (full.size === 0 && wasPaused) stream?.resume()
    },
  }
}
