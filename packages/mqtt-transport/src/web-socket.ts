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
export const connectWebSocket = (url: string, options?: ConnectWebSocketOptions): Promise<ByteStream> =>
  dial(url, options, (socket) => {
    const stream = streamOf(socket)
    const { open, write } = stream
    let isOpen = false
    return Object.assign(stream, {
      peer: { transport: url.startsWith('wss:') ? 'wss' : 'ws', subprotocol: socket.protocol } as const,
      open(handler: ByteStreamHandler): void {
        if (isOpen) throw alreadyOpen()
        isOpen = true
        open(handler)
      },
      writeAll: (parts: readonly Uint8Array[]) => parts.every(write),
    })
  })

/** The same with no more than a client needs, where every byte of code is loaded. A second `open` is not noticed. */
export const connectPlainWebSocket = (url: string, options?: ConnectWebSocketOptions): Promise<PlainByteStream> =>
  dial(url, options, streamOf)

export type PlainByteStream = Omit<ByteStream, 'peer' | 'writeAll'>

const dial = <Stream>(
  url: string,
  { protocols = ['mqtt'], signal }: ConnectWebSocketOptions = {},
  streamOver: (socket: WebSocketLike) => Stream,
): Promise<Stream> =>
  new Promise((resolve, reject) => {
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
      resolve(streamOver(opening))
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

/** Not there everywhere: asked for when it is needed. */
const platform = globalThis as unknown as {
  readonly WebSocket?: new (url: string, protocols: string[]) => WebSocketLike
}

declare function setTimeout(task: () => void, milliseconds: number): unknown
declare function queueMicrotask(task: () => void): void

const ignore = (): void => {}

const OPEN = 1
const POLL_MS = 10

function streamOf(socket: WebSocketLike): PlainByteStream {
  let handler: ByteStreamHandler | undefined
  /** What the handler is still to be told. */
  let held: (Uint8Array | CloseInfo)[] = []
  let isPaused = false
  let isPolling = false
  let hasEnded = false
  let isClosed = false

  const flush = (): void => {
    while (handler && !isPaused && held[0]) {
      const next = held.shift()!
      if (next instanceof Uint8Array) handler.onData(next)
      else handler.onClose(next)
    }
  }
  const wake = (): void => queueMicrotask(flush)
  const close = (info: CloseInfo): void => {
    if (!isClosed) held.push(info)
    isClosed = true
    wake()
  }
  const end = (code?: number): void => {
    hasEnded = true
    isPaused = false
    // Only that it is closed, if it is.
    held = isClosed ? held.slice(-1) : []
    socket.close(code)
    wake()
  }
  const bufferedBytes = (): number => (isClosed ? 0 : socket.bufferedAmount)
  const poll = (): void => {
    if (isPolling || bufferedBytes() === 0) return
    isPolling = true
    setTimeout(() => {
      isPolling = false
      if (bufferedBytes() > 0) poll()
      else if (!isClosed) handler?.onDrain()
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
    if (hasEnded || isClosed) return
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
    open(next) {
      handler = next
      wake()
    },
    write,
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
