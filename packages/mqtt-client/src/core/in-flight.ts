interface Entry<Item> {
  readonly packetId: number
  readonly item: Item
  readonly order: number
}

/**
 * What a Map by Packet Identifier does, in a ring. Identifiers follow each other, so that a short ring has a place for each that is in use; it grows
 * where two want the same. V8's Map makes a new table every so many changes, and an old one that was tenured keeps all later ones alive: that
 * was 40 % of publishing at QoS 1. Browsers load a Map (`no-fast-paths.ts`).
 */
export class InFlight<Item> {
  #ring: (Entry<Item> | undefined)[] = []
  #size = 0
  #order = 0

  get size(): number {
    return this.#size
  }

  has(packetId: number): boolean {
    return this.#find(packetId) !== undefined
  }

  get(packetId: number): Item | undefined {
    return this.#find(packetId)?.item
  }

  set(packetId: number, item: Item): this {
    this.delete(packetId)
    this.#size++
    this.#put({ packetId, item, order: this.#order++ })
    return this
  }

  delete(packetId: number): boolean {
    if (!this.#find(packetId)) return false
    this.#size--
    this.#ring[packetId & (this.#ring.length - 1)] = undefined
    return true
  }

  clear(): void {
    this.#ring = []
    this.#size = 0
  }

  values(): Item[] {
    return this.#entries().map(({ item }) => item)
  }

  /** In the order in which they were set. */
  [Symbol.iterator](): Iterator<[packetId: number, item: Item]> {
    const pairs = this.#entries().map(({ packetId, item }): [number, Item] => [packetId, item])
    return pairs[Symbol.iterator]()
  }

  #entries(): Entry<Item>[] {
    return this.#ring.filter((entry) => entry !== undefined).sort((one, other) => one.order - other.order)
  }

  #find(packetId: number): Entry<Item> | undefined {
    const entry = this.#ring[packetId & (this.#ring.length - 1)]
    return entry?.packetId === packetId ? entry : undefined
  }

  #put(entry: Entry<Item>): void {
    const { length } = this.#ring
    const at = entry.packetId & (length - 1)
    if (length > 0 && !this.#ring[at]) {
      this.#ring[at] = entry
      return
    }
    const all = [...this.#ring, entry]
    this.#ring = Array.from({ length: length * 2 || LEAST_LENGTH }, () => undefined)
    for (const each of all) if (each) this.#put(each)
  }
}

/** A power of two, as every length. */
const LEAST_LENGTH = 16
