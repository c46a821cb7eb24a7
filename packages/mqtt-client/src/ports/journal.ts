import type { Outgoing } from '../core/outgoing.ts'
import type { StoreOperation } from './session-store.ts'

/** The Session of a client that begins: where a journal puts what it kept. */
export interface JournalledSession {
  readonly clientId: string
  /** Monotonic ms, and the same moment since 1970. */
  readonly now: number
  readonly wallNow: number
  /** In flight where they have a Packet Identifier; else they wait in front of everything, in this order. */
  restore(items: readonly Outgoing[]): void
  /** An incoming QoS 2 message was handed over. */
  hold(packetId: number): void
  /** Something was recorded: `commit` is to be called at the end of this turn. */
  changed(): void
}

/** Keeps the Session beyond the client object: `journal()` of `@godwit/mqtt-client/store`. One client uses it. */
export interface Journal {
  /** Nothing that was recorded waits for a commit, or for its end. */
  readonly isCommitted: boolean
  /** Once, before the first attempt. */
  open(session: JournalledSession): Promise<void>
  /** A change, by the message or the Packet Identifier that it is about. */
  record(type: StoreOperation['type'], item: Outgoing | undefined, packetId?: number): void
  /** Makes durable what was recorded; undefined where nothing was. One call at a time. */
  commit(): Promise<void> | undefined
  /** Calls back when what was recorded so far is durable. */
  whenCommitted(callback: () => void): void
  /** Makes durable what was recorded, and ends. */
  close(): Promise<void>
}
