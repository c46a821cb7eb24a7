import type { ByteStream, Listener } from '@godwit/mqtt-transport'
import type { Counters } from '../core/counters.ts'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Grant, Refusal } from '../ports/grant.ts'
import type { Durability, StoreHealth } from '../ports/store.ts'
import type { ListenOptions, OwnMessage } from './options.ts'

/** An MQTT broker for 3.1, 3.1.1 and 5.0. `await using broker = createBroker()` closes it with its scope. */
export interface Broker extends AsyncDisposable {
  /** What acknowledged messages survive: nothing (`none`), an exit of the process, or a loss of power (`fsync`). */
  readonly durability: Durability
  /** Resolves when what the store holds has been read; rejects with `BrokerError` where it cannot be used. */
  readonly ready: Promise<void>
  /** Whether QoS 1 and 2 can be promised now, and if not, why: the disk is full, or a commit has failed. */
  health(): StoreHealth
  /** What has happened since the start and what is there now. */
  readonly counters: Readonly<Counters>
  /** Opens a listener: `mqtt://127.0.0.1:1883`, `ws://127.0.0.1:9001/mqtt`; port 0 takes a free one. */
  listen(target: string | ListenOptions): Promise<Listener>
  /** Takes a byte stream as a new Network Connection. */
  attach(stream: ByteStream): void
  /** Publishes as the embedding program; resolves when the message has been routed and, with QoS 1 and 2, written down. */
  publish(message: OwnMessage): Promise<void>
  /** The Clients that are connected. */
  clients(): readonly ClientInfo[]
  /**
   * Ends a Client's connection (its Will is published): a Reason Code, or one with more for a 5.0 Client. False: it is not
   * connected. Throws `BrokerError` where the code may not stand in a DISCONNECT. Default: Administrative action (0x98).
   */
  disconnect(clientId: string, refusal?: number | Refusal): boolean
  /**
   * Sends every Client elsewhere, those that are connected and those that come, with 0x9C or, for good, 0x9D (§4.11).
   * `undefined` ends that. 3.1.1 Clients cannot be told where: they are closed, or refused with Return Code 3.
   */
  redirect(serverReference: string | undefined, options?: { readonly moved?: boolean }): void
  /** Gives a Client other rights at once: what it may no longer receive, it does not receive. */
  replaceGrant(clientId: string, grant: Grant): void
  /** What the Grants answer has changed: forgets what they said, and ends subscriptions that they no longer allow. */
  recheckRights(): void
  /** Stops listening, tells every Client, and leaves no timer and no socket. */
  close(): Promise<void>
}
