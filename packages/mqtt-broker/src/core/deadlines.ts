/** Something that is due at a time. One object for its whole life: arming it again allocates nothing. */
export class Deadline {
  /** Milliseconds of the monotonic clock. */
  at = Infinity
  /** Its place in the heap, -1 where it is not armed. */
  place = -1
  readonly due: (now: number) => void

  constructor(due: (now: number) => void) {
    this.due = due
  }
}

/** All deadlines of a broker in one binary heap; the shell arms one timer for the first of them. */
export class Deadlines {
  readonly #heap: Deadline[] = []

  /** When something is due next; Infinity where nothing is. */
  get next(): number {
    return this.#heap[0]?.at ?? Infinity
  }

  get size(): number {
    return this.#heap.length
  }

  arm(deadline: Deadline, at: number): void {
    if (at === Infinity) return this.cancel(deadline)
    const before = deadline.at
    deadline.at = at
    if (deadline.place === -1) {
      deadline.place = this.#heap.length
      this.#heap.push(deadline)
      this.#rise(deadline)
    } else if (at < before) this.#rise(deadline)
    else this.#sink(deadline)
  }

  cancel(deadline: Deadline): void {
    const place = deadline.place
    if (place === -1) return
    deadline.place = -1
    deadline.at = Infinity
    const last = this.#heap.pop()!
    if (last === deadline) return
    last.place = place
    this.#heap[place] = last
    this.#rise(last)
    this.#sink(last)
  }

  /** Runs everything that is due, the earliest first. */
  run(now: number): void {
    for (let first = this.#heap[0]; first !== undefined && first.at <= now; first = this.#heap[0]) {
      this.cancel(first)
      first.due(now)
    }
  }

  #rise(deadline: Deadline): void {
    const heap = this.#heap
    let place = deadline.place
    while (place > 0) {
      const parentPlace = (place - 1) >> 1
      const parent = heap[parentPlace]!
      if (parent.at <= deadline.at) break
      heap[place] = parent
      parent.place = place
      place = parentPlace
    }
    heap[place] = deadline
    deadline.place = place
  }

  #sink(deadline: Deadline): void {
    const heap = this.#heap
    let place = deadline.place
    for (;;) {
      let childPlace = 2 * place + 1
      if (childPlace >= heap.length) break
      if (childPlace + 1 < heap.length && heap[childPlace + 1]!.at < heap[childPlace]!.at) childPlace++
      const child = heap[childPlace]!
      if (child.at >= deadline.at) break
      heap[place] = child
      child.place = place
      place = childPlace
    }
    heap[place] = deadline
    deadline.place = place
  }
}
