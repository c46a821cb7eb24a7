import type { Socket } from 'node:net'
import type { WebSocket } from 'ws'
import type { ByteStream, ByteStreamHandler, CloseInfo, PeerInfo } from '../byte-stream.ts'
import { alreadyOpen, TransportError } from '../transport-error.ts'
import { closeInfoOf, textFrame } from '../web-socket-close.ts'
import { HeldBytes } from './held-bytes.ts'

/** What all streams of a listener share. */
export interface WebSocketHabits {
  /** Pings and pongs that a peer may send in a second; one more closes the connection. */
  readonly maximumControlFramesPerSecond: number
  /** Monotonic time in milliseconds. */
  readonly now: () => number
}

/**
 * A byte stream over an open WebSocket of the package `ws`, of either side. MQTT packets need not line up with frames
 * [MQTT-6.0.0-2]: every frame is so many bytes more.
 */
export class WsByteStream implements ByteStream {
  readonly peer: PeerInfo
  readonly #webSocket: OwnedWebSocket
  readonly #socket: Socket | undefined
  readonly #habits: WebSocketHabits
  readonly #onSent = (): void => this.#sent()
  #handler: ByteStreamHandler | undefined
  #held: HeldBytes | undefined
  #flushing = false
  #paused = false
  #ended = false
  #awaitingDrain = false
  #closeInfo: CloseInfo | undefined
  /** The WebSocket is gone: only what is held comes before `onClose`. */
  #gone = false
  #closed = false
  #secondStarted = 0
  #controlFrames = 0

  /**
   * Made inside the event that opens the WebSocket: nothing of it has been read yet.
   *
   * @param socket below it; Bun, which brings a `ws` of its own, has none to show
   */
  constructor(webSocket: WebSocket, socket: Socket | undefined, peer: PeerInfo, habits: WebSocketHabits) {
    this.peer = peer
    this.#webSocket = webSocket
    this.#socket = socket
    this.#habits = habits
    this.#webSocket[owner] = this
    webSocket.binaryType = 'nodebuffer'
    webSocket.pause()
    webSocket.on('message', onMessage)
    webSocket.on('ping', onControlFrame)
    webSocket.on('pong', onControlFrame)
    webSocket.on('error', onError)
    webSocket.on('close', onClose)
  }

  open(handler: ByteStreamHandler): void {
    if (this.#handler !== undefined) throw alreadyOpen()
    this.#handler = handler
    this.#wake()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ended || this.#closeInfo !== undefined || bytes.length === 0) return true
    const copied = bytes.length <= COPY_UP_TO_BYTES
    if (this.#webSocket.readyState !== OPEN) return true
    this.#webSocket.send(copied ? Buffer.from(bytes) : bytes, BINARY, this.#onSent)
    if (this.#webSocket.bufferedAmount === 0) return true
    this.#awaitingDrain = true
    return copied
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    let taken = true
    this.#socket?.cork()
    for (const part of parts) taken = this.write(part) && taken
    this.#socket?.uncork()
    return taken || this.bufferedBytes === 0
  }

  get bufferedBytes(): number {
    return this.#gone || this.#closeInfo !== undefined ? 0 : this.#webSocket.bufferedAmount
  }

  pause(): void {
    if (this.#ended) return
    this.#paused = true
    this.#webSocket.pause()
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#wake()
  }

  end(): void {
    if (this.#ended) return
    this.#drop()
    this.#webSocket.close(1000)
  }

  destroy(): void {
    if (this.#closed) return
    this.#closeInfo = { clean: false }
    this.#drop()
    this.#webSocket.terminate()
  }

  receive(data: Buffer, isBinary: boolean): void {
    if (this.#ended) return
    if (!isBinary) return this.#refuse(1003, textFrame())
    if (data.length === 0) return
    if (this.#paused || this.#handler === undefined || this.#held !== undefined) {
      // What the WebSocket had read before it was paused still comes.
      this.#held ??= new HeldBytes()
      return this.#held.add(data)
    }
    this.#handler.onData(data)
  }

  /** Hostile #121: answering pings costs more than sending them. */
  countControlFrame(): void {
    const { now, maximumControlFramesPerSecond } = this.#habits
    const time = now()
    if (time - this.#secondStarted >= 1_000) {
      this.#secondStarted = time
      this.#controlFrames = 0
    }
    if (++this.#controlFrames <= maximumControlFramesPerSecond || this.#ended) return
    const message = `the peer sent more than ${maximumControlFramesPerSecond} pings in a second`
    this.#refuse(1008, { clean: false, error: new TransportError('WEBSOCKET_VIOLATION', 'ws', message) })
    // No closing handshake with a flood: what it sends would have to be read.
    this.#webSocket.terminate()
  }

  fail(error: Error): void {
    this.#closeInfo ??= {
      clean: false,
      error:
        'code' in error && String(error.code).startsWith('WS_ERR_')
          ? new TransportError('WEBSOCKET_VIOLATION', 'ws', `the peer broke the protocol: ${error.message}`, error)
          : new TransportError('CONNECTION_RESET', 'ws', `the connection broke: ${error.message}`, error),
    }
  }

  finish(code: number, reason: string): void {
    this.#closeInfo ??= closeInfoOf(code, reason)
    this.#gone = true
    this.#flush()
  }

  #refuse(code: number, info: CloseInfo): void {
    this.#closeInfo ??= info
    this.#drop()
    this.#webSocket.close(code)
  }

  /** From now on what arrives is read, so that the peer's close is seen, and dropped. That close may wait here already. */
  #drop(): void {
    this.#ended = true
    this.#paused = false
    this.#held = undefined
    if (this.#gone) this.#wake()
    else this.#webSocket.resume()
  }

  #wake(): void {
    if (this.#flushing) return
    this.#flushing = true
    queueMicrotask(() => {
      this.#flushing = false
      this.#flush()
    })
  }

  #flush(): void {
    if (this.#handler === undefined || this.#paused || this.#closed) return
    const held = this.#held
    if (held !== undefined) {
      this.#held = undefined
      this.#handler.onData(held.take())
      // The reader may have paused again, or ended.
      if (this.#paused) return
    }
    if (!this.#gone) return this.#webSocket.resume()
    this.#closed = true
    this.#handler.onClose(this.#closeInfo!)
  }

  #sent(): void {
    if (!this.#awaitingDrain || this.#gone || this.#closeInfo !== undefined) return
    if (this.#webSocket.bufferedAmount > 0) return
    this.#awaitingDrain = false
    this.#handler?.onDrain()
  }
}

interface OwnedWebSocket extends WebSocket {
  [owner]?: WsByteStream
}

const owner = Symbol('byte stream')

const OPEN = 1
const BINARY = { binary: true, compress: false, fin: true }

/** TLS and masking end in a later turn: without a copy every buffer would stay with the stream. */
const COPY_UP_TO_BYTES = 16_384

function onMessage(this: OwnedWebSocket, data: unknown, isBinary: boolean): void {
  this[owner]!.receive(data as Buffer, isBinary)
}

function onControlFrame(this: OwnedWebSocket): void {
  this[owner]!.countControlFrame()
}

function onError(this: OwnedWebSocket, error: Error): void {
  this[owner]!.fail(error)
}

function onClose(this: OwnedWebSocket, code: number, reason: Buffer): void {
  this[owner]!.finish(code, reason.toString())
}
