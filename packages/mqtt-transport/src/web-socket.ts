import { abortError, type AbortSignalLike } from './abort.ts'
import type { ByteStream, ByteStreamHandler, CloseInfo, PeerInfo } from './byte-stream.ts'
import { alreadyOpen, TransportError } from './transport-error.ts'
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
    if (WebSocket === undefined) {
      return reject(new TransportError('NOT_SUPPORTED', 'ws', 'this platform has no WebSocket of its own'))
    }
    if (signal?.aborted === true) return reject(abortError(url, 'ws', signal))
    let socket: WebSocketLike
    try {
      socket = new WebSocket(url, [...protocols])
    } catch (error) {
      return reject(new TransportError('INVALID_OPTION', 'ws', `cannot connect to ${url}: ${String(error)}`, error))
    }
    const settle = (error?: TransportError): void => {
      signal?.removeEventListener('abort', onAbort)
      if (error === undefined) return resolve(new WebSocketByteStream(socket, url))
      socket.onopen = socket.onclose = null
      // Node 22 reports an error inside of close().
      socket.onerror = ignore
      socket.close()
      reject(error)
    }
    const refuse = (why: string): void =>
      settle(new TransportError('WEBSOCKET_REFUSED', 'ws', `connecting to ${url} failed: ${why}`))
    const onAbort = (): void => settle(abortError(url, 'ws', signal!))
    signal?.addEventListener('abort', onAbort)
    socket.binaryType = 'arraybuffer'
    // Always followed by a close, and in a browser it says nothing.
    socket.onerror = (event) => {
      if (event.message !== undefined && socket.readyState !== OPEN) refuse(event.message)
    }
    socket.onclose = (event) => refuse(`closed with code ${event.code}`)
    // [MQTT-6.0.0-4] Some browsers accept a server that chose none of the offered subprotocols.
    socket.onopen = () =>
      protocols.includes(socket.protocol) ? settle() : refuse('the server does not speak MQTT (subprotocol)')
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

class WebSocketByteStream implements ByteStream {
  readonly peer: PeerInfo
  readonly #socket: WebSocketLike
  #handler: ByteStreamHandler | undefined
  #held: Uint8Array[] = []
  #paused = false
  #polling = false
  #ended = false
  #closeInfo: CloseInfo | undefined
  #closed = false

  constructor(socket: WebSocketLike, url: string) {
    this.#socket = socket
    this.peer = { transport: url.startsWith('wss:') ? 'wss' : 'ws', subprotocol: socket.protocol }
    socket.onopen = null
    // Not null: an emitter of Node throws where nobody listens.
    socket.onerror = ignore
    socket.onmessage = (event) => this.#receive(event.data)
    socket.onclose = (event) => this.#close(closeInfoOf(event.code, event.reason))
  }

  open(handler: ByteStreamHandler): void {
    if (this.#handler !== undefined) throw alreadyOpen()
    this.#handler = handler
    this.#wake()
  }

  write(bytes: Uint8Array): boolean {
    // The platform copies: by its specification it sends the bytes that stood there at the call.
    if (!this.#ended && bytes.length > 0 && this.#socket.readyState === OPEN) this.#socket.send(bytes)
    this.#poll()
    return true
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    for (const part of parts) this.write(part)
    return true
  }

  get bufferedBytes(): number {
    return this.#closeInfo === undefined ? this.#socket.bufferedAmount : 0
  }

  pause(): void {
    this.#paused = !this.#ended
  }

  resume(): void {
    this.#paused = false
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#held = []
    this.#socket.close(1000)
    this.resume()
  }

  destroy(): void {
    this.#ended = true
    this.#held = []
    this.#paused = false
    this.#socket.close()
    // The platform would wait for the peer.
    this.#close({ clean: false })
  }

  #receive(data: unknown): void {
    if (this.#ended || this.#closeInfo !== undefined) return
    if (typeof data === 'string') {
      // A page may not send 1003.
      this.#socket.close(4003)
      return this.#close(textFrame())
    }
    const chunk = new Uint8Array(data as ArrayBuffer)
    if (chunk.length > 0) this.#held.push(chunk)
    this.#flush()
  }

  #close(info: CloseInfo): void {
    this.#closeInfo ??= info
    this.#wake()
  }

  #wake(): void {
    platform.queueMicrotask(() => this.#flush())
  }

  #flush(): void {
    const handler = this.#handler
    if (handler === undefined) return
    while (!this.#paused && this.#held.length > 0) handler.onData(this.#held.shift()!)
    if (this.#closeInfo === undefined || this.#closed || this.#held.length > 0 || this.#paused) return
    this.#closed = true
    handler.onClose(this.#closeInfo)
  }

  #poll(): void {
    if (this.#polling || this.bufferedBytes === 0) return
    this.#polling = true
    platform.setTimeout(() => {
      this.#polling = false
      if (this.#closeInfo !== undefined) return
      if (this.bufferedBytes > 0) this.#poll()
      else this.#handler?.onDrain()
    }, POLL_MS)
  }
}
