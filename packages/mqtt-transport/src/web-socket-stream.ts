import type { ByteStream, ByteStreamHandler, CloseInfo, PeerInfo } from './byte-stream.ts'
import { TransportError } from './transport-error.ts'

/** What a browser's WebSocket and that of `ws` have in common, as far as it is needed here. */
export interface WebSocketLike {
  binaryType: string
  readonly readyState: number
  readonly bufferedAmount: number
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: ((event: { code: number; reason: string }) => void) | null
  onerror: ((event: unknown) => void) | null
  onopen: ((event: unknown) => void) | null
  send(data: Uint8Array): void
  close(code?: number): void
  terminate?(): void
  pause?(): void
  resume?(): void
}

const OPEN = 1
/** A WebSocket tells nobody when it has drained: its buffer is looked at again after so long. */
const LOOK_AGAIN_MS = 20

declare const setTimeout: (task: () => void, milliseconds: number) => unknown
declare const clearTimeout: (timeout: unknown) => void

/** An open WebSocket as a byte stream: packets may cross its frames, and many may be in one [MQTT-6.0.0-2]. */
export class WebSocketStream implements ByteStream {
  readonly peer: PeerInfo
  readonly #socket: WebSocketLike
  #handler: ByteStreamHandler | undefined
  #waiting: Uint8Array[] = []
  #paused = true
  #watch: unknown
  #closeInfo: CloseInfo | undefined
  #done = false

  constructor(socket: WebSocketLike, peer: PeerInfo) {
    this.#socket = socket
    this.peer = peer
    socket.binaryType = 'arraybuffer'
    socket.onmessage = ({ data }) => this.#received(data)
    socket.onerror = () => {}
    socket.onclose = ({ code, reason }) => this.#closed(code, reason)
  }

  get bufferedBytes(): number {
    return this.#socket.bufferedAmount
  }

  open(handler: ByteStreamHandler): void {
    this.#handler = handler
    this.resume()
    if (this.#closeInfo !== undefined) this.#finish()
  }

  write(bytes: Uint8Array): boolean {
    // A WebSocket may keep what it is given: it gets a copy, so that the memory is the caller's again.
    if (this.#socket.readyState === OPEN) this.#socket.send(bytes.slice())
    this.#watchDrain()
    return true
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    let length = 0
    for (const part of parts) length += part.length
    const whole = new Uint8Array(length)
    let at = 0
    for (const part of parts) {
      whole.set(part, at)
      at += part.length
    }
    if (this.#socket.readyState === OPEN) this.#socket.send(whole)
    this.#watchDrain()
    return true
  }

  pause(): void {
    this.#paused = true
    this.#socket.pause?.()
  }

  resume(): void {
    this.#paused = false
    this.#socket.resume?.()
    while (!this.#paused && this.#waiting.length > 0) this.#handler?.onData(this.#waiting.shift()!)
    if (this.#closeInfo !== undefined && this.#waiting.length === 0) this.#finish()
  }

  end(): void {
    this.#paused = false
    this.#socket.resume?.()
    this.#socket.close(1000)
  }

  destroy(): void {
    this.#waiting = []
    if (this.#socket.terminate !== undefined) this.#socket.terminate()
    else this.#socket.close()
  }

  #received(data: unknown): void {
    // [MQTT-6.0.0-1]
    if (typeof data === 'string') return this.#socket.close(1003)
    const chunk = new Uint8Array(data as ArrayBuffer)
    if (this.#paused || this.#handler === undefined) this.#waiting.push(chunk)
    else this.#handler.onData(chunk)
  }

  #watchDrain(): void {
    if (this.#watch !== undefined || this.#socket.bufferedAmount === 0) return
    this.#watch = setTimeout(() => {
      this.#watch = undefined
      if (this.#socket.readyState !== OPEN) return
      if (this.#socket.bufferedAmount > 0) this.#watchDrain()
      else this.#handler?.onDrain()
    }, LOOK_AGAIN_MS)
  }

  #closed(code: number, reason: string): void {
    if (this.#watch !== undefined) clearTimeout(this.#watch)
    const clean = code === 1000 || code === 1001 || code === 1005
    const what = `the WebSocket closed with ${code}${reason === '' ? '' : `: ${reason}`}`
    this.#closeInfo = clean ? { clean } : { clean, error: new TransportError('WEBSOCKET_CLOSED', 'ws', what) }
    if (this.#waiting.length === 0) this.#finish()
  }

  #finish(): void {
    if (this.#done || this.#handler === undefined || this.#closeInfo === undefined) return
    this.#done = true
    this.#handler.onClose(this.#closeInfo)
  }
}
