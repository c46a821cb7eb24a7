/**
 * What this package needs of the platform's own types, by structure: so that its declarations need neither the DOM's
 * library nor Node's types.
 */
export interface AbortSignalLike {
  readonly aborted: boolean
  readonly reason?: unknown
  addEventListener(type: 'abort', listener: () => void): void
  removeEventListener(type: 'abort', listener: () => void): void
}

export interface UrlLike {
  readonly href: string
}

/** On every asynchronous call. */
export interface CallOptions {
  /** Ends the call with code `ABORTED`. What was sent already cannot be taken back. */
  readonly signal?: AbortSignalLike | undefined
  /** Ends the call with code `TIMEOUT`. Default: none, the call waits until it is answered or the client is closed. */
  readonly timeoutMs?: number | undefined
}

/** A payload: text becomes UTF-8, a view its own bytes. The bytes are copied when they have to be kept. */
export type Payload = string | Uint8Array | ArrayBuffer | ArrayBufferView

/** User Properties: pairs in order, or a record whose arrays repeat a name. */
export type UserProperties =
  | Iterable<readonly [name: string, value: string]>
  | Readonly<Record<string, string | readonly string[]>>
