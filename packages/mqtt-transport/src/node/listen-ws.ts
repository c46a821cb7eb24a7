import { createServer, type IncomingMessage, type ServerOptions as HttpOptions } from 'node:http'
import { createServer as createSecureServer, type Server as HttpsServer } from 'node:https'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { ServerOptions as WsOptions } from 'ws'
import type { PeerInfo } from '../byte-stream.ts'
import type { ListenerCertificates, OnStream, TlsListener } from '../listener.ts'
import { TransportError } from '../transport-error.ts'
import { DEFAULT_HANDSHAKE_TIMEOUT_MS, Handshakes } from './handshakes.ts'
import { listening, peerOf, PROBED, stopListening, type ListenOptions } from './listening.ts'
import { loadWs } from './load-ws.ts'
import { hostAndPort } from './socket-errors.ts'
import { certificateOf, renewed, serverTls, type ServerTlsOptions } from './tls-options.ts'
import { chooseSubprotocol, refusalOf } from './upgrade-request.ts'
import { WsByteStream, type WebSocketHabits } from './ws-byte-stream.ts'

export interface ListenWsOptions extends ListenOptions {
  /** The only path that is served. Default `/mqtt`. */
  readonly path?: string | undefined
  /** With it the listener speaks `wss`. */
  readonly tls?: ServerTlsOptions | undefined
  /**
   * Origins whose pages may connect, such as `https://example.org`. Default: all. Programs that are no browsers send no
   * Origin and are not concerned.
   */
  readonly origins?: readonly string[] | undefined
  /** The largest message (not packet) that a client may send, in bytes. Default 2,000,000. */
  readonly maximumPayloadBytes?: number | undefined
  /** Frames that one message may be cut into. Default 512, about 4 KB each in the largest message. */
  readonly maximumFragments?: number | undefined
  /** Pings and pongs that a client may send in a second. Default 50. */
  readonly maximumControlFramesPerSecond?: number | undefined
  /** Bytes of the request's headers. Default 8,192; more is answered with 431. */
  readonly maximumHeaderBytes?: number | undefined
  /** Time for the TLS handshake, and again for the HTTP request, in milliseconds. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined
  /** Monotonic time in milliseconds. Default: the process's. */
  readonly now?: (() => number) | undefined
}

/** Listens for WebSocket connections with the package `ws`, which the caller installs. Compression is never agreed on. */
export const listenWs = async (options: ListenWsOptions, onStream: OnStream): Promise<TlsListener> => {
  const { WebSocketServer } = await loadWs()
  const { host, path = '/mqtt', tls, origins, handshakeTimeoutMs = DEFAULT_HANDSHAKE_TIMEOUT_MS, onError } = options
  const scheme = tls === undefined ? 'ws' : 'wss'
  const report = (error: TransportError): void => onError?.(error)
  let certificates = tls
  let url = `${scheme}://${hostAndPort(host, options.port)}${path}`

  const http: HttpOptions = {
    maxHeaderSize: options.maximumHeaderBytes ?? 8_192,
    headersTimeout: handshakeTimeoutMs,
    requestTimeout: handshakeTimeoutMs,
    keepAliveTimeout: 1,
    ...PROBED,
    connectionsCheckingInterval: Math.min(1_000, Math.ceil(handshakeTimeoutMs / 4)),
    noDelay: true,
  }
  const secure = tls === undefined ? undefined : createSecureServer({ ...http, ...serverTls(tls) })
  const server = secure ?? createServer(http)
  secure?.on('secureConnection', (socket) => socket.disableRenegotiation())
  const handshakes = secure && handshakesOf(secure, handshakeTimeoutMs, report, () => url)
  if (options.maximumConnections !== undefined) server.maxConnections = options.maximumConnections
  // Anything but an upgrade.
  server.on('request', (_request, response) => {
    response.writeHead(426, { connection: 'close', upgrade: 'websocket', 'content-type': 'text/plain' })
    response.end('This is an MQTT listener: connect with WebSocket.\n')
  })

  const webSockets = new WebSocketServer(webSocketOptions(options))
  const habits: WebSocketHabits = {
    maximumControlFramesPerSecond: options.maximumControlFramesPerSecond ?? 50,
    now: options.now ?? (() => performance.now()),
  }
  webSockets.on('wsClientError', (error, socket) => {
    report(refused(url, error.message))
    refuse(socket, '400 Bad Request', error.message)
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', ignore)
    const refusal = refusalOf(request, path, origins)
    if (refusal !== undefined) {
      report(refused(url, `${refusal.status}: ${refusal.reason}`))
      return refuse(socket, refusal.status, refusal.reason)
    }
    webSockets.handleUpgrade(request, socket, head, (webSocket) => {
      const peer = peerOfRequest(request, url, webSocket.protocol, secure !== undefined)
      onStream(new WsByteStream(webSocket, request.socket, peer, habits))
    })
  })

  const port = await listening(server, options)
  url = `${scheme}://${hostAndPort(host, port)}${path}`
  return {
    url,
    port,
    close: () => {
      handshakes?.cut()
      // Not the upgraded ones: those are no HTTP connections any more.
      server.closeAllConnections()
      return stopListening(server)
    },
    reload: (next: ListenerCertificates) => {
      if (secure === undefined || certificates === undefined) {
        throw new TransportError('INVALID_OPTION', 'ws', `${url} has no certificate to reload: it does not use TLS`)
      }
      const merged = renewed(certificates, next)
      secure.setSecureContext(serverTls(merged))
      certificates = merged
    },
  }
}

const handshakesOf = (
  server: HttpsServer,
  timeoutMs: number,
  report: (error: TransportError) => void,
  url: () => string,
): Handshakes => new Handshakes(server, timeoutMs, report, () => `a TLS handshake on ${url()}`)

const webSocketOptions = (options: ListenWsOptions): WsOptions & { readonly closeTimeout: number } => ({
  noServer: true,
  clientTracking: false,
  perMessageDeflate: false,
  handleProtocols: chooseSubprotocol,
  maxPayload: options.maximumPayloadBytes ?? 2_000_000,
  // Hostile #119: what a message is assembled from is bounded in number too, not only in bytes.
  maxFragments: options.maximumFragments ?? 512,
  maxBufferedChunks: MAXIMUM_BUFFERED_CHUNKS,
  closeTimeout: CLOSE_TIMEOUT_MS,
})

/** A message of 2 MB in segments of 536 bytes, the smallest that networks must carry. */
const MAXIMUM_BUFFERED_CHUNKS = 4_096

/** Time for the closing handshake; then the socket is cut. */
const CLOSE_TIMEOUT_MS = 10_000

const refused = (url: string, reason: string): TransportError =>
  new TransportError('WEBSOCKET_REFUSED', 'ws', `a WebSocket request to ${url} was refused: ${reason}`)

/** Answers and closes. The socket of an HTTP server stays half open by itself. */
const refuse = (socket: Duplex, status: string, reason: string): void => {
  socket.once('finish', () => socket.destroy())
  const body = `${reason}\n`
  socket.end(
    `HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

const ignore = (): void => {}

const peerOfRequest = (request: IncomingMessage, url: string, subprotocol: string, isSecure: boolean): PeerInfo => {
  const socket: Socket = request.socket
  const certificate = isSecure ? certificateOf(socket as TLSSocket) : undefined
  return {
    ...peerOf(isSecure ? 'wss' : 'ws', socket, url),
    subprotocol,
    ...(certificate !== undefined && { certificate }),
  }
}
