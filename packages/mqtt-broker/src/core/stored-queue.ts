import { CommitMarks } from './commit-marks.ts'
import type { CommitNumber } from './output.ts'
import type { QueuedMessage } from './queued-message.ts'

/** Sequences that may be unacknowledged at once: as many as there are Packet Identifiers, less a distance. */
const WINDOW = 65_534
const IDENTIFIERS = 65_535
/** Bodies held in memory for one Session that is connected. Each load costs an iterator of the store, so it brings many. */
const CACHED_MESSAGES = 512
const CACHED_BYTES = 64 * 1024
const SMALLEST_RING = 8
/** In the place of a QoS: its PUBREC came, so that only its PUBREL is owed. */
const RELEASED = 3

/** [MQTT-2.2.1-3] The Packet Identifier of a message is a function of its sequence, so that sending it writes nothing. */
export const packetIdOf = (sequence: number): number => (sequence % IDENTIFIERS) + 1

/**
 * What waits in the store for one Session, oldest first: what was sent and is unacknowledged, then, from the cursor on, what
 * was not sent. In memory four bytes stay of each message, its size and QoS; bodies only of the next few, and only while the
 * Client is connected.
 */
export class StoredQueue {
  readonly number: number
  /** The oldest sequence that is there; `next` where nothing is. */
  first = 0
  /** The sequence of the next message. */
  next = 0
  /** The next message to send. */
  cursor = 0
  /** Messages below it may have been sent on an earlier connection, or by an earlier process. */
  sentBefore = 0
  /** From the cursor on. */
  length = 0
  sizeBytes = 0
  /** Names the answer of the store that is awaited; 0: none. */
  ticket = 0
  /** The resend that waits for its body: what it was to carry. */
  resend: { readonly sequence: number; readonly dup: boolean } | undefined
  /** How far the records themselves are committed, and how far messages have left on this connection. */
  readonly staged = new CommitMarks()
  sent = new CommitMarks()
  /** How far acknowledged ones are gone from the store. */
  readonly freed = new CommitMarks()
  /**
   * The commit with which the newest message that was passed over, and not acknowledged, is gone from the store. What follows
   * leaves after it: a loss of power before would bring the older one back, behind the newer.
   */
  passedOver: CommitNumber = 0
  #sizes: Uint32Array | undefined
  /** Numbers of bodies that are shared with other queues, by sequence. */
  #bodies: Map<number, number> | undefined
  #cached: (QueuedMessage | undefined)[] = []
  /** The sequence of the first place of `#cached`, and how many places of it are empty before the first that is not. */
  #cachedFrom = 0
  #cachedHead = 0
  #cachedBytes = 0

  constructor(number: number) {
    this.number = number
  }

  /** Nothing waits to be sent for the first time, or again. */
  get idle(): boolean {
    return this.cursor === this.next && this.resend === undefined
  }

  /** Whether anything at all is in the store. */
  get empty(): boolean {
    return this.first === this.next
  }

  /** So many sequences are between the oldest and the newest that no more can be told apart. */
  get spread(): number {
    return this.next - this.first
  }

