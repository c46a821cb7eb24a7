import type { Packet } from '@godwit/mqtt-codec'

/** Which way the process of a broker ended. */
export type Ending = 'killed' | 'power-lost' | 'closed'

/** A change of one record, as a commit made it. */
export type StoredChange = readonly [
  key: Uint8Array,
  /** Undefined: deleted. */
  value: Uint8Array | undefined,
]

/** Rights of one moment: which principals may not write, or not read, which Topic Names (by their beginning). */
export interface Policy {
  readonly deniedWrites: readonly Denial[]
  readonly deniedReads: readonly Denial[]
}

export interface Denial {
  readonly principal: string
  readonly topicStart: string
}

interface Moment {
  /** Milliseconds since the world began. */
  readonly at: number
}

interface OfConnection extends Moment {
  readonly connection: number
}

/**
 * Where a packet is: `sent` by a client into its socket, `read` by the broker (all its bytes), `written` by the broker into its
 * socket, `received` by the client (all its bytes).
 */
export interface PacketEvent extends OfConnection {
  readonly type: 'sent' | 'read' | 'written' | 'received'
  /** In the history, where most checkers need it: they are packets, nearly all of it. */
  readonly place: number
  readonly packet: Packet
  readonly sizeBytes: number
}

export type HistoryEvent =
  | (OfConnection & { readonly type: 'opened'; readonly client: string })
  | PacketEvent
  /** Bytes from a client that are no packet; bytes from the broker that are none. */
  | (OfConnection & { readonly type: 'garbage-sent' | 'garbage-written'; readonly reason: string })
  /** The broker wrote into memory that it had given to its socket. */
  | (OfConnection & { readonly type: 'memory-reused' })
  /** One side knows that the connection has ended. */
  | (OfConnection & { readonly type: 'gone'; readonly side: 'client' | 'broker'; readonly clean: boolean })
  /** The broker ends the connection. */
  | (OfConnection & { readonly type: 'ended-by-broker' })
  /** The network breaks it: bytes under way are lost. */
  | (OfConnection & { readonly type: 'cut' | 'half-open' | 'slow-reader' })
  /** Somebody has sent a client what a server never sends. */
  | (OfConnection & { readonly type: 'injected'; readonly kind: string })
  | (Moment & { readonly type: 'started'; readonly life: number })
  | (Moment & {
      readonly type: 'start-refused'
      readonly life: number
      readonly code: string
      readonly reason: string
    })
  | (Moment & { readonly type: 'ended'; readonly life: number; readonly how: Ending })
  | (Moment & {
      readonly type: 'commit-begun' | 'commit-durable' | 'commit-failed'
      readonly life: number
      readonly commit: number
      readonly changes: readonly StoredChange[]
    })
  | (Moment & { readonly type: 'disk-full' | 'disk-free' | 'disk-damaged' | 'disk-repaired' })
  | (Moment & { readonly type: 'policy'; readonly policy: Policy })
  | (Moment & { readonly type: 'wall-jump'; readonly byMs: number })
  /** The process stands still until then: nothing is read, no timer fires. */
  | (Moment & { readonly type: 'paused'; readonly untilMs: number })
  /** An application has been given a message by its client. */
  | (OfConnection & { readonly type: 'handed-over'; readonly client: string; readonly message: string })
  /** A client gave up what it had not been acknowledged: its Session was gone. */
  | (Moment & { readonly type: 'session-lost'; readonly client: string })
  | (Moment & { readonly type: 'counters'; readonly counters: CountersSeen; readonly health: boolean })
  /** From here on nothing goes wrong any more, and everybody connects. */
  | (Moment & { readonly type: 'healed' })
  /** From here on everybody leaves. */
  | (Moment & { readonly type: 'leaving'; readonly waiting: readonly string[] })
  /** Nothing is left to happen. */
  | (Moment & { readonly type: 'over' })
  | LibraryEvent

/** What is seen of a client of `@godwit/mqtt-client` from outside. */
export type LibraryEvent = Moment & { readonly client: string } & (
    | { readonly type: 'library-publish'; readonly message: string; readonly qos: number }
    | { readonly type: 'library-settled'; readonly message: string; readonly error: string | undefined }
    | { readonly type: 'library-dial'; readonly url: string; readonly verifies: boolean }
    | { readonly type: 'library-retry'; readonly delayMs: number; readonly attempt: number; readonly code: string }
    | { readonly type: 'library-online'; readonly resumed: boolean }
    | { readonly type: 'library-offline' | 'library-error'; readonly code: string; readonly text: string }
    | { readonly type: 'library-restarted' }
    | {
        readonly type: 'library-stats'
        readonly queuedMessages: number
        readonly unacknowledgedMessages: number
        readonly unsettled: number
      }
    | { readonly type: 'library-closed'; readonly timers: number; readonly unsettled: number }
    | { readonly type: 'library-threw'; readonly text: string }
  )

/** The counters of a broker that a checker looks at. */
export type CountersSeen = Readonly<
  Record<
    | 'connections'
    | 'sessions'
    | 'subscriptions'
    | 'queuedMessages'
    | 'queuedBytes'
    | 'retainedMessages'
    | 'retainedBytes'
    | 'unauthenticatedConnections'
    | 'unauthenticatedBytes',
    number
  >
>
