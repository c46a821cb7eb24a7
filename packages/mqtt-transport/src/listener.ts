import type { ByteStream } from './byte-stream.ts'

/** Accepts streams until it is closed; those that it has accepted are their owner's. */
export interface Listener {
  /** With the port that it really has. */
  readonly url: string
  readonly port: number
  close(): Promise<void>
}

export type OnStream = (stream: ByteStream) => void

/** A listener whose certificate can be replaced: new connections get the new one. */
export interface TlsListener extends Listener {
  reload(options: { cert: string | Uint8Array; key: string | Uint8Array; ca?: string | Uint8Array }): void
}
