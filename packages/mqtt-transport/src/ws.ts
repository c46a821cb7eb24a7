import { createServer, type IncomingMessage } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { Duplex } from 'node:stream'
import type { ByteStream, PeerInfo } from './byte-stream.ts'
import type { Listener, OnStream } from './listener.ts'
import { startListening } from './node-listener.ts'
import { type ConnectTlsOptions, type ListenTlsOptions, tlsServerOptions } from './tls.ts'
import { TransportError } from './transport-error.ts'
import { opened, type SignalLike } from './web-socket.ts'
import { type WebSocketLike, WebSocketStream } from './web-socket-stream.ts'

export interface ConnectWsOptions {
  /** Default: `mqtt`. */
  readonly protocols?: readonly string[]
  readonly headers?: Readonly<Record<string, string>>
  readonly tls?: Pick<ConnectTlsOptions, 'ca' | 'cert' | 'key' | 'passphrase' | 'rejectUnauthorized' | 'servername'>
  readonly signal?: SignalLike
}

export interface ListenWsOptions {
  readonly host: string
  readonly port: number
  /** Default: `/mqtt`. */
  readonly path?: string
  readonly tls?: Omit<ListenTlsOptions, 'host' | 'port'>
  /** Origins of pages that may connect. Default: all of them. */
  readonly origins?: readonly string[]
  /** The largest WebSocket frame. Default: 2,000,000. */
  readonly maximumPayloadBytes?: number
}

/** A WebSocket connection on Node, by the package `ws`. */
export const connectWs = async (url: string, options: ConnectWsOptions = {}): Promise<ByteStream> => {
  const { WebSocket } = await loadWs()
  const { protocols = ['mqtt'], headers, tls, signal } = options
  const socket = new WebSocket(url, [...protocols], {
    perMessageDeflate: false,
    ...(headers !== undefined && { headers }),
    ...(tls as object | undefined),
  })
  return opened(socket as unknown as WebSocketLike, url, signal)
}

/** Pings a second from one Client that are still answered. */
const PINGS_PER_SECOND = 50

export const listenWs = async (options: ListenWsOptions, onStream: OnStream): Promise<Listener> => {
  const { WebSocketServer } = await loadWs()
  const { host, port, path = '/mqtt', tls, maximumPayloadBytes = 2_000_000 } = options
  const refuseRequest = { maxHeaderSize: 16 * 1024, headersTimeout: 10_000, requestTimeout: 10_000 }
  const server =
    tls === undefined ? createServer(refuseRequest) : createSecureServer({ ...refuseRequest, ...tlsServerOptions(tls) })
  const sockets = new WebSocketServer({
    noServer: true,
    perMessageDeflate: false,
    maxPayload: maximumPayloadBytes,
    handleProtocols: (offered) => (offered.has('mqtt') ? 'mqtt' : 'mqttv3.1'),
  })
  server.on('request', (_request, response) => {
    response.statusCode = 426
    response.end('This port speaks MQTT over WebSocket.\n')
  })
  server.on('tlsClientError', (_error: unknown, socket: Duplex) => socket.destroy())
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    const refused = judge(request, path, options.origins)
    if (refused !== undefined) {
      socket.end(`HTTP/1.1 ${refused}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
      return
    }
    sockets.handleUpgrade(request, socket, head, (webSocket) => {
      limitPings(webSocket)
      onStream(new WebSocketStream(webSocket as unknown as WebSocketLike, peerOf(request, tls !== undefined)))
    })
  })
  return startListening(server, tls === undefined ? 'ws' : 'wss', host, port, path)
}

/** The status line of a refusal, or undefined where there is none. */
const judge = (request: IncomingMessage, path: string, origins: readonly string[] | undefined): string | undefined => {
  if ((request.url ?? '').split('?')[0] !== path) return '404 Not Found'
  const { origin } = request.headers
  if (origins !== undefined && origin !== undefined && !origins.includes(origin)) return '403 Forbidden'
  const offered = (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
  // [MQTT-6.0.0-3]
  return offered.includes('mqtt') || offered.includes('mqttv3.1') ? undefined : '400 Bad Request'
}

const limitPings = (socket: { on(event: 'ping', listener: () => void): void; close(code: number): void }): void => {
  let second = 0
  let count = 0
  socket.on('ping', () => {
    const now = Math.floor(performance.now() / 1000)
    if (now !== second) {
      second = now
      count = 0
    }
    if (++count > PINGS_PER_SECOND) socket.close(1008)
  })
}

const peerOf = (request: IncomingMessage, secure: boolean): PeerInfo => {
  const { remoteAddress, remotePort } = request.socket
  return {
    transport: secure ? 'wss' : 'ws',
    ...(remoteAddress !== undefined && { remoteAddress }),
    ...(remotePort !== undefined && { remotePort }),
  }
}

const loadWs = async (): Promise<typeof import('ws')> => {
  try {
    return await import('ws')
  } catch (error) {
    throw new TransportError('WS_NOT_INSTALLED', 'ws', 'WebSocket on Node needs the package ws: npm install ws', error)
  }
}
