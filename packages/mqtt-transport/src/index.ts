export type { AbortSignalLike } from './abort.ts'
export type {
  ByteStream,
  ByteStreamHandler,
  CloseInfo,
  PeerCertificate,
  PeerInfo,
  TransportName,
} from './byte-stream.ts'
export type { Listener, ListenerCertificates, OnStream, Pem, TlsListener } from './listener.ts'
export { TransportError, type TransportErrorCode, type TransportPhase } from './transport-error.ts'
