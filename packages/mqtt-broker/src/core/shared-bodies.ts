/** Which bodies are shared by several queues, and by how many messages each: the last one takes the body along. */
export class SharedBodies {
  /** The number that the next body gets. */
  next = 1
  /** Whether the message in hand goes to more than one queue and is long enough to be stored once. */
  shared = false
  /** The body of the message in hand; 0: not stored yet. */
  current = 0
  readonly #references = new Map<number, number>()

  get size(): number {
    return this.#references.size
  }

  begin(shared: boolean): void {
    this.shared = shared
    this.current = 0
  }

  refer(body: number): void {
    this.#references.set(body, (this.#references.get(body) ?? 0) + 1)
  }

  /** True: nobody refers to it any more. */
  leave(body: number): boolean {
    const references = this.#references.get(body) ?? 0
    if (references > 1) {
      this.#references.set(body, references - 1)
      return false
    }
    return this.#references.delete(body)
  }

  numbers(): IterableIterator<number> {
    return this.#references.keys()
  }

  has(body: number): boolean {
    return this.#references.has(body)
  }
}
