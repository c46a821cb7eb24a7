import type { Limits, Settings } from '@godwit/mqtt-broker'

/** How a broker is to be started for a case. Each adapter says what it has no equivalent for. */
export interface BrokerSetup {
  readonly limits?: Partial<Limits>
  readonly settings?: Partial<Settings>
  readonly login?: Login
  readonly listeners?: readonly ('ws' | 'tls' | 'mutual-tls')[]
  /** Pages that may connect by WebSocket. Default: all. */
  readonly origins?: readonly string[]
  /**
   * Where durable Sessions are kept: in memory only, on disk, or in a store whose commits a case can hold. Default: memory.
   */
  readonly store?: 'memory' | 'disk' | 'held'
  /** Most files that the process may open. */
  readonly openFiles?: number
  /** Most megabytes of heap, where the broker has a heap of its own. */
  readonly heapMiB?: number
}

/** Who may come in. */
export type Login =
  | {
      readonly kind: 'passwords'
      readonly users: Readonly<Record<string, string>>
      /** In Mosquitto's format. Default: everybody who is let in may do everything. */
      readonly acl?: string
      /** Rounds of the hash. Default: 101, Mosquitto's. */
      readonly iterations?: number
    }
  /** An authenticator of the embedding program that misbehaves, but not towards `canary`. */
  | { readonly kind: 'hook'; readonly does: 'throw' | 'reject' | 'hang' | 'answer twice' | 'wait' }
  /** Enhanced authentication with SCRAM-SHA-256 for one user, beside a plain login of everybody. */
  | { readonly kind: 'scram'; readonly username: string; readonly password: string }
  /** Rights that a case can take away by `Command`. */
  | { readonly kind: 'revocable' }

/** Who looks whether others are served, where a login is needed. */
export const CANARY_USER = { username: 'canary', password: 'yellow' } as const

/** What a case may ask of the process that holds the broker. */
export type Command =
  /** Commits wait, or go on; `fail` makes the one in flight fail. */
  | { readonly do: 'store'; readonly what: 'hold' | 'release' | 'full' | 'space' }
  /** From now on nobody may receive, or publish to, topics that begin so. */
  | { readonly do: 'revoke'; readonly what: 'receive' | 'publish'; readonly prefix: string }
  /** The first authenticator that waits, or will, gets its answer. */
  | { readonly do: 'answer'; readonly clientId: string; readonly allowed: boolean }
  /** Other passwords and rights hold from now on. */
  | { readonly do: 'login'; readonly users: Readonly<Record<string, string>>; readonly acl?: string }
  /** Ends a Client's connection, as an administrator does. */
  | { readonly do: 'disconnect'; readonly clientId: string }

/** What a process says about itself, in one message. */
export interface Measured {
  /** Heap and external memory after a forced collection; resident memory where there is no such thing. Bytes. */
  readonly memoryBytes: number
  readonly residentBytes: number
  /** CPU time so far. */
  readonly cpuMs: number
  /** What is there now: each has to come back to where it was. */
  readonly gauges: Readonly<Record<string, number>>
  /** What was dropped, refused or closed, by reason. Only ours can be read. */
  readonly counts: Readonly<Record<string, number>>
}
