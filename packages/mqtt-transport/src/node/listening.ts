import type { AddressInfo, Server, Socket } from 'node:net'
import type { PeerInfo, TransportName } from '../byte-stream.ts'
import { TransportError } from '../transport-error.ts'
import { hostAndPort, transportError } from './socket-errors.ts'

/** What every listener takes. */
export interface ListenOptions {
  /** The address to listen at: `127.0.0.1`, `::1`, `0.0.0.0`, or a name. */
  readonly host: string
  /** 0 takes a free one; the listener says which. */
  readonly port: number
  /** Connections that the kernel may hold until they are accepted. Default 511. */
  readonly backlog?: number | undefined
  /** Connections beyond this many open ones are cut as they come. Default: no limit. */
  readonly maximumConnections?: number | undefined
  /**
   * Told of what goes wrong without a stream to tell it: an accept that failed (too many open files), a TLS handshake, a
   * WebSocket upgrade. Nothing has to be done about it: the listener goes on.
   */
  readonly onError?: ((error: TransportError) => void) | undefined
}

/** The kernel asks after a peer that has said nothing for a minute: one that is gone for good is not held for ever. */
export const PROBED = { keepAlive: true, keepAliveInitialDelay: 60_000 } as const

/** Starts to listen; resolves with the port. From then on errors of the server go to `onError`, so that none ends the process. */
export const listening = (server: Server, options: ListenOptions): Promise<number> =>
  new Promise((resolve, reject) => {
    const { host, port, backlog, onError } = options
    const attempt = `listening on ${hostAndPort(host, port)}`
    const onFailure = (error: Error): void => reject(transportError(error, 'tcp', attempt))
    server.once('error', onFailure)
    try {
      server.listen({ host, port, ...(backlog !== undefined && { backlog }) }, () => {
        server.off('error', onFailure)
        const bound = server.address() as AddressInfo
        const accepting = `accepting on ${hostAndPort(host, bound.port)}`
        server.on('error', (error) => onError?.(transportError(error, 'tcp', accepting)))
        resolve(bound.port)
      })
    } catch (error) {
      onFailure(error as Error)
    }
  })

/** Frees the port. The server would report its close only after the last stream, which is not ours to wait for. */
export const stopListening = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close()
    setImmediate(resolve)
  })

/** Counts open connections where a maximum is set. */
export class ConnectionLimit {
  readonly #maximum: number
  #open = 0
  readonly #onClose = (): void => {
    this.#open--
  }

  constructor(maximum: number | undefined) {
    if (maximum !== undefined && !(maximum >= 1)) {
      throw new TransportError('INVALID_OPTION', 'tcp', `maximumConnections is at least 1, not ${maximum}`)
    }
    this.#maximum = maximum ?? Infinity
  }

  /** Whether there is room for this connection; if so it counts until it closes. */
  admit(socket: Socket): boolean {
    if (this.#maximum === Infinity) return true
    if (this.#open >= this.#maximum) return false
    this.#open++
    socket.on('close', this.#onClose)
    return true
  }
}

export const peerOf = (
  transport: TransportName,
  socket: Partial<Pick<Socket, 'remoteAddress' | 'remotePort'>>,
  listener?: string,
): PeerInfo => {
  const { remoteAddress, remotePort } = socket
  return {
    transport,
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(remotePort !== undefined && { remotePort }),
    ...(listener !== undefined && { listener }),
  }
}
