import type { Message } from '../api/message.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { MqttError } from '../errors.ts'
import type { IncomingMessage } from './message.ts'
import type { Operation, Settle } from './operation.ts'

export type Handler = (message: Message) => unknown

/** What a Subscription asks of its client. */
export interface ReceiverHost {
  readonly operation: Operation
  unsubscribe(options: CallOptions | undefined): Promise<void>
  /** Too much waits here: stop reading the connection, or go on. */
  hold(receiver: Receiver, isFull: boolean): void
  handlerFailed(cause: unknown): void
}

export interface Receiver {
  readonly subscription: Subscription & { reasonCodes: readonly number[]; dropped: number }
  readonly options: SubscribeOptions
  /** Its Topic Filters as they were written, with their parameters. */
  readonly written: readonly string[]
  /** Those that the server has, or is asked for. */
  filters: readonly string[]
  /** Acknowledged by the server: what is asked for again when the server lost the Session. */
  isGranted: boolean
  /** Why nothing comes any more. */
  readonly ended: MqttError | undefined
  push(message: IncomingMessage): void
  /** Nothing comes any more. What waits is given up: acknowledged, since nobody will ever take it. */
  end(error?: MqttError): void
}

/** The messages of one `subscribe`, between the connection and a handler or a loop. */
export function createReceiver(
  topicFilters: readonly string[],
  written: readonly string[],
  options: SubscribeOptions,
  handler: Handler | undefined,
  { operation, unsubscribe, hold, handlerFailed }: ReceiverHost,
): Receiver {
  const { ack = 'auto', concurrency = 1, bufferMessages = 1_000, overflow } = options
  let queue: IncomingMessage[] = []
  let waiting: Settle<IncomingMessage>[] = []
  let running = 0
  let isPaused = false
  let isFull = false
  let ended: MqttError | undefined

  const finished = (message: IncomingMessage) => {
    if (ack === 'auto') message.ack()
  }
  const shift = () => {
    if (isPaused) return undefined
    const message = queue.shift()
    if (isFull && queue.length <= bufferMessages / 2) hold(receiver, (isFull = false))
    return message
  }
  const pump = () => {
    let message
    while ((handler ? running < concurrency : waiting[0]) && (message = shift())) {
      if (handler) run(handler, message)
      else waiting.shift()!(undefined, message)
    }
  }
  const failed = (message: IncomingMessage, cause: unknown) => {
    message.leave()
    handlerFailed(cause)
  }
  /** A handler that returns no promise is done at once: no turn of the loop for each message. */
  const run = (handler: Handler, message: IncomingMessage) => {
    try {
      const result = handler(message)
      if (!(result instanceof Object && 'then' in result)) return finished(message)
      running++
      void Promise.resolve(result)
        .then(() => finished(message))
        .catch((cause) => failed(message, cause))
        .then(() => {
          running--
          pump()
        })
    } catch (cause) {
      failed(message, cause)
    }
  }
  const take = (call?: CallOptions) =>
    operation<IncomingMessage>(call, (settle) => {
      if (handler) return settle(new MqttError('INVALID_ARGUMENT', 'this subscription has a handler'))
      if (ended) return settle(ended)
      waiting.push(settle)
      pump()
      return () => {
        waiting = waiting.filter((other) => other !== settle)
      }
    })

  const receiver: Receiver = {
    written,
    options,
    filters: topicFilters,
    isGranted: false,
    subscription: {
      topicFilters,
      reasonCodes: [],
      dropped: 0,
      get buffered() {
        return queue.length
      },
      get active() {
        return !ended
      },
      async next(call) {
        const message = await take(call)
        finished(message)
        return message
      },
      pause() {
        isPaused = true
      },
      resume() {
        isPaused = false
        pump()
      },
      unsubscribe,
      [Symbol.asyncDispose]: () => unsubscribe(undefined),
      async *[Symbol.asyncIterator]() {
        for (;;) {
          let message
          try {
            // What is there costs no turn of its own.
            message = (!handler && shift()) || (await take())
          } catch (error) {
            // An end that was asked for is no failure of the loop.
            if (ended?.code === 'CLOSED') return
            throw error
          }
          yield message
          // The loop came back for more: it is done with this one. After a `break` or a throw it never does.
          finished(message)
        }
      },
    },
    get ended() {
      return ended
    },

    push(message) {
      if (ack === 'receive') message.ack()
      queue.push(message)
      if (queue.length > bufferMessages) {
        if (overflow === 'backpressure') hold(receiver, (isFull = true))
        // QoS 1 and 2 are never dropped: the server's window bounds them.
        else {
          const oldest = queue.findIndex(({ qos }) => !qos)
          if (oldest >= 0) {
            queue.splice(oldest, 1)
            receiver.subscription.dropped++
          }
        }
      }
      pump()
    },

    end(error = new MqttError('CLOSED')) {
      if (ended) return
      ended = error
      hold(receiver, false)
      for (const message of queue) message.ack()
      queue = []
      for (const settle of waiting) settle(error)
    },
  }
  return receiver
}
