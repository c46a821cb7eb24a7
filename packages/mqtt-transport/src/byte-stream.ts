import type { TransportError } from './transport-error.ts'

/** Who reads a stream. One object serves for the life of it. */
export interface ByteStreamHandler {
  /** The bytes are valid during the call only: what is kept has to be copied. */
  onData(chunk: Uint8Array): void
  /** Everything that was written has been handed to the operating system. */
  onDrain(): void
  /** Once, and last. */
  onClose(info: CloseInfo): void
}

export interface CloseInfo {
  /** The stream ended in order. */
  readonly clean: boolean
  readonly error?: TransportError
}

/** What is known of the other end. */
export interface PeerInfo {
  readonly transport: 'memory' | 'tcp' | 'tls' | 'ws' | 'wss'
  readonly remoteAddress?: string
  readonly remotePort?: number
  /** The other end's certificate, where it showed one. */
  readonly certificate?: PeerCertificate
}

export interface PeerCertificate {
  readonly commonName?: string
  readonly fingerprint256?: string
  /** It was signed by an authority that we trust. */
  readonly authorized: boolean
}

/** Bytes in both directions, in order, until one side ends it. */
export interface ByteStream {
  readonly peer: PeerInfo
  /** Accepted by `write` and not yet handed to the operating system. */
  readonly bufferedBytes: number
  /** Sets who reads and begins to read; called once. */
  open(handler: ByteStreamHandler): void
  /** True: the bytes are taken and their memory is the caller's again. False: the stream still holds them. */
  write(bytes: Uint8Array): boolean
  /** The same for several parts, in one system call where the platform can. */
  writeAll(parts: readonly Uint8Array[]): boolean
  pause(): void
  resume(): void
  /** What was written goes out, then the stream closes. */
  end(): void
  /** Closes at once. */
  destroy(): void
}
