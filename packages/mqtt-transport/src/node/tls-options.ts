import { X509Certificate } from 'node:crypto'
import { createSecureContext, type SecureContextOptions, type TLSSocket } from 'node:tls'
import type { PeerCertificate } from '../byte-stream.ts'
import type { ListenerCertificates, Pem } from '../listener.ts'
import { TransportError } from '../transport-error.ts'

/** TLS as a server. */
export interface ServerTlsOptions extends ListenerCertificates {
  readonly cert: Pem
  readonly key: Pem
  readonly passphrase?: string | undefined
  /** Authorities of client certificates. With it every client is asked for one, and `peer.certificate` tells the answer. */
  readonly ca?: Pem | readonly Pem[] | undefined
  /** Refuses clients without a certificate of those authorities; needs `ca`. Default `false`. */
  readonly requireCertificate?: boolean | undefined
  /** Protocols to agree on by ALPN. Default: none. */
  readonly alpnProtocols?: readonly string[] | undefined
}

/** TLS as a client. */
export interface ClientTlsOptions {
  /** Name to verify and to send (SNI). Default: the host, unless it is an address. */
  readonly servername?: string | undefined
  /** Authorities to trust instead of those that come with the runtime. */
  readonly ca?: Pem | readonly Pem[] | undefined
  /** An own certificate and its key. */
  readonly cert?: Pem | undefined
  readonly key?: Pem | undefined
  readonly passphrase?: string | undefined
  /** Default `true`. With `false` anybody can pose as the server. */
  readonly rejectUnauthorized?: boolean | undefined
  readonly alpnProtocols?: readonly string[] | undefined
}

/**
 * Options of a TLS server, checked. Node takes an empty or torn CA file without a word and then trusts its built-in
 * authorities, so that anybody with a certificate of the public web would be let in.
 */
export const serverTls = (options: ServerTlsOptions) => {
  const { ca, requireCertificate = false, alpnProtocols } = options
  if (requireCertificate && ca === undefined) {
    throw invalid('requireCertificate needs ca: the authorities that sign the certificates of clients')
  }
  requireCertificates('cert', options.cert)
  return {
    ...secureContext(options),
    requestCert: ca !== undefined,
    rejectUnauthorized: requireCertificate,
    ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
  }
}

/** Options of a TLS client, checked. */
export const clientTls = (options: ClientTlsOptions) => {
  const { servername, rejectUnauthorized = true, alpnProtocols } = options
  if (options.cert !== undefined) requireCertificates('cert', options.cert)
  return {
    ...secureContext(options),
    rejectUnauthorized,
    ...(servername !== undefined && { servername }),
    ...(alpnProtocols !== undefined && { ALPNProtocols: [...alpnProtocols] }),
  }
}

/** The certificates in use, with what is given replaced. */
export const renewed = (current: ServerTlsOptions, next: ListenerCertificates): ServerTlsOptions => ({
  ...current,
  ...(next.cert !== undefined && { cert: next.cert }),
  ...(next.key !== undefined && { key: next.key }),
  ...(next.ca !== undefined && { ca: next.ca }),
})

/** What the other side showed, if anything. */
export const certificateOf = (socket: TLSSocket): PeerCertificate | undefined => {
  const { subject, fingerprint256 } = socket.getPeerCertificate()
  // Without a certificate Node answers an empty object.
  if (fingerprint256 === undefined) return undefined
  const commonName = subject?.CN
  return {
    authorized: socket.authorized,
    fingerprint256,
    ...(typeof commonName === 'string' && { commonName }),
  }
}

const secureContext = (options: ServerTlsOptions | ClientTlsOptions): SecureContextOptions => {
  const { ca, cert, key, passphrase } = options
  if (ca !== undefined) for (const authority of listOf(ca)) requireCertificates('ca', authority)
  const context: SecureContextOptions = {
    ...(ca !== undefined && { ca: listOf(ca).map(buffer) }),
    ...(cert !== undefined && { cert: buffer(cert) }),
    ...(key !== undefined && { key: buffer(key) }),
    ...(passphrase !== undefined && { passphrase }),
  }
  try {
    // Node would find a key that does not fit only when it is used.
    createSecureContext(context)
  } catch (error) {
    throw invalid(`certificate and key cannot be used: ${(error as Error).message}`, error)
  }
  return context
}

const requireCertificates = (option: 'ca' | 'cert', pem: Pem): void => {
  const blocks = buffer(pem).toString('latin1').match(CERTIFICATE) ?? []
  if (blocks.length === 0) throw invalid(`${option} holds no certificate in PEM`)
  for (const [index, block] of blocks.entries()) {
    try {
      void new X509Certificate(block)
    } catch (error) {
      throw invalid(`certificate ${index + 1} in ${option} is malformed: ${(error as Error).message}`, error)
    }
  }
}

const CERTIFICATE = /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[^]*?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g

const listOf = (pem: Pem | readonly Pem[]): readonly Pem[] =>
  typeof pem === 'string' || pem instanceof Uint8Array ? [pem] : pem

const buffer = (pem: Pem): Buffer => Buffer.from(pem)

const invalid = (message: string, cause?: unknown): TransportError =>
  new TransportError('TLS_CONFIGURATION_INVALID', 'tls', message, cause)
