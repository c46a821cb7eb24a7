/** A page has a bit for each of 2,048 identifiers. */
const PAGE_BITS = 11
const PAGE_WORDS = 1 << (PAGE_BITS - 5)

// Shared by every set that never held anything. Never written: the first page makes an array.
const NO_PAGES: readonly (Uint32Array | undefined)[] = []

/**
 * A set of Packet Identifiers, one bit each, in pages that exist while something is in them, or until the next page is made. Nothing is allocated
 * for an empty set, one page of 256 bytes for a Client that uses one identifier after another, and at most 8 KiB for all 65,535.
 */
export class PacketIdentifierSet {
  size = 0
  #pages = NO_PAGES

  has(packetId: number): boolean {
    const page = this.#pages[packetId >> PAGE_BITS]
    return page !== undefined && ((page[wordOf(packetId)] as number) & (1 << packetId)) !== 0
  }

  /** False where it was in the set already. */
  add(packetId: number): boolean {
    const page = this.#pages[packetId >> PAGE_BITS] ?? this.#newPage(packetId >> PAGE_BITS)
    const word = wordOf(packetId)
    const before = page[word] as number
    page[word] = before | (1 << packetId)
    if (page[word] === before) return false
    this.size += 1
    return true
  }

  /** False where it was not in the set. */
  delete(packetId: number): boolean {
    const page = this.#pages[packetId >> PAGE_BITS]
    if (page === undefined || !this.has(packetId)) return false
    const word = wordOf(packetId)
    page[word] = (page[word] as number) & ~(1 << packetId)
    this.size -= 1
    return true
  }

  /** All of them, ascending. */
  values(): number[] {
    const values: number[] = []
    for (const [index, page] of this.#pages.entries()) {
      for (let word = 0; page && word < PAGE_WORDS; word += 1) {
        if (page[word] === 0) continue
        const first = (index << PAGE_BITS) | (word << 5)
        for (let packetId = first; packetId < first + 32; packetId += 1) if (this.has(packetId)) values.push(packetId)
      }
    }
    return values
  }

  clear(): void {
    this.#pages = NO_PAGES
    this.size = 0
  }

  /** Identifiers that go round need a new page every 2,048 messages: then those that became empty go. */
  #newPage(index: number): Uint32Array {
    const page = new Uint32Array(PAGE_WORDS)
    const pages = this.#pages.map((each) => (each?.some((word) => word !== 0) ? each : undefined))
    pages[index] = page
    this.#pages = pages
    return page
  }
}

function wordOf(packetId: number): number {
  return (packetId >> 5) & (PAGE_WORDS - 1)
}
