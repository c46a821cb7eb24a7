import type { ByteStream as FullByteStream } from '@godwit/mqtt-transport'
import type { AbortSignalLike } from '../api/structural.ts'

/** What a client needs of a byte stream. */
export type ByteStream = Omit<FullByteStream, 'peer' | 'writeAll'>

/** TLS on Node. In a browser the page's own rules apply and none of these is read. */
export interface TlsOptions {
  /** Certificate authorities in PEM instead of the built-in ones. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[]
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly passphrase?: string
  /** Name to verify and to send (SNI). Default: the host of the URL. */
  readonly servername?: string
  readonly alpnProtocols?: readonly string[]
  /** Default true. With false anybody can pose as the server. */
  readonly rejectUnauthorized?: boolean
}

export interface WebSocketOptions {
  /** Default `['mqtt']`, for 3.1 `['mqttv3.1']`. */
  readonly protocols?: readonly string[]
  /** Node only: a browser cannot set any. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface TransportOptions {
  readonly signal: AbortSignalLike
  readonly tls?: TlsOptions | undefined
  readonly webSocket?: WebSocketOptions | undefined
}

/** Opens a byte stream to a server. Throws (rejects) when it cannot; an error's `code` and `phase` are taken over. */
export type Transport = (url: string, options: TransportOptions) => Promise<ByteStream>
