import type { ByteStream } from './byte-stream.ts'

/** An address at which streams are accepted. */
export interface Listener {
  /** Where it listens, with the port that it really has: `mqtt://127.0.0.1:41233`, `ws://[::1]:9001/mqtt`. */
  readonly url: string
  readonly port: number
  /**
   * Stops accepting, frees the port and cuts what is still in a handshake. Streams that were handed over are their owner's
   * and live on. May be called again.
   */
  close(): Promise<void>
}

/** Takes an accepted stream. It is silent until its `open`, which may come later. */
export type OnStream = (stream: ByteStream) => void

/** A listener whose certificate can be replaced while it runs. */
export interface TlsListener extends Listener {
  /**
   * New connections get the new certificate; open ones keep theirs. What is not given stays. Throws a `TransportError` with
   * code `TLS_CONFIGURATION_INVALID`, and changes nothing, when it cannot be used.
   */
  reload(certificates: ListenerCertificates): void
}

export interface ListenerCertificates {
  /** The server's certificate in PEM, followed by those that lead to its authority. */
  readonly cert?: Pem | undefined
  /** Its private key in PEM. */
  readonly key?: Pem | undefined
  /** Authorities of client certificates, in PEM. */
  readonly ca?: Pem | readonly Pem[] | undefined
}

/** Text in PEM, or its bytes. */
export type Pem = string | Uint8Array
