import type { Server, Socket } from 'node:net'
import type { Server as TlsServer, TLSSocket } from 'node:tls'
import { transportError } from './socket-errors.ts'
import { TransportError } from '../transport-error.ts'

export const DEFAULT_HANDSHAKE_TIMEOUT_MS = 10_000

/**
 * Cuts connections whose TLS handshake does not end in time. Node's own `handshakeTimeout` starts again with every byte, so a
 * byte every nine seconds would hold a socket for ever.
 */
export class Handshakes {
  readonly #pending = new Map<string, { readonly socket: Socket; readonly timer: NodeJS.Timeout }>()

  constructor(
    server: TlsServer,
    timeoutMs: number,
    onError: (error: TransportError) => void,
    /** What is being done, for messages: `TLS handshake on 127.0.0.1:8883`. */
    attempt: () => string,
  ) {
    const plain: Server = server
    plain.on('connection', (socket: Socket) => {
      const key = keyOf(socket)
      const timer = setTimeout(() => {
        socket.destroy()
        onError(new TransportError('TIMEOUT', 'tls', `${attempt()} failed: not done within ${timeoutMs} ms`))
      }, timeoutMs)
      timer.unref()
      this.#pending.set(key, { socket, timer })
      socket.on('close', () => this.#forget(key, socket))
    })
    // Both sockets stand for one connection; the ports tell which. Node has no public way from one to the other.
    server.on('secureConnection', (socket: TLSSocket) => this.#forget(keyOf(socket)))
    // Node has destroyed it already. One failed handshake is the matter of that connection alone.
    server.on('tlsClientError', (error: Error, socket: TLSSocket) => onError(failureOf(error, socket, attempt())))
  }

  /** Cuts those that are under way. */
  cut(): void {
    for (const { socket } of this.#pending.values()) socket.destroy()
  }

  #forget(key: string, socket?: Socket): void {
    const pending = this.#pending.get(key)
    // The port of a closed connection may be in use again.
    if (pending === undefined || (socket !== undefined && pending.socket !== socket)) return
    clearTimeout(pending.timer)
    this.#pending.delete(key)
  }
}

/** Of a certificate that does not verify Node says no more than that the connection is gone; the socket knows. */
const failureOf = (error: Error, socket: TLSSocket, attempt: string): TransportError => {
  // Documented as an Error, in fact the code of one, and null where all is well.
  const reason = socket.authorizationError as unknown as string | null | undefined
  if (reason === null || reason === undefined) return transportError(error, 'tls', attempt)
  return new TransportError('TLS_FAILED', 'tls', `${attempt} failed: certificate of the client: ${reason}`, error)
}

const keyOf = (socket: Socket): string =>
  `${socket.remoteAddress} ${socket.remotePort} ${socket.localAddress} ${socket.localPort}`
