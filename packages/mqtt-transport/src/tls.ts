import { isIP, type TcpNetConnectOpts } from 'node:net'
import { connect, createServer, type ConnectionOptions, type TLSSocket } from 'node:tls'
import type { ByteStream, PeerInfo } from './byte-stream.ts'
import type { ListenerCertificates, OnStream, TlsListener } from './listener.ts'
import { establish, FAMILY_ATTEMPT_TIMEOUT_MS, type ConnectOptions } from './node/establish.ts'
import { DEFAULT_HANDSHAKE_TIMEOUT_MS, Handshakes } from './node/handshakes.ts'
import { ConnectionLimit, listening, peerOf, PROBED, stopListening, type ListenOptions } from './node/listening.ts'
import { SocketByteStream, type SocketHabits } from './node/socket-byte-stream.ts'
import { hostAndPort } from './node/socket-errors.ts'
import {
  certificateOf,
  clientTls,
  renewed,
  serverTls,
  type ClientTlsOptions,
  type ServerTlsOptions,
} from './node/tls-options.ts'
import type { TransportError } from './transport-error.ts'

export type { ClientTlsOptions, ServerTlsOptions }

export interface ConnectTlsOptions extends ConnectOptions, ClientTlsOptions {}

export interface ListenTlsOptions extends ListenOptions, ServerTlsOptions {
  /** Time for the whole TLS handshake of a connection, in milliseconds. Default 10,000. */
  readonly handshakeTimeoutMs?: number | undefined
}

/** Connects over TLS. The server's certificate is verified, with its name. Rejects with a `TransportError`. */
export const connectTls = async (options: ConnectTlsOptions): Promise<ByteStream> => {
  const { host, port } = options
  const settings: ConnectionOptions & TcpNetConnectOpts = {
    ...(isIP(host) === 0 && { servername: host }),
    ...clientTls(options),
    host,
    port,
    autoSelectFamily: true,
    autoSelectFamilyAttemptTimeout: FAMILY_ATTEMPT_TIMEOUT_MS,
  }
  const start = (): TLSSocket => connect(settings).setNoDelay().pause()
  return establish(options, 'secureConnect', start, (socket) => streamOf(socket as TLSSocket))
}

/** Listens for TLS connections, 1.2 and newer. A stream is handed over when its handshake is done. */
export const listenTls = async (options: ListenTlsOptions, onStream: OnStream): Promise<TlsListener> => {
  const { host, handshakeTimeoutMs = DEFAULT_HANDSHAKE_TIMEOUT_MS, onError } = options
  const limit = new ConnectionLimit(options.maximumConnections)
  let certificates: ServerTlsOptions = options
  let url = `mqtts://${hostAndPort(host, options.port)}`
  const server = createServer({ ...serverTls(options), noDelay: true, ...PROBED }, (socket) => {
    // It costs the server more than the client, and MQTT has no use for it.
    socket.disableRenegotiation()
    if (limit.admit(socket)) onStream(streamOf(socket.pause(), url))
    else socket.destroy()
  })
  const report = (error: TransportError): void => onError?.(error)
  const handshakes = new Handshakes(server, handshakeTimeoutMs, report, () => `a TLS handshake on ${url}`)
  const port = await listening(server, options)
  url = `mqtts://${hostAndPort(host, port)}`
  return {
    url,
    port,
    close: () => {
      handshakes.cut()
      return stopListening(server)
    },
    reload: (next: ListenerCertificates) => {
      const merged = renewed(certificates, next)
      server.setSecureContext(serverTls(merged))
      certificates = merged
    },
  }
}

const streamOf = (socket: TLSSocket, listener?: string): ByteStream => {
  const certificate = certificateOf(socket)
  const peer: PeerInfo = { ...peerOf('tls', socket, listener), ...(certificate !== undefined && { certificate }) }
  return new SocketByteStream(socket, peer, TLS)
}

/** Writes of TLS end in a later turn, always: without the copy every buffer would stay with the stream. */
const TLS: SocketHabits = { listensToData: true, copyUpToBytes: 16_384, takesEmptyWrites: false, writesDirectly: false }
