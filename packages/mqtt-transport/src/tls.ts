import { connect, createServer, type TlsOptions } from 'node:tls'
import type { ByteStream } from './byte-stream.ts'
import { connected } from './connected.ts'
import type { OnStream, TlsListener } from './listener.ts'
import { transportError } from './node-errors.ts'
import { startListening } from './node-listener.ts'
import { SocketStream } from './socket-stream.ts'
import type { ConnectTcpOptions, ListenTcpOptions } from './tcp.ts'

/** Text in PEM. */
type Pem = string | Uint8Array

export interface ConnectTlsOptions extends ConnectTcpOptions {
  /** The name that the certificate must have. Default: the host. */
  readonly servername?: string
  /** Authorities to trust instead of the system's. */
  readonly ca?: Pem
  readonly cert?: Pem
  readonly key?: Pem
  readonly passphrase?: string
  /** Default: true. */
  readonly rejectUnauthorized?: boolean
}

export interface ListenTlsOptions extends ListenTcpOptions {
  readonly cert: Pem
  readonly key: Pem
  /** Authorities of Client certificates. */
  readonly ca?: Pem
  /** Refuses Clients without a certificate of those authorities. Default: false. */
  readonly requireCertificate?: boolean
  /** Default: 10,000. */
  readonly handshakeTimeoutMs?: number
}

const pem = (text: Pem): string | Buffer => (typeof text === 'string' ? text : Buffer.from(text))

/** A TLS connection; the other end's certificate is verified. */
export const connectTls = async (options: ConnectTlsOptions): Promise<ByteStream> => {
  const { host, port, servername, ca, cert, key, passphrase, rejectUnauthorized } = options
  const isAddress = /^[\d.]+$|:/.test(host)
  const socket = connect({
    host,
    port,
    ...(servername !== undefined ? { servername } : !isAddress && { servername: host }),
    ...(ca !== undefined && { ca: pem(ca) }),
    ...(cert !== undefined && { cert: pem(cert) }),
    ...(key !== undefined && { key: pem(key) }),
    ...(passphrase !== undefined && { passphrase }),
    rejectUnauthorized: rejectUnauthorized ?? true,
  })
  await connected(socket, 'secureConnect', 'tls', options)
  return new SocketStream(socket, 'tls')
}

/** Options for Node's TLS servers, with a certificate, a key and authorities that have been looked at. */
export const tlsServerOptions = (options: Omit<ListenTlsOptions, 'host' | 'port'>): TlsOptions => {
  const { cert, key, ca, requireCertificate = false, handshakeTimeoutMs = 10_000 } = options
  if (ca !== undefined && !pem(ca).toString().includes('-----BEGIN CERTIFICATE-----')) {
    throw transportError(new TypeError('the authorities hold no certificate'), 'tls', 'cannot use the CA file')
  }
  return {
    cert: pem(cert),
    key: pem(key),
    ...(ca !== undefined && { ca: pem(ca), requestCert: true, rejectUnauthorized: requireCertificate }),
    handshakeTimeout: handshakeTimeoutMs,
  }
}

export const listenTls = async (options: ListenTlsOptions, onStream: OnStream): Promise<TlsListener> => {
  const what = `cannot listen with TLS on ${options.host}:${options.port}`
  try {
    const server = createServer({ ...tlsServerOptions(options), noDelay: true }, (socket) => {
      onStream(new SocketStream(socket, 'tls'))
    })
    // One failed handshake is the business of that connection alone.
    server.on('tlsClientError', (_error, socket) => socket.destroy())
    const listener = await startListening(server, 'mqtts', options.host, options.port)
    return { ...listener, reload: (next) => server.setSecureContext(tlsServerOptions({ ...options, ...next })) }
  } catch (error) {
    throw transportError(error, 'tls', what)
  }
}
