import type { AbortSignalLike } from './abort.ts'
import type { ByteStream, ByteStreamHandler, CloseInfo } from './byte-stream.ts'
import { alreadyOpen, TransportError, type TransportErrorCode } from './transport-error.ts'
import { closeInfoOf, textFrame } from './web-socket-close.ts'

export type { AbortSignalLike }

export interface ConnectWebSocketOptions {
  /** Subprotocols to offer. Default `['mqtt']`; MQTT 3.1 is `['mqttv3.1']`. */
  readonly protocols?: readonly string[] | undefined
  /** Gives up when it fires, with code `ABORTED`. */
  readonly signal?: AbortSignalLike | undefined
}

/**
 * Connects through the platform's own WebSocket: in a page, in a worker, in Node from 22.
 *
 * A browser offers no way to stop reading: after `pause` what arrives is kept in memory. It does not tell when it has sent
 * either, so `onDrain` comes up to 10 ms late. And it does not say why a connection failed.
 */
export const connectWebSocket = (url: string, options: ConnectWebSocketOptions = {}): Promise<ByteStream> =>
  new Promise((resolve, reject) => {
    const { protocols = ['mqtt'], signal } = options
    const { WebSocket } = platform
    let socket: WebSocketLike | undefined
    const refuse = (code: TransportErrorCode, why: string, cause?: unknown): void => {
      signal?.removeEventListener('abort', onAbort)
      if (socket) {
        socket.onopen = socket.onclose = null
        // Not null: Node 22 reports an error inside of close(), and an emitter of Node throws where nobody listens.
        socket.onerror = ignore
        socket.close()
      }
      reject(new TransportError(code, 'ws', `connecting to ${url} failed: ${why}`, cause))
    }
    const onAbort = (): void => refuse('ABORTED', 'aborted', signal?.reason)
    if (!WebSocket) return refuse('NOT_SUPPORTED', 'this platform has no WebSocket of its own')
    if (signal?.aborted) return onAbort()
    signal?.addEventListener('abort', onAbort)
    try {
      socket = new WebSocket(url, [...protocols])
    } catch (error) {
      return refuse('INVALID_OPTION', String(error), error)
    }
    const opening = socket
    opening.binaryType = 'arraybuffer'
    // Always followed by a close, and in a browser it says nothing.
    opening.onerror = ({ message }) => {
      if (message) refuse('WEBSOCKET_REFUSED', message)
    }
    opening.onclose = ({ code }) => refuse('WEBSOCKET_REFUSED', `closed with code ${code}`)
    opening.onopen = () => {
      // [MQTT-6.0.0-4] Some browsers accept a server that chose none of the offered subprotocols.
      if (!protocols.includes(opening.protocol)) {
        return refuse('WEBSOCKET_REFUSED', 'the server does not speak MQTT (subprotocol)')
      }
      signal?.removeEventListener('abort', onAbort)
      resolve(streamOf(opening, url))
    }
  })

/** What is used of a WebSocket, so that no declaration needs the DOM's types. */
interface WebSocketLike {
  binaryType: string
  readonly protocol: string
  readonly readyState: number
  readonly bufferedAmount: number
  onopen: (() => void) | null
  onmessage: ((event: { readonly data: unknown }) => void) | null
  onclose: ((event: { readonly code: number; readonly reason: string }) => void) | null
  onerror: ((event: { readonly message?: string }) => void) | null
  send(data: Uint8Array): void
  close(code?: number): void
}

const platform = globalThis as unknown as {
  readonly WebSocket?: new (url: string, protocols: string[]) => WebSocketLike
  setTimeout(task: () => void, milliseconds: number): unknown
  queueMicrotask(task: () => void): void
}

const ignore = (): void => {}

const OPEN = 1
const POLL_MS = 10

function streamOf(socket: WebSocketLike, url: string): ByteStream {
  let handler: ByteStreamHandler | undefined
  let held: Uint8Array[] = []
  let isPaused = false
  let isPolling = false
  let hasEnded = false
  let closeInfo: CloseInfo | undefined
  let isClosed = false

  const flush = (): void => {
    while (handler && !isPaused && held.length > 0) handler.onData(held.shift()!)
    if (!handler || isPaused || !closeInfo || isClosed) return
    isClosed = true
    handler.onClose(closeInfo)
  }
  const wake = (): void => platform.queueMicrotask(flush)
  const close = (info: CloseInfo): void => {
    closeInfo ??= info
    wake()
  }
  const end = (code?: number): void => {
    hasEnded = true
    isPaused = false
    held = []
    socket.close(code)
    wake()
  }
  const bufferedBytes = (): number => (closeInfo ? 0 : socket.bufferedAmount)
  const poll = (): void => {
    if (isPolling || bufferedBytes() === 0) return
    isPolling = true
    platform.setTimeout(() => {
      isPolling = false
      if (bufferedBytes() > 0) poll()
      else if (!closeInfo) handler?.onDrain()
    }, POLL_MS)
  }
  const write = (bytes: Uint8Array): boolean => {
    // The platform copies: by its specification it sends the bytes that stood there at the call.
    if (!hasEnded && bytes.length > 0 && socket.readyState === OPEN) socket.send(bytes)
    poll()
    return true
  }

  socket.onopen = null
  // Not null: an emitter of Node throws where nobody listens.
  socket.onerror = ignore
  socket.onclose = ({ code, reason }) => close(closeInfoOf(code, reason))
  socket.onmessage = ({ data }) => {
    if (hasEnded || closeInfo) return
    if (typeof data === 'string') {
      // A page may not send 1003.
      end(4003)
      return close(textFrame())
    }
    const chunk = new Uint8Array(data as ArrayBuffer)
    if (chunk.length > 0) held.push(chunk)
    flush()
  }
  return {
    peer: { transport: url.startsWith('wss:') ? 'wss' : 'ws', subprotocol: socket.protocol },
    open(next) {
      if (handler) throw alreadyOpen()
      handler = next
      wake()
    },
    write,
    writeAll: (parts) => parts.every(write),
    get bufferedBytes() {
      return bufferedBytes()
    },
    pause() {
      isPaused = !hasEnded
    },
    resume() {
      isPaused = false
      wake()
    },
    end: () => end(1000),
    destroy() {
      end()
      // The platform would wait for the peer.
      close({ clean: false })
    },
  }
}
