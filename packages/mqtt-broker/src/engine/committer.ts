import type { BrokerCore } from '../core/broker-core.ts'
import type { Counters } from '../core/counters.ts'
import { Deadline } from '../core/deadlines.ts'
import type { CommitNumber } from '../core/output.ts'
import { clockKey } from '../core/records/keys.ts'
import { encodeClock } from '../core/records/number-records.ts'
import type { Logger } from '../ports/logger.ts'
import type { Store, StoreBatch } from '../ports/store.ts'
import type { CommitGate } from './commit-gate.ts'

/** How often a store that takes nothing is asked whether it takes something again. */
const HEALTH_INTERVAL_MS = 1000

export interface CommitterOptions {
  readonly core: BrokerCore
  readonly gate: CommitGate
  readonly store: Store
  readonly logger: Logger
  /** Hands a batch to the store; `succeeded` or `failed` is called when it has answered. */
  readonly commit: (batch: StoreBatch, commit: CommitNumber) => void
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number
  /** Milliseconds since 1970. */
  readonly wallClock: () => number
}

/**
 * Seals batches at the ends of turns, one in flight, and knows what the answers of the store mean. A full disk is none: that
 * commit stays pending, what waits for it is held, and `health` says so.
 */
export class Committer {
  readonly #options: CommitterOptions
  #poll: Deadline | undefined
  /** Why nothing is committed any more. */
  failure: unknown

  constructor(options: CommitterOptions) {
    this.#options = options
  }

  get #counters(): Counters {
    return this.#options.core.counters
  }

  endOfTurn(): void {
    const { gate } = this.#options
    this.#askHealth()
    if (!gate.ready) return
    this.#stageClock()
    const { batch, commit } = gate.seal()
    this.#counters.recordsStaged += batch.size
    this.#options.commit(batch, commit)
  }

  succeeded(commit: CommitNumber): void {
    this.#counters.commits++
    this.#options.gate.succeeded(commit)
  }

  failed(error: unknown): void {
    const { gate, logger } = this.#options
    this.#counters.commitsFailed++
    const { reason } = this.#options.store.health()
    this.failure = error
    logger.error(
      { error, reason },
      'a commit failed: nothing that waits for it is acknowledged, and nothing is promised until the store is opened anew',
    )
    gate.fail()
  }

  /** How far the broker's time has come goes into every batch: a restart knows from it how long it was away. */
  #stageClock(): void {
    const { gate, core, now, wallClock } = this.#options
    gate.put(
      clockKey(),
      encodeClock({ brokerMs: core.brokerTime(now()), wallMs: Math.max(0, Math.round(wallClock())) }),
    )
  }

  #askHealth(): void {
    const { gate, store } = this.#options
    if (gate.failed) return
    const { writable, reason } = store.health()
    if (writable !== gate.writable) this.#becomes(writable, reason)
  }

  #becomes(writable: boolean, reason: string | undefined): void {
    const { gate, core, logger, now } = this.#options
    if (gate.writable !== writable) {
      if (writable) logger.info({}, 'the store takes messages again')
      else logger.error({ reason }, 'the store takes nothing more: QoS 1 and 2 are refused, QoS 0 flows')
    }
    gate.setWritable(writable)
    if (writable) return
    this.#poll ??= new Deadline(() => this.#askAgain())
    core.deadlines.arm(this.#poll, now() + HEALTH_INTERVAL_MS)
  }

  #askAgain(): void {
    const { writable, reason } = this.#options.store.health()
    this.#becomes(writable, reason)
  }
}
