import type { Random } from './random.ts'

/** Something that happens at a time, unless it is cancelled before. */
export interface Scheduled {
  readonly at: number
  cancelled: boolean
}

interface Entry extends Scheduled {
  readonly tie: number
  readonly run: () => void
}

/** The only clock there is: it stands still while something happens, and jumps to what happens next. */
export class Schedule {
  /** Milliseconds since the world began. */
  now = 0
  readonly #random: Random
  readonly #heap: Entry[] = []

  /** `random` decides in which order things happen that are due at the same time. */
  constructor(random: Random) {
    this.#random = random
  }

  after(milliseconds: number, run: () => void): Scheduled {
    const entry = { at: this.now + Math.max(0, milliseconds), tie: this.#random.word(), run, cancelled: false }
    this.#push(entry)
    return entry
  }

  /** Lets the next thing happen. False: nothing is due before `until`. */
  step(until: number): boolean {
    for (;;) {
      const first = this.#heap[0]
      if (first === undefined || first.at > until) return false
      this.#pop()
      if (first.cancelled) continue
      this.now = first.at
      first.run()
      return true
    }
  }

  #push(entry: Entry): void {
    const heap = this.#heap
    let place = heap.length
    heap.push(entry)
    while (place > 0) {
      const above = (place - 1) >> 1
      if (!isBefore(entry, heap[above]!)) break
      heap[place] = heap[above]!
      place = above
    }
    heap[place] = entry
  }

  #pop(): void {
    const heap = this.#heap
    const last = heap.pop()!
    if (heap.length === 0) return
    let place = 0
    for (;;) {
      let below = 2 * place + 1
      if (below >= heap.length) break
      if (below + 1 < heap.length && isBefore(heap[below + 1]!, heap[below]!)) below++
      if (!isBefore(heap[below]!, last)) break
      heap[place] = heap[below]!
      place = below
    }
    heap[place] = last
  }
}

const isBefore = (one: Entry, other: Entry): boolean =>
  one.at < other.at || (one.at === other.at && one.tie < other.tie)
