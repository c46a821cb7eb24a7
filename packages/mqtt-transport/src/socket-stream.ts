import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ByteStream, ByteStreamHandler, PeerInfo } from './byte-stream.ts'
import { transportError } from './node-errors.ts'
import type { TransportError } from './transport-error.ts'

const STREAM = Symbol('stream')
type StreamSocket = Socket & { [STREAM]?: SocketStream }

/** A TCP or TLS socket as a byte stream. Its listeners are shared by all sockets: an idle one costs little. */
export class SocketStream implements ByteStream {
  readonly #socket: StreamSocket
  readonly #transport: 'tcp' | 'tls'
  #handler: ByteStreamHandler | undefined
  #error: TransportError | undefined
  #closed = false

  constructor(socket: Socket, transport: 'tcp' | 'tls') {
    this.#socket = socket
    this.#transport = transport
    this.#socket[STREAM] = this
    socket.setNoDelay(true)
    socket.on('error', onError)
    socket.on('close', onClose)
  }

  get peer(): PeerInfo {
    const { remoteAddress, remotePort } = this.#socket
    const certificate = this.#transport === 'tls' ? certificateOf(this.#socket as unknown as TLSSocket) : undefined
    return {
      transport: this.#transport,
      ...(remoteAddress !== undefined && { remoteAddress }),
      ...(remotePort !== undefined && { remotePort }),
      ...(certificate !== undefined && { certificate }),
    }
  }

  get bufferedBytes(): number {
    return this.#socket.writableLength
  }

  open(handler: ByteStreamHandler): void {
    this.#handler = handler
    this.#socket.on('data', onData)
    this.#socket.on('drain', onDrain)
    if (this.#closed) queueMicrotask(() => this.closed())
  }

  write(bytes: Uint8Array): boolean {
    if (this.#socket.destroyed) return true
    this.#socket.write(bytes)
    return this.#socket.writableLength === 0
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    if (this.#socket.destroyed) return true
    this.#socket.cork()
    for (const part of parts) this.#socket.write(part)
    this.#socket.uncork()
    return this.#socket.writableLength === 0
  }

  pause(): void {
    this.#socket.pause()
  }

  resume(): void {
    this.#socket.resume()
  }

  end(): void {
    this.#socket.end()
    // What still comes is not read by anybody, and must not keep the socket from ending.
    this.#socket.resume()
  }

  destroy(): void {
    this.#socket.destroy()
  }

  received(chunk: Uint8Array): void {
    this.#handler?.onData(chunk)
  }

  drained(): void {
    this.#handler?.onDrain()
  }

  failed(error: unknown): void {
    this.#error = transportError(error, this.#transport, 'the connection broke')
  }

  closed(): void {
    this.#closed = true
    const handler = this.#handler
    this.#handler = undefined
    handler?.onClose(this.#error === undefined ? { clean: true } : { clean: false, error: this.#error })
  }
}

function onData(this: StreamSocket, chunk: Uint8Array): void {
  this[STREAM]?.received(chunk)
}

function onDrain(this: StreamSocket): void {
  this[STREAM]?.drained()
}

function onError(this: StreamSocket, error: unknown): void {
  this[STREAM]?.failed(error)
}

function onClose(this: StreamSocket): void {
  this[STREAM]?.closed()
}

const certificateOf = (socket: TLSSocket) => {
  const certificate = socket.getPeerCertificate()
  if (certificate === null || certificate.fingerprint256 === undefined) return undefined
  const commonName = certificate.subject?.CN
  return {
    authorized: socket.authorized,
    fingerprint256: certificate.fingerprint256,
    ...(typeof commonName === 'string' && { commonName }),
  }
}
