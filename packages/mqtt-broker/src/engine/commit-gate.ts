import type { CommitNumber, Staging } from '../core/output.ts'

/** What waits at the gate. */
export interface Gated {
  committed(upTo: CommitNumber): void
}

/**
 * Numbers commits and opens the gate for what waits for them. One is in flight; everything that is staged meanwhile fills
 * the next (group commit).
 */
export class CommitGate implements Staging {
  /** Everything up to this one is durable. */
  committed: CommitNumber = 0
  /** The one that is being filled. */
  #open: CommitNumber = 1
  #staged = 0
  #inFlight = false
  #failed = false
  readonly #waiting = new Set<Gated>()

  /** Something was put into the open batch: what depends on it waits for this number. */
  stage(): CommitNumber {
    this.#staged++
    return this.#open
  }

  /** Whether the open batch should be sealed and committed now. */
  get ready(): boolean {
    return this.#staged > 0 && !this.#inFlight && !this.#failed
  }

  /** Closes the open batch; the number of the commit that now goes to the store. */
  seal(): CommitNumber {
    const sealed = this.#open
    this.#open++
    this.#staged = 0
    this.#inFlight = true
    return sealed
  }

  /** A commit is durable: what waited for it moves. */
  succeeded(commit: CommitNumber): void {
    this.#inFlight = false
    this.committed = commit
    for (const gated of [...this.#waiting]) gated.committed(commit)
  }

  /** After a failed commit nothing that waits ever moves. */
  failed(): void {
    this.#inFlight = false
    this.#failed = true
  }

  await(gated: Gated): void {
    this.#waiting.add(gated)
  }

  forget(gated: Gated): void {
    this.#waiting.delete(gated)
  }
}
