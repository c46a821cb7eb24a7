const MINIMUM_CAPACITY = 8
/** 3 KiB: what an idle Session may keep after a burst, so that bursts of 126 messages do not allocate again. */
const KEPT_CAPACITY = 256

// Shared by every table that never held anything. Never written: the first insertion grows.
const NO_WORDS = new Uint32Array(2)
const NO_ORDERS = new Float64Array(2)

// 2^32 / golden ratio: consecutive identifiers land evenly apart. With the identifier itself as the hash they would form one run, which each removal
// walks to its end: 1,078 ns instead of 30 for a start and its PUBACK with 1,024 in flight.
const MULTIPLIER = 0x9e37_79b1

// A word: the identifier in the lower 16 bits, its state above, then flags.
export const STATE_SHIFT = 16
export const STATE_MASK = 0x0f_0000
export const PACKET_ID_MASK = 0xffff
/** May have left: a resend carries DUP. */
export const SENT = 1 << 20
/** Its PUBLISH took one of the send quota of this connection. */
export const COUNTED = 1 << 21
/** Waits to be sent again on this connection. */
export const OWED = 1 << 22
/** May have left on an earlier connection, so the receiver may hold its identifier. */
export const EARLIER = 1 << 23

/**
 * Outgoing identifiers in flight: state, three flags and the order of sending, by open addressing on the identifier. Memory follows the number in
 * flight (12 bytes a slot, at most half of the slots used), whichever identifiers they are: a durable Session walks through all 65,535, and a
 * table indexed by them would cost 64 KiB a Session.
 */
export class InFlightTable {
  /** By slot, 0 where it is free. What stands here may be changed in place, but for the identifier. */
  words: Uint32Array = NO_WORDS
  /** By slot. Exact up to 2^53: a Session at 100,000 messages a second passes 2^32 within 12 hours. */
  orders: Float64Array = NO_ORDERS
  size = 0
  /** 32 less the bits of a slot number. */
  #shift = 31

  /** The slot of an identifier, valid until the next insertion or removal; -1 where it is not in flight. */
  find(packetId: number): number {
    const words = this.words
    const mask = words.length - 1
    let slot = Math.imul(packetId, MULTIPLIER) >>> this.#shift
    for (;;) {
      const word = words[slot] as number
      if (word === 0) return -1
      if ((word & PACKET_ID_MASK) === packetId) return slot
      slot = (slot + 1) & mask
    }
  }

  /** The identifier must not be in the table. */
  insert(packetId: number, state: number, flags: number, order: number): void {
    if ((this.size + 1) * 2 >= this.words.length) this.#grow()
    this.#place(packetId | (state << STATE_SHIFT) | flags, order)
    this.size += 1
  }

  remove(slot: number): void {
    const words = this.words
    const orders = this.orders
    const mask = words.length - 1
    let hole = slot
    for (let probe = (hole + 1) & mask; words[probe] !== 0; probe = (probe + 1) & mask) {
      const word = words[probe] as number
      const home = Math.imul(word & PACKET_ID_MASK, MULTIPLIER) >>> this.#shift
      // An entry moves back into the hole unless its home lies behind the hole.
      if (((probe - home) & mask) < ((probe - hole) & mask)) continue
      words[hole] = word
      orders[hole] = orders[probe] as number
      hole = probe
    }
    words[hole] = 0
    this.size -= 1
    if (this.size === 0 && words.length > KEPT_CAPACITY) this.clear()
  }

  /** The slots in use, in order of sending. Allocates and sorts. */
  slots(): number[] {
    const slots: number[] = []
    for (const [slot, word] of this.words.entries()) if (word !== 0) slots.push(slot)
    const orders = this.orders
    return slots.sort((a, b) => (orders[a] as number) - (orders[b] as number))
  }

  clear(): void {
    this.words = NO_WORDS
    this.orders = NO_ORDERS
    this.#shift = 31
    this.size = 0
  }

  #grow(): void {
    const words = this.words
    const orders = this.orders
    const capacity = Math.max(MINIMUM_CAPACITY, words.length * 2)
    this.words = new Uint32Array(capacity)
    this.orders = new Float64Array(capacity)
    this.#shift = Math.clz32(capacity) + 1
    for (let slot = 0; slot < words.length; slot += 1) {
      const word = words[slot] as number
      if (word !== 0) this.#place(word, orders[slot] as number)
    }
  }

  #place(word: number, order: number): void {
    const words = this.words
    const mask = words.length - 1
    let slot = Math.imul(word & PACKET_ID_MASK, MULTIPLIER) >>> this.#shift
    while (words[slot] !== 0) slot = (slot + 1) & mask
    words[slot] = word
    this.orders[slot] = order
  }
}
