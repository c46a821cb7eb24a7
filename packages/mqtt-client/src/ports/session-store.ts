import type { PublishProperties, QoS } from '@godwit/mqtt-codec'

/** A message of QoS 1 or 2 on its way to the server. */
export interface StoredMessage {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  readonly properties: PublishProperties | undefined
  /** Wall clock in milliseconds since 1970 at which it expires; undefined: never. */
  readonly expiresAtMs: number | undefined
}

/** One change of the Session State that the client keeps. */
export type StoreOperation =
  | { readonly type: 'outgoing-put'; readonly sequence: number; readonly message: StoredMessage }
  /** It has this Packet Identifier from now on. */
  | { readonly type: 'outgoing-sent'; readonly sequence: number; readonly packetId: number }
  /** PUBREC came: PUBLISH is never sent again, PUBREL is owed. */
  | { readonly type: 'outgoing-released'; readonly sequence: number; readonly packetId: number }
  | { readonly type: 'outgoing-delete'; readonly sequence: number }
  /** A QoS 2 message that was handed over, until its PUBREL. */
  | { readonly type: 'incoming-put'; readonly packetId: number }
  | { readonly type: 'incoming-delete'; readonly packetId: number }
  /** The server had no Session: incoming identifiers mean nothing any more. */
  | { readonly type: 'incoming-clear' }

export interface StoredOutgoing {
  readonly sequence: number
  readonly message: StoredMessage
  /** 0: never sent. */
  readonly packetId: number
  readonly released: boolean
}

export interface SessionRecord {
  /** By sequence, ascending. */
  readonly outgoing: readonly StoredOutgoing[]
  readonly incoming: readonly number[]
}

/**
 * Keeps the client's half of a Session beyond the client object. One client at a time uses a store.
 * A failed commit is final for the client: it closes, because it can promise nothing any more.
 */
export interface SessionStore {
  load(clientId: string): Promise<SessionRecord | undefined>
  /** Atomic; resolves when durable. Called with everything since the last commit, one call at a time. */
  commit(operations: readonly StoreOperation[]): Promise<void>
  close(): Promise<void>
}
