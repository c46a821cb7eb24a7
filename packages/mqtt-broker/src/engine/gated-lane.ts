import type { CommitNumber } from '../core/output.ts'
import { Lane } from './lane.ts'
import type { SlabPool } from './slab-pool.ts'

interface Segment {
  readonly commit: CommitNumber
  readonly lane: Lane
}

/** Bytes that wait for commits, in order: a segment for each commit that somebody waits for. */
export class GatedLane {
  readonly #pool: SlabPool
  readonly #segments: Segment[] = []

  constructor(pool: SlabPool) {
    this.#pool = pool
  }

  get sizeBytes(): number {
    let sizeBytes = 0
    for (const { lane } of this.#segments) sizeBytes += lane.sizeBytes
    return sizeBytes
  }

  /** The commit after which everything in here has left; 0: there is nothing. */
  get lastCommit(): CommitNumber {
    return this.#segments.at(-1)?.commit ?? 0
  }

  /** Where bytes go that wait for this commit; what needs none, or an older one, waits for those before it. */
  lane(commit: CommitNumber): Lane {
    const last = this.#segments.at(-1)
    if (last !== undefined && last.commit >= commit) return last.lane
    const lane = new Lane(this.#pool)
    this.#segments.push({ commit, lane })
    return lane
  }

  /** Moves what waited up to this commit behind the bytes of another lane. */
  release(upTo: CommitNumber, free: Lane): void {
    for (let first = this.#segments[0]; first !== undefined && first.commit <= upTo; first = this.#segments[0]) {
      this.#segments.shift()
      for (const part of first.lane.takeAll()) free.reference(part)
    }
  }

  clear(): void {
    for (const { lane } of this.#segments) lane.clear()
    this.#segments.length = 0
  }
}
