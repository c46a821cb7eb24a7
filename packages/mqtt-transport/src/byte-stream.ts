import type { TransportError } from './transport-error.ts'

/**
 * Bytes both ways, in order, with backpressure: what a Network Connection needs and nothing more. It knows no MQTT.
 *
 * A stream starts silent: nothing is read before `open`, and what arrives meanwhile is kept (by the operating system, where it
 * can). No method throws because of what the peer did, and no callback is ever called inside a call of `open`, `write`,
 * `writeAll`, `resume`, `end` or `destroy`. After the close every method does nothing.
 */
export interface ByteStream {
  /** Sets the handler and begins reading. Called once; a second call throws `TransportError` with code `ALREADY_OPEN`. */
  open(handler: ByteStreamHandler): void
  /**
   * Sends bytes. `true`: taken, the memory may be reused at once. `false`: the stream still holds that memory, never touch it
   * again. Both are success: how much waits is `bufferedBytes`. After `end`, `destroy` or the peer's close the bytes are
   * dropped, and the answer is `true`.
   */
  write(bytes: Uint8Array): boolean
  /** The same for several parts in a row, with one system call where the transport can. One answer for all of them. */
  writeAll(parts: readonly Uint8Array[]): boolean
  /** Bytes accepted and not yet handed to the operating system. 0 after the close. */
  readonly bufferedBytes: number
  /** No `onData` from now on until `resume`. The peer's close waits too, where the transport must read to notice it. */
  pause(): void
  resume(): void
  /**
   * What was written goes out, then the connection closes in order. Bytes that still arrive are read and dropped. It waits
   * for the peer without a limit: an owner who will not wait calls `destroy` after a time of its own.
   */
  end(): void
  /** Closes at once. What has not left may be lost, and nothing but `onClose` is called any more. */
  destroy(): void
  readonly peer: PeerInfo
}

/** What the owner of a stream is told. Exceptions thrown in here are the owner's: no stream catches them. */
export interface ByteStreamHandler {
  /** Bytes from the peer, never empty. **Valid during the call only**: the memory is reused afterwards, so copy what stays. */
  onData(chunk: Uint8Array): void
  /** `bufferedBytes` fell to 0 after it had been above. */
  onDrain(): void
  /** The stream is closed. Called exactly once, after everything else, also after an own `destroy`. */
  onClose(info: CloseInfo): void
}

export interface CloseInfo {
  /** The peer ended in order. `false` after an own `destroy`, a reset or any other fault. */
  readonly clean: boolean
  /** What broke the connection. Absent after an orderly end and after an own `destroy`. */
  readonly error?: TransportError
}

export interface PeerInfo {
  readonly transport: TransportName
  readonly remoteAddress?: string
  readonly remotePort?: number
  /** The certificate that the peer presented in the TLS handshake. */
  readonly certificate?: PeerCertificate
  /** The WebSocket subprotocol that both sides agreed on. */
  readonly subprotocol?: string
  /** On accepted streams, the URL of the listener that accepted it. */
  readonly listener?: string
}

export type TransportName = 'memory' | 'tcp' | 'tls' | 'ws' | 'wss'

export interface PeerCertificate {
  /** The common name (CN) of its subject. */
  readonly commonName?: string
  /** SHA-256 of the whole certificate, upper-case hex pairs joined by colons. */
  readonly fingerprint256?: string
  /** A configured authority signed it. Nothing else here may be trusted when this is `false`. */
  readonly authorized: boolean
}
