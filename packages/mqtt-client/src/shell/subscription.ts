import type { Message } from '../api/message.ts'
import type { CallOptions } from '../api/structural.ts'
import type { Subscription } from '../api/subscription.ts'
import type { Receiver } from './receiver.ts'

/** What the application sees of a receiver. */
export class ReceiverSubscription implements Subscription {
  readonly #receiver: Receiver

  constructor(receiver: Receiver) {
    this.#receiver = receiver
  }

  get topicFilters(): readonly string[] {
    return this.#receiver.topicFilters
  }
  get reasonCodes(): readonly number[] {
    return this.#receiver.reasonCodes
  }
  get dropped(): number {
    return this.#receiver.dropped
  }
  get buffered(): number {
    return this.#receiver.buffered
  }
  get active(): boolean {
    return !this.#receiver.ended
  }

  async next(call?: CallOptions): Promise<Message> {
    const message = await this.#receiver.take(call)
    this.#receiver.finished(message)
    return message
  }
  pause(): void {
    this.#receiver.pause()
  }
  resume(): void {
    this.#receiver.resume()
  }
  unsubscribe(call?: CallOptions): Promise<void> {
    return this.#receiver.leave(call)
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.unsubscribe()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void> {
    const receiver = this.#receiver
    for (;;) {
      let message
      try {
        message = receiver.takeNow() || (await receiver.take())
      } catch (error) {
        // An end that was asked for is no failure of the loop.
        if (receiver.ended?.code === 'CLOSED') return
        throw error
      }
      yield message
      // The loop came back for more: it is done with this one. After a `break` or a throw it never does.
      receiver.finished(message)
    }
  }
}
