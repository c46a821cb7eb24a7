import type { BrokerCore } from '../core/broker-core.ts'
import type { CommitNumber } from '../core/output.ts'
import type { CommitGate } from '../engine/commit-gate.ts'
import { Committer } from '../engine/committer.ts'
import type { Logger } from '../ports/logger.ts'
import type { Durability, Store, StoreHealth } from '../ports/store.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { LoadRequest } from '../ports/stored-message.ts'
import { BrokerError } from './broker-error.ts'
import { readRecords, recoverFrom } from './store-reader.ts'

/** How far reading the store has come. */
export interface RecoveryProgress {
  readonly records: number
  readonly seconds: number
}

export interface DurableShellOptions {
  readonly core: BrokerCore
  readonly gate: CommitGate
  readonly store: Store
  readonly logger: Logger
  readonly runtime: Pick<Runtime, 'now' | 'after'>
  readonly wallClock: () => number
  readonly onRecovery: ((progress: RecoveryProgress) => void) | undefined
  /** A commit was answered: its turn ends at once. */
  readonly endTurn: () => void
}

/** A store with a broker: recovery, commits, reading again what waits, the end. Nothing here decides. */
export class DurableShell {
  readonly #options: DurableShellOptions
  readonly #committer: Committer
  #waiters: { readonly commit: CommitNumber; readonly settle: (error: BrokerError | undefined) => void }[] = []

  constructor(options: DurableShellOptions) {
    this.#options = options
    const { core, gate, store, logger, runtime, wallClock } = options
    this.#committer = new Committer({
      core,
      gate,
      store,
      logger,
      now: () => runtime.now(),
      wallClock,
      commit: (batch, commit) => {
        store.commit(batch).then(
          () => this.#answered(() => this.#committer.succeeded(commit)),
          (error: unknown) => this.#answered(() => this.#committer.failed(error)),
        )
      },
    })
  }

  get durability(): Durability {
    return this.#options.store.durability
  }

  health(): StoreHealth {
    const { failure } = this.#committer
    if (failure === undefined) return this.#options.store.health()
    return { writable: false, reason: `a commit failed: ${failure instanceof Error ? failure.message : 'unknown'}` }
  }

  /** Reads what an earlier broker left. Throws `BrokerError`: STORE_FORMAT_UNKNOWN, STORE_DAMAGED, STORE_UNREADABLE. */
  async recover(): Promise<void> {
    const { core, store, logger, runtime, wallClock, onRecovery } = this.#options
    const begin = runtime.now()
    const recovery = core.recover(begin, wallClock())
    const report = (records: number): void => {
      const seconds = (runtime.now() - begin) / 1000
      logger.info({ records, seconds }, 'reading the store')
      onRecovery?.({ records, seconds })
    }
    let failure
    try {
      failure = await recoverFrom(store, recovery, report)
    } catch (cause) {
      throw new BrokerError('STORE_UNREADABLE', 'The store cannot be read.', cause)
    }
    if (failure !== undefined) {
      throw new BrokerError(failure.code, `The store is not used, and nothing in it was changed: ${failure.reason}.`)
    }
    const { sessions, subscriptions, queuedMessages, retainedMessages } = core.counters
    logger.info(
      { durability: store.durability, sessions, subscriptions, queuedMessages, retainedMessages },
      'the store has been read',
    )
  }

  /** The answer of a request comes as an event with its ticket. */
  load(ticket: number, request: LoadRequest): void {
    const { core, store, logger, runtime, endTurn } = this.#options
    const answer = (records: Awaited<ReturnType<typeof readRecords>> | undefined): void => {
      core.handle({ type: 'records-loaded', ticket, records }, runtime.now())
      endTurn()
    }
    readRecords(store, request).then(answer, (error: unknown) => {
      logger.error({ error }, 'the store cannot be read')
      answer(undefined)
    })
  }

  endOfTurn(): void {
    this.#committer.endOfTurn()
  }

  /** Resolves when this commit is durable; rejects when it never will be. */
  committed(commit: CommitNumber): Promise<void> {
    const { gate } = this.#options
    if (commit <= gate.committed) return Promise.resolve()
    return new Promise((resolve, reject) => {
      this.#waiters.push({ commit, settle: (error) => (error === undefined ? resolve() : reject(error)) })
      this.#settle()
    })
  }

  /** Resolves when everything that has been staged so far is durable, or will not be, or the time is over. */
  async drained(timeoutMs: number): Promise<void> {
    const { gate, runtime } = this.#options
    if (!gate.busy) return
    let stop: (() => void) | undefined
    const late = new Promise<void>((resolve) => (stop = runtime.after(timeoutMs, resolve)))
    await Promise.race([this.committed(gate.newest).catch(() => {}), late])
    stop?.()
  }

  #answered(take: () => void): void {
    take()
    this.#settle()
    this.#options.endTurn()
  }

  #settle(): void {
    const { gate } = this.#options
    const waiters = this.#waiters
    this.#waiters = waiters.filter(({ commit }) => commit > gate.committed && !gate.failed)
    for (const { commit, settle } of waiters) {
      if (commit <= gate.committed) settle(undefined)
      else if (gate.failed) settle(storeFailed())
    }
  }
}

const storeFailed = (): BrokerError =>
  new BrokerError('STORE_FAILED', 'A commit of the store failed: nothing is promised until the store is opened anew.')
