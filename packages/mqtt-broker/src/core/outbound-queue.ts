import type { QueuedMessage } from './queued-message.ts'

/** First in, first out, in memory. Costs nothing while it is empty, as most are. */
export class OutboundQueue {
  #messages: (QueuedMessage | undefined)[] | undefined
  #head = 0
  sizeBytes = 0

  get length(): number {
    return this.#messages === undefined ? 0 : this.#messages.length - this.#head
  }

  get first(): QueuedMessage | undefined {
    return this.#messages?.[this.#head]
  }

  push(message: QueuedMessage): void {
    ;(this.#messages ??= []).push(message)
    this.sizeBytes += message.message.sizeBytes
  }

  /** For messages that had been taken and come back: they are older than everything here. */
  unshift(message: QueuedMessage): void {
    if (this.#head > 0) this.#messages![--this.#head] = message
    else (this.#messages ??= []).unshift(message)
    this.sizeBytes += message.message.sizeBytes
  }

  shift(): QueuedMessage | undefined {
    const messages = this.#messages
    const first = messages?.[this.#head]
    if (messages === undefined || first === undefined) return undefined
    messages[this.#head++] = undefined
    this.sizeBytes -= first.message.sizeBytes
    if (this.#head === messages.length) {
      this.#messages = undefined
      this.#head = 0
    } else if (this.#head >= 1024 && this.#head * 2 >= messages.length) {
      messages.splice(0, this.#head)
      this.#head = 0
    }
    return first
  }

  *drain(): Generator<QueuedMessage> {
    for (let next = this.shift(); next !== undefined; next = this.shift()) yield next
  }
}
