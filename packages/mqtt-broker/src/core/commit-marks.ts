import type { CommitNumber } from './output.ts'

interface Mark {
  readonly commit: CommitNumber
  upTo: number
}

/**
 * A boundary that rises, and moves with commits: everything below it is on disk, or has left, or is gone from the disk.
 * Two commits can be under way, one in flight and one that is being filled, so there are never more than two marks.
 */
export class CommitMarks {
  /** The boundary of what is committed. */
  #reached: number
  readonly #marks: Mark[] = []

  constructor(reached = 0) {
    this.#reached = reached
  }

  /** With this commit the boundary is at `upTo`. */
  mark(commit: CommitNumber, upTo: number, committed: CommitNumber): void {
    this.reached(committed)
    const last = this.#marks.at(-1)
    if (last !== undefined && last.commit >= commit) last.upTo = Math.max(last.upTo, upTo)
    else if (commit > committed) this.#marks.push({ commit, upTo })
    else this.#reached = Math.max(this.#reached, upTo)
  }

  /** Where the boundary is now. */
  reached(committed: CommitNumber): number {
    const marks = this.#marks
    while (marks.length > 0 && marks[0]!.commit <= committed)
      this.#reached = Math.max(this.#reached, marks.shift()!.upTo)
    return this.#reached
  }

  /** The commit that takes the boundary past this value; 0: it has been passed, or nothing is known of it. */
  commitOf(value: number, committed: CommitNumber): CommitNumber {
    if (value < this.reached(committed)) return 0
    for (const { commit, upTo } of this.#marks) if (value < upTo) return commit
    return 0
  }
}
