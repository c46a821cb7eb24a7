import type { Message } from '../api/message.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { MqttError } from '../errors.ts'
import type { Runtime } from '../ports/runtime.ts'
import type { IncomingMessage } from './message.ts'
import { operation, type Settle } from './operation.ts'

export interface SubscriptionHost {
  readonly runtime: Runtime
  readonly receiveMaximum: number
  unsubscribe(subscription: ClientSubscription, options?: CallOptions): Promise<void>
  /** Too much waits here: stop reading the connection, or go on. */
  hold(subscription: ClientSubscription, full: boolean): void
  report(error: MqttError): void
}

/** The messages of one `subscribe`, between the connection and a handler or a loop. */
export class ClientSubscription implements Subscription {
  readonly topicFilters: readonly string[]
  /** As they were written, with their parameters. */
  readonly written: readonly string[]
  reasonCodes: readonly number[] = []
  dropped = 0
  active = true
  readonly #host: SubscriptionHost
  readonly #options: SubscribeOptions
  readonly #handler: ((message: Message) => unknown) | undefined
  #queue: IncomingMessage[] = []
  #waiting: Settle<IncomingMessage>[] = []
  #running = 0
  #paused = false
  #error: MqttError | undefined

  constructor(
    host: SubscriptionHost,
    topicFilters: readonly string[],
    written: readonly string[],
    options: SubscribeOptions,
    handler: ((message: Message) => unknown) | undefined,
  ) {
    this.#host = host
    this.topicFilters = topicFilters
    this.written = written
    this.#options = options
    this.#handler = handler
  }

  get buffered(): number {
    return this.#queue.length
  }

  push(message: IncomingMessage): void {
    const { ack, bufferMessages = 1_000, overflow = 'drop-oldest' } = this.#options
    if (ack === 'receive') message.ack()
    if (this.#queue.length >= bufferMessages) {
      if (overflow !== 'backpressure' && message.qos === 0) {
        this.dropped++
        const oldest = overflow === 'drop-oldest' ? this.#queue.findIndex(({ qos }) => qos === 0) : -1
        if (oldest < 0) return
        this.#queue.splice(oldest, 1)
      } else if (message.qos === 0 || this.#queue.length >= bufferMessages + this.#host.receiveMaximum) {
        // 5.0 never comes so far with QoS 1 and 2; the older versions have no Receive Maximum, only the connection itself.
        this.#host.hold(this, true)
      }
    }
    this.#queue.push(message)
    this.#pump()
  }

  next(options?: CallOptions): Promise<Message> {
    return this.#take(options).then((message) => {
      if (this.#isAuto) message.ack()
      return message
    })
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Message, void, undefined> {
    for (;;) {
      let message
      try {
        message = await this.#take(undefined)
      } catch (error) {
        // An end that was asked for is no failure of the loop.
        if (this.#error || this.active) throw error
        return
      }
      yield message
      // The loop came back for more: it is done with this one. After a `break` or a throw it never does.
      if (this.#isAuto) message.ack()
    }
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#pump()
  }

  unsubscribe(options?: CallOptions): Promise<void> {
    return this.#host.unsubscribe(this, options)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.active) await this.unsubscribe()
  }

  /** Nothing comes any more. What waits is given up: acknowledged, since nobody will ever take it. */
  end(error?: MqttError): void {
    if (!this.active) return
    this.active = false
    this.#error = error
    this.#host.hold(this, false)
    for (const message of this.#queue.splice(0)) message.ack()
    for (const settle of this.#waiting.splice(0)) settle(this.#ended())
  }

  get #isAuto(): boolean {
    return (this.#options.ack ?? 'auto') === 'auto'
  }

  #ended(): MqttError {
    return this.#error ?? new MqttError('CLOSED', 'the subscription has ended')
  }

  #take(options: CallOptions | undefined): Promise<IncomingMessage> {
    return operation(this.#host.runtime, options, (settle) => {
      if (this.#handler) return settle(new MqttError('INVALID_ARGUMENT', 'this subscription has a handler'))
      if (!this.active) return settle(this.#ended())
      this.#waiting.push(settle)
      this.#pump()
      return () => {
        this.#waiting = this.#waiting.filter((waiting) => waiting !== settle)
      }
    })
  }

  #pump(): void {
    const { concurrency = 1, bufferMessages = 1_000 } = this.#options
    while (!this.#paused && this.#queue.length > 0) {
      if (this.#handler ? this.#running >= concurrency : this.#waiting.length === 0) break
      const message = this.#queue.shift()
      if (!message) break
      if (this.#handler) this.#run(this.#handler, message)
      else this.#waiting.shift()?.(undefined, message)
    }
    if (this.#queue.length <= bufferMessages / 2) this.#host.hold(this, false)
  }

  /** A handler that returns no promise is done at once: no turn of the loop for each message. */
  #run(handler: (message: Message) => unknown, message: IncomingMessage): void {
    this.#running++
    const failed = (cause: unknown) => {
      message.leave()
      this.#host.report(new MqttError('HANDLER_FAILED', 'a message handler threw', { cause }))
    }
    const done = () => {
      if (this.#isAuto) message.ack()
    }
    let later: Promise<unknown> | undefined
    try {
      const result = handler(message)
      if (result instanceof Object && 'then' in result) later = Promise.resolve(result)
      else done()
    } catch (error) {
      failed(error)
    }
    if (!later) {
      this.#running--
      return
    }
    void later.then(done, failed).then(() => {
      this.#running--
      this.#pump()
    })
  }
}
