import type { ByteStream } from './byte-stream.ts'
import { TransportError } from './transport-error.ts'
import { type WebSocketLike, WebSocketStream } from './web-socket-stream.ts'

/** As much of an AbortSignal as is needed, so that no DOM types are. */
export interface SignalLike {
  readonly aborted: boolean
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface ConnectWebSocketOptions {
  /** Default: `mqtt` [MQTT-6.0.0-3]. */
  readonly protocols?: readonly string[]
  readonly signal?: SignalLike
}

type WebSocketClass = new (url: string, protocols: string[]) => WebSocketLike

/** A connection through the platform's own WebSocket: a browser's, a worker's. */
export const connectWebSocket = (url: string, options: ConnectWebSocketOptions = {}): Promise<ByteStream> => {
  const { WebSocket } = globalThis as unknown as { WebSocket: WebSocketClass }
  return opened(new WebSocket(url, [...(options.protocols ?? ['mqtt'])]), url, options.signal)
}

/** Waits until a WebSocket is open; a failure and an abort close it. */
export const opened = (socket: WebSocketLike, url: string, signal?: SignalLike): Promise<ByteStream> =>
  new Promise((resolve, reject) => {
    const fail = (code: 'ABORTED' | 'WEBSOCKET_REFUSED', why: string, cause?: unknown): void => {
      signal?.removeEventListener('abort', aborted)
      socket.onopen = socket.onclose = null
      socket.onerror = () => {}
      socket.close()
      reject(new TransportError(code, 'ws', `cannot connect to ${url}: ${why}`, cause))
    }
    const aborted = (): void => fail('ABORTED', 'aborted')
    socket.onopen = () => {
      signal?.removeEventListener('abort', aborted)
      resolve(new WebSocketStream(socket, { transport: url.startsWith('wss:') ? 'wss' : 'ws' }))
    }
    socket.onerror = (event) => fail('WEBSOCKET_REFUSED', (event as { message?: string }).message ?? 'refused', event)
    socket.onclose = ({ code }) => fail('WEBSOCKET_REFUSED', `closed with ${code}`)
    signal?.addEventListener('abort', aborted)
    if (signal?.aborted === true) aborted()
  })
