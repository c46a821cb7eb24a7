import type { Message } from '../api/message.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions } from '../api/subscription.ts'
import { MqttError } from '../errors.ts'
import type { IncomingMessage } from './message.ts'
import type { Settle } from './operation.ts'
import { ReceiverSubscription } from './subscription.ts'

export type Handler = (message: Message) => unknown

/** What a receiver asks of its client. */
export interface ReceiverHost {
  operation<T>(call: CallOptions | undefined, begin: (settle: Settle<T>) => (() => void) | void): Promise<T>
  leave(receiver: Receiver, call: CallOptions | undefined): Promise<void>
  /** Too much waits here: stop reading the connection, or go on. */
  hold(receiver: Receiver, isFull: boolean): void
  handlerFailed(cause: unknown): void
}

/** The messages of one `subscribe`, between the connection and a handler or a loop. */
export class Receiver {
  readonly subscription = new ReceiverSubscription(this)
  readonly options: SubscribeOptions
  readonly topicFilters: readonly string[]
  /** Its Topic Filters as they were written, with their parameters. */
  readonly written: readonly string[]
  /** Those that the server has, or is asked for. */
  filters: readonly string[]
  reasonCodes: readonly number[] = []
  /** QoS 0 messages that met a full buffer. */
  dropped = 0
  /** Acknowledged by the server: what is asked for again when the server lost the Session. */
  isGranted = false
  /** Why nothing comes any more. */
  ended: MqttError | undefined
  readonly #handler: Handler | undefined
  readonly #host: ReceiverHost
  #queue: IncomingMessage[] = []
  #waiting: Settle<IncomingMessage>[] = []
  #running = 0
  #isPaused = false
  #isFull = false

  constructor(
    topicFilters: readonly string[],
    written: readonly string[],
    options: SubscribeOptions,
    handler: Handler | undefined,
    host: ReceiverHost,
  ) {
    this.topicFilters = this.filters = topicFilters
    this.written = written
    this.options = { ...options }
    this.#handler = handler
    this.#host = host
  }

  get buffered(): number {
    return this.#queue.length
  }

  push(message: IncomingMessage): void {
    const { ack, overflow } = this.options
    const queue = this.#queue
    if (ack === 'receive') message.ack()
    queue.push(message)
    if (queue.length > this.#bufferMessages) {
      if (overflow === 'backpressure') this.#host.hold(this, (this.#isFull = true))
      // QoS 1 and 2 are never dropped: the server's window bounds them.
      else {
        const oldest = queue.findIndex(({ qos }) => !qos)
        if (oldest >= 0) {
          queue.splice(oldest, 1)
          this.dropped++
        }
      }
    }
    this.#pump()
  }

  /** The next one, when there is one. */
  take(call?: CallOptions): Promise<IncomingMessage> {
    return this.#host.operation(call, (settle) => {
      if (this.#handler) return settle(new MqttError('INVALID_ARGUMENT', 'this subscription has a handler'))
      if (this.ended) return settle(this.ended)
      this.#waiting.push(settle)
      this.#pump()
      return () => {
        this.#waiting = this.#waiting.filter((other) => other !== settle)
      }
    })
  }

  /** What is there costs no turn of its own. */
  takeNow(): IncomingMessage | undefined {
    return this.#handler ? undefined : this.#shift()
  }

  /** The consumer is done with it. */
  finished(message: IncomingMessage): void {
    const { ack = 'auto' } = this.options
    if (ack === 'auto') message.ack()
  }

  pause(): void {
    this.#isPaused = true
  }
  resume(): void {
    this.#isPaused = false
    this.#pump()
  }

  leave(call?: CallOptions): Promise<void> {
    return this.#host.leave(this, call)
  }

  /** Nothing comes any more. What waits is given up: acknowledged, since nobody will ever take it. */
  end(error = new MqttError('CLOSED')): void {
    if (this.ended) return
    this.ended = error
    this.#host.hold(this, false)
    for (const message of this.#queue) message.ack()
    this.#queue = []
    for (const settle of this.#waiting) settle(error)
  }

  get #bufferMessages(): number {
    return this.options.bufferMessages ?? 1_000
  }

  #shift(): IncomingMessage | undefined {
    if (this.#isPaused) return undefined
    const message = this.#queue.shift()
    if (this.#isFull && this.#queue.length <= this.#bufferMessages / 2) this.#host.hold(this, (this.#isFull = false))
    return message
  }
  #pump(): void {
    const handler = this.#handler
    const { concurrency = 1 } = this.options
    let message
    while ((handler ? this.#running < concurrency : this.#waiting[0]) && (message = this.#shift())) {
      if (handler) this.#run(handler, message)
      else this.#waiting.shift()!(undefined, message)
    }
  }
  /** A handler that returns no promise is done at once: no turn of the loop for each message. */
  #run(handler: Handler, message: IncomingMessage): void {
    const failed = (cause: unknown) => {
      message.leave()
      this.#host.handlerFailed(cause)
    }
    try {
      const result = handler(message)
      if (!(result instanceof Object && 'then' in result)) return this.finished(message)
      this.#running++
      void Promise.resolve(result)
        .then(() => this.finished(message))
        .catch(failed)
        .then(() => {
          this.#running--
          this.#pump()
        })
    } catch (cause) {
      failed(cause)
    }
  }
}
