const PAGE_BITS = 11
const PAGE_WORDS = 1 << (PAGE_BITS - 5)
const COUNT = PAGE_WORDS

/**
 * A set of Packet Identifiers, one bit each, in pages of 2,048 that exist while something is in them. Nothing is allocated for an empty set, one
 * page of 260 bytes for a Client that uses one identifier after another, and at most 9 KiB for all 65,535.
 */
export class PacketIdentifierSet {
  #pages: (Uint32Array | undefined)[] | undefined
  /** The last page that became empty, so that identifiers which come and go allocate nothing. Its bits are all 0. */
  #spare: Uint32Array | undefined
  #size = 0

  get size(): number {
    return this.#size
  }

  has(packetId: number): boolean {
    const page = this.#pages?.[packetId >> PAGE_BITS]
    return page !== undefined && ((page[wordOf(packetId)] as number) & bitOf(packetId)) !== 0
  }

  /** False where it was in the set already. */
  add(packetId: number): boolean {
    const page = this.#page(packetId >> PAGE_BITS)
    const word = wordOf(packetId)
    const before = page[word] as number
    const after = (before | bitOf(packetId)) >>> 0
    if (after === before) return false
    page[word] = after
    page[COUNT] = (page[COUNT] as number) + 1
    this.#size += 1
    return true
  }

  /** False where it was not in the set. */
  delete(packetId: number): boolean {
    const pages = this.#pages
    const index = packetId >> PAGE_BITS
    const page = pages?.[index]
    if (pages === undefined || page === undefined) return false
    const word = wordOf(packetId)
    const before = page[word] as number
    const after = (before & ~bitOf(packetId)) >>> 0
    if (after === before) return false
    page[word] = after
    const count = (page[COUNT] as number) - 1
    page[COUNT] = count
    this.#size -= 1
    if (count === 0) {
      pages[index] = undefined
      this.#spare = page
    }
    return true
  }

  /** The smallest identifier from `from` to `to` that is not in the set, 0 where there is none. */
  firstAbsent(from: number, to: number): number {
    let packetId = from
    while (packetId <= to) {
      const page = this.#pages?.[packetId >> PAGE_BITS]
      if (page === undefined) return packetId
      // The bits below `packetId` count as taken, so that the lowest 0 is the one looked for.
      const word = ((page[wordOf(packetId)] as number) | (bitOf(packetId) - 1)) >>> 0
      const start = packetId & ~31
      if (word !== 0xffff_ffff) {
        const found = start + 31 - Math.clz32(~word & (word + 1))
        return found <= to ? found : 0
      }
      packetId = start + 32
    }
    return 0
  }

  /** All of them, ascending. */
  values(): number[] {
    const values: number[] = []
    for (const [index, page] of (this.#pages ?? []).entries()) {
      if (page === undefined) continue
      for (let word = 0; word < PAGE_WORDS; word += 1) {
        let bits = page[word] as number
        while (bits !== 0) {
          const bit = 31 - Math.clz32(bits & -bits)
          values.push((index << PAGE_BITS) | (word << 5) | bit)
          bits = (bits & (bits - 1)) >>> 0
        }
      }
    }
    return values
  }

  clear(): void {
    this.#pages = undefined
    this.#spare = undefined
    this.#size = 0
  }

  #page(index: number): Uint32Array {
    const pages = (this.#pages ??= [])
    while (pages.length <= index) pages.push(undefined)
    const existing = pages[index]
    if (existing !== undefined) return existing
    const page = this.#spare ?? new Uint32Array(PAGE_WORDS + 1)
    this.#spare = undefined
    pages[index] = page
    return page
  }
}

function wordOf(packetId: number): number {
  return (packetId >> 5) & (PAGE_WORDS - 1)
}

function bitOf(packetId: number): number {
  return (1 << (packetId & 31)) >>> 0
}
