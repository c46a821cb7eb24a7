import type { QueuedMessage } from './queued-message.ts'

import type { CountedLimitName, Limits } from './limits.ts'

/** First in, first out, in memory. Costs nothing while it is empty, as most are. */
export class OutboundQueue {
  #messages: (QueuedMessage | undefined)[] | undefined
  #head = 0
  sizeBytes = 0
  /** How many of those that wait have QoS 0. */
  waitingQos0 = 0
  /** Nothing here expires before this: milliseconds of the monotonic clock. */
  #earliestExpiry = Infinity

  get length(): number {
    return this.#messages === undefined ? 0 : this.#messages.length - this.#head
  }

  get first(): QueuedMessage | undefined {
    return this.#messages?.[this.#head]
  }

  /** Which limit would be exceeded by one more of that size. */
  exceeded(limits: Limits, sizeBytes: number): CountedLimitName | undefined {
    if (this.length >= limits.maximumQueuedMessages) return 'maximumQueuedMessages'
    return this.sizeBytes + sizeBytes > limits.maximumQueuedBytes ? 'maximumQueuedBytes' : undefined
  }

  push(message: QueuedMessage): void {
    ;(this.#messages ??= []).push(message)
    this.#added(message)
  }

  /** For messages that had been taken and come back: they are older than everything here. */
  unshift(message: QueuedMessage): void {
    if (this.#head > 0) this.#messages![--this.#head] = message
    else (this.#messages ??= []).unshift(message)
    this.#added(message)
  }

  /** For one that comes back to a place between the others: before the first that is later. */
  insert(message: QueuedMessage, isLater: (other: QueuedMessage) => boolean): void {
    const messages = (this.#messages ??= [])
    let place = this.#head
    while (place < messages.length && !isLater(messages[place]!)) place++
    messages.splice(place, 0, message)
    this.#added(message)
  }

  shift(): QueuedMessage | undefined {
    const messages = this.#messages
    const first = messages?.[this.#head]
    if (messages === undefined || first === undefined) return undefined
    messages[this.#head++] = undefined
    this.sizeBytes -= first.message.sizeBytes
    if (first.qos === 0) this.waitingQos0--
    if (this.#head === messages.length) {
      this.#messages = undefined
      this.#head = 0
      this.#earliestExpiry = Infinity
    } else if (this.#head >= 1024 && this.#head * 2 >= messages.length) {
      messages.splice(0, this.#head)
      this.#head = 0
    }
    return first
  }

  /** Takes out what has expired, wherever it waits. Looks only where there is something to find. */
  takeExpired(now: number): QueuedMessage[] {
    const messages = this.#messages
    if (messages === undefined || this.#earliestExpiry > now) return []
    const expired: QueuedMessage[] = []
    const left: QueuedMessage[] = []
    for (const queued of messages) {
      if (queued !== undefined) (queued.message.expiresAt <= now ? expired : left).push(queued)
    }
    this.#messages = undefined
    this.#head = 0
    this.sizeBytes = 0
    this.waitingQos0 = 0
    this.#earliestExpiry = Infinity
    for (const queued of left) this.push(queued)
    return expired
  }

  #added({ message, qos }: QueuedMessage): void {
    this.sizeBytes += message.sizeBytes
    if (qos === 0) this.waitingQos0++
    if (message.expiresAt < this.#earliestExpiry) this.#earliestExpiry = message.expiresAt
  }

  *drain(): Generator<QueuedMessage> {
    for (let next = this.shift(); next !== undefined; next = this.shift()) yield next
  }
}
