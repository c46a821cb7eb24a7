export type { ByteStream, ByteStreamHandler, CloseInfo, PeerCertificate, PeerInfo } from './byte-stream.ts'
export type { Listener, OnStream, TlsListener } from './listener.ts'
export { TransportError, type TransportErrorCode, type TransportPhase } from './transport-error.ts'