  /** The sequence of a new message, behind all others. */
  push(sizeBytes: number, qos: number, body: number): number {
    const sequence = this.next++
    this.#set(sequence, sizeBytes, qos)
    if (body !== 0) (this.#bodies ??= new Map()).set(sequence, body)
    this.length++
    this.sizeBytes += sizeBytes
    return sequence
  }

  /** Everything has been restored: what may have been sent before is known, `next` where it cannot be. */
  restored(sentBefore: number | undefined): void {
    const { empty } = this
    this.next = Math.max(this.next, sentBefore ?? 0)
    if (empty) this.first = this.cursor = this.next
    this.sentBefore = sentBefore ?? this.next
    this.freed.mark(0, this.first, 0)
  }

  /** The connection ended: what left on it is known from here on. */
  detach(committed: number): void {
    this.sentBefore = Math.max(this.sentBefore, this.sent.reached(committed))
    this.sent = new CommitMarks(this.sentBefore)
    this.beginCache(0)
    this.ticket = 0
    this.resend = undefined
  }

  /** A message, or what is left of one, as it was found in the store; in order. */
  restore(sequence: number, sizeBytes: number, qos: number, body: number, released: boolean): void {
    if (this.empty && this.first <= sequence) this.first = this.cursor = this.next = sequence
    this.next = sequence
    this.push(sizeBytes, released ? RELEASED : qos, body)
    if (!released) return
    this.length--
    this.sizeBytes -= sizeBytes
  }

  has(sequence: number): boolean {
    return sequence >= this.first && sequence < this.next && this.#entry(sequence) !== 0
  }

  isReleased(sequence: number): boolean {
    return (this.#entry(sequence) & 3) === RELEASED
  }

  /** The message that a Packet Identifier stands for; -1: none. */
  sequenceOf(packetId: number): number {
    const sequence = this.first - (this.first % IDENTIFIERS) + packetId - 1
    const candidate = sequence < this.first ? sequence + IDENTIFIERS : sequence
    return this.has(candidate) ? candidate : -1
  }

  /** Whether the message at the cursor may be sent: its Packet Identifier must not mean an older one, on disk either. */
  mayStart(committed: number): boolean {
    return this.cursor - Math.min(this.first, this.freed.reached(committed)) < WINDOW
  }

  /** Moves the cursor over the message that it stands at, which is sent now. */
  advance(): void {
    const sequence = this.cursor++
    const entry = this.#entry(sequence)
    if (entry !== 0 && (entry & 3) !== RELEASED) {
      this.length--
      this.sizeBytes -= entry >>> 2
    }
    this.#uncache(sequence)
  }

  /** Moves the cursor to the next message that is to be sent; false: there is none. */
  seek(): boolean {
    while (this.cursor < this.next) {
      const entry = this.#entry(this.cursor)
      if (entry !== 0 && (entry & 3) !== RELEASED) return true
      this.cursor++
    }
    return false
  }

  /** Its PUBREC came. */
  release(sequence: number): void {
    const entry = this.#entry(sequence)
    if (sequence >= this.cursor && (entry & 3) !== RELEASED) {
      this.length--
      this.sizeBytes -= entry >>> 2
    }
    this.#sizes![sequence & (this.#sizes!.length - 1)] = (entry | RELEASED) >>> 0
    this.#uncache(sequence)
  }

  /** Forgets a message; returns the number of the body that it shared, 0 where it had its own. */
  remove(sequence: number): number {
    const entry = this.#entry(sequence)
    if (sequence >= this.cursor && (entry & 3) !== RELEASED) {
      this.length--
      this.sizeBytes -= entry >>> 2
    }
    this.#sizes![sequence & (this.#sizes!.length - 1)] = 0
    this.#uncache(sequence)
    while (this.first < this.next && this.#entry(this.first) === 0) this.first++
    if (this.cursor < this.first) this.cursor = this.first
    if (this.empty) this.#sizes = undefined
    return this.takeBody(sequence)
  }

  /** The number of the body that it shares, which it no longer refers to. */
  takeBody(sequence: number): number {
    const body = this.#bodies?.get(sequence) ?? 0
    if (body === 0) return 0
    this.#bodies!.delete(sequence)
    if (this.#bodies!.size === 0) this.#bodies = undefined
    return body
  }

  /** Begins the cache anew at a sequence. */
  beginCache(sequence: number): void {
    this.#cached = []
    this.#cachedHead = 0
    this.#cachedBytes = 0
    this.#cachedFrom = sequence
  }

  /** Keeps a body behind those that are kept; false: there is no room, it stays in the store only. */
  cache(sequence: number, message: QueuedMessage): boolean {
    if (this.#cached.length === 0) this.#cachedFrom = sequence
    const cached = this.#cached
    const { sizeBytes } = message.message
    const count = cached.length - this.#cachedHead
    if (count >= CACHED_MESSAGES || (count > 0 && this.#cachedBytes + sizeBytes > CACHED_BYTES)) return false
    // What is missing between two of them was acknowledged or dropped.
    while (this.#cachedFrom + cached.length < sequence) cached.push(undefined)
    cached.push(message)
    this.#cachedBytes += sizeBytes
    return true
  }

  cached(sequence: number): QueuedMessage | undefined {
    return this.#cached[sequence - this.#cachedFrom]
  }

  /** Whether a new message may go into memory at once: everything before it from the cursor on is there. */
  get cacheReachesEnd(): boolean {
    return this.#cached.length === 0 ? this.length === 0 : this.#cachedFrom + this.#cached.length === this.next
  }

  /** Where a load begins that is to fill the cache, and how much is asked for. */
  static readonly chunk = { maximumRecords: CACHED_MESSAGES, maximumBytes: CACHED_BYTES } as const

  #uncache(sequence: number): void {
    const place = sequence - this.#cachedFrom
    const message = this.#cached[place]
    if (message === undefined) return
    this.#cachedBytes -= message.message.sizeBytes
    this.#cached[place] = undefined
    while (this.#cachedHead < this.#cached.length && this.#cached[this.#cachedHead] === undefined) this.#cachedHead++
    // Taking away one place at a time would move all the others each time.
    if (this.#cachedHead * 2 < this.#cached.length) return
    this.#cached.splice(0, this.#cachedHead)
    this.#cachedFrom += this.#cachedHead
    this.#cachedHead = 0
  }

  #entry(sequence: number): number {
    const sizes = this.#sizes
    return sizes === undefined || sequence < this.first || sequence >= this.next
      ? 0
      : sizes[sequence & (sizes.length - 1)]!
  }

  #set(sequence: number, sizeBytes: number, qos: number): void {
    let sizes = (this.#sizes ??= new Uint32Array(SMALLEST_RING))
    if (sequence - this.first >= sizes.length) {
      let length = sizes.length
      while (sequence - this.first >= length) length *= 2
      const larger = new Uint32Array(length)
      const end = Math.min(sequence, this.first + sizes.length)
      for (let each = this.first; each < end; each++) larger[each & (length - 1)] = sizes[each & (sizes.length - 1)]!
      this.#sizes = sizes = larger
    }
    sizes[sequence & (sizes.length - 1)] = ((sizeBytes << 2) | qos) >>> 0
  }
}
