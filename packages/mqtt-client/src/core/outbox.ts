import type { PublishPacket } from '@godwit/mqtt-codec'
import type { PublishResult } from '../api/publish.ts'
import type { MqttError } from '../errors.ts'

/** A message on its way out, from `publish` until it is settled. */
export interface Outgoing {
  packet: PublishPacket
  /** Topic Name and payload: what counts against `maximumBytes`. */
  readonly sizeBytes: number
  readonly queuedAt: number
  /** Monotonic ms; Infinity: never. */
  readonly expiresAt: number
  readonly mayAlias: boolean
  /** Order of publishing, and the store's key. */
  sequence: number
  queued: boolean
  settled(error: MqttError | undefined, result?: PublishResult): void
  /** The transport took it. */
  sent(): void
  /** The outbox took it. */
  stored(): void
}

/** What is not sent yet, in order. Counts what it holds; its owner judges the bounds. */
export class Outbox {
  #items: Outgoing[] = []
  #head = 0
  #nextExpiry = Infinity
  messages = 0
  bytes = 0

  /** Earliest time at which something expires; never too late, perhaps too early. */
  get nextExpiry(): number {
    return this.#nextExpiry
  }

  add(item: Outgoing): void {
    this.#items.push(item)
    this.#count(item)
  }

  /** In front of everything, keeping their order: messages of a lost Session. */
  addFirst(items: readonly Outgoing[]): void {
    this.#items = [...items, ...this.#items.slice(this.#head)]
    this.#head = 0
    for (const item of items) this.#count(item)
  }

  first(): Outgoing | undefined {
    const items = this.#items
    while (this.#head < items.length) {
      const item = items[this.#head]
      if (item?.queued) return item
      this.#head++
    }
    this.#items = []
    this.#head = 0
    return undefined
  }

  remove(item: Outgoing): void {
    if (!item.queued) return
    item.queued = false
    this.messages--
    this.bytes -= item.sizeBytes
    // What was taken from the front is cut off in large steps: constant cost for each message.
    if (this.#items[this.#head] === item && ++this.#head > 1_024 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
  }

  /** Takes out what `wanted` names. */
  takeWhere(wanted: (item: Outgoing) => boolean): Outgoing[] {
    const rest = this.#items.slice(this.#head).filter((item) => item.queued)
    const taken = rest.filter(wanted)
    for (const item of taken) this.remove(item)
    this.#items = rest.filter((item) => item.queued)
    this.#head = 0
    this.#nextExpiry = this.#items.reduce((least, item) => Math.min(least, item.expiresAt), Infinity)
    return taken
  }

  #count(item: Outgoing): void {
    item.queued = true
    this.messages++
    this.bytes += item.sizeBytes
    if (item.expiresAt < this.#nextExpiry) this.#nextExpiry = item.expiresAt
  }
}
