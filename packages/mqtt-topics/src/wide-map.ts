/** From here on the other keys are spread: a Map of this size is hashed anew within a few milliseconds. */
const WIDTH = 16_384
const SHARES = 256
const NONE: readonly never[] = []

/**
 * A Map of texts for what may hold one key or a million.
 *
 * A Map that doubles hashes all that it holds anew, and with a million keys nobody else is served for a fifth of a second
 * meanwhile. So what does not fit into the first Map is spread over many others, each of which doubles for itself. Who chooses
 * keys that fall into one of them gains a plain Map, no more. A Map also takes some 200 bytes before anything is in it, and
 * most levels of a tree of topics have one level below them: a single key needs none.
 */
export class WideMap<Value> {
  /** The only key; none where there is a Map. */
  #onlyKey: string | undefined
  #onlyValue: Value | undefined
  #first: Map<string, Value> | undefined
  /** None until the first is full, then all. */
  #others: readonly Map<string, Value>[] = NONE
  #size = 0

  get size(): number {
    return this.#size
  }

  get(key: string): Value | undefined {
    if (this.#first === undefined) return key === this.#onlyKey ? this.#onlyValue : undefined
    return this.#first.get(key) ?? this.#other(key)?.get(key)
  }

  /** A key that is not there yet. */
  add(key: string, value: Value): void {
    if (this.#size++ === 0 && this.#first === undefined) {
      this.#onlyKey = key
      this.#onlyValue = value
      return
    }
    const first = (this.#first ??= this.#single())
    if (first.size < this.width) {
      first.set(key, value)
      return
    }
    if (this.#others === NONE) this.#others = Array.from({ length: SHARES }, () => new Map<string, Value>())
    this.#other(key)!.set(key, value)
  }

  /** A key that is there. */
  set(key: string, value: Value): void {
    if (this.#first === undefined) this.#onlyValue = value
    else if (this.#first.has(key)) this.#first.set(key, value)
    else this.#other(key)!.set(key, value)
  }

  delete(key: string): void {
    if (this.#first === undefined) {
      if (key !== this.#onlyKey) return
      this.#forgetOnly()
    } else if (!this.#first.delete(key) && this.#other(key)?.delete(key) !== true) return
    if (--this.#size > 0) return
    // The room that many keys had is not kept for those that may come.
    this.#first = undefined
    this.#others = NONE
  }

  /** Lives with changes: what stays meanwhile comes exactly once. */
  entries(): Iterator<[string, Value], undefined> {
    let alone: string | undefined
    let entries: Iterator<[string, Value], undefined> | undefined
    let next = 0
    return {
      next: () => {
        for (;;) {
          if (this.#first === undefined) {
            if (this.#onlyKey === undefined || this.#onlyKey === alone) return { done: true, value: undefined }
            alone = this.#onlyKey
            return { done: false, value: [alone, this.#onlyValue as Value] }
          }
          entries ??= this.#first.entries()
          const step = entries.next()
          if (step.done !== true) {
            // It came when it was the only one, and lies in the Map since another came.
            if (step.value[0] === alone) continue
            return step
          }
          const other = this.#others[next++]
          if (other === undefined) return step
          entries = other.entries()
        }
      },
    }
  }

  /** Keys in the first Map. */
  protected get width(): number {
    return WIDTH
  }

  #single(): Map<string, Value> {
    const first = new Map([[this.#onlyKey!, this.#onlyValue as Value]])
    this.#forgetOnly()
    return first
  }

  #forgetOnly(): void {
    this.#onlyKey = undefined
    this.#onlyValue = undefined
  }

  #other(key: string): Map<string, Value> | undefined {
    return this.#others === NONE ? undefined : this.#others[shareOf(key)]
  }
}

/**
 * FNV-1a over its code units, and then: the last share is to get twice as many keys as the first, in even steps. With equal shares
 * all of them would double at the same time, and that is the wait again.
 */
export const shareOf = (key: string): number => {
  let hash = 0x811c9dc5
  for (let at = 0; at < key.length; at++) hash = Math.imul(hash ^ key.charCodeAt(at), 0x01000193)
  return Math.floor(SHARES * Math.log2(1 + ((hash ^ (hash >>> 15)) >>> 0) / 2 ** 32))
}
