import type { QoS } from '@godwit/mqtt-codec'
import type { Message } from './message.ts'
import type { CallOptions, UserProperties } from './structural.ts'

export interface SubscribeOptions {
  /** The highest QoS to receive. Default 0. */
  readonly qos?: QoS | undefined
  /** 5.0: do not send back what this client publishes. Default false. */
  readonly noLocal?: boolean | undefined
  /** 5.0: keep the RETAIN flag as the publisher set it. Default false. */
  readonly retainAsPublished?: boolean | undefined
  /** 5.0: retained messages at every subscribe (0, default), only at a new one (1), never (2). */
  readonly retainHandling?: 0 | 1 | 2 | undefined
  /** 5.0: routes messages to this Subscription exactly, also where filters overlap. */
  readonly subscriptionIdentifier?: number | undefined
  readonly userProperties?: UserProperties | undefined
  /**
   * When QoS 1 and 2 are acknowledged. `auto` (default): when the handler's promise resolves, when the loop asks for the next
   * message, when `next()` hands it out; a handler that throws leaves it unacknowledged. `manual`: by `message.ack()`.
   * `receive`: at once.
   */
  readonly ack?: 'auto' | 'manual' | 'receive' | undefined
  /** Handler calls at a time. Default 1: in order. */
  readonly concurrency?: number | undefined
  /** Messages that wait for the consumer. Default 1,000. QoS 1 and 2 may pass it up to Receive Maximum. */
  readonly bufferMessages?: number | undefined
  /**
   * Beyond that: `drop-oldest` (default) drops the oldest of QoS 0 and counts it in `dropped`; `backpressure` stops reading the
   * connection, and with it everything else that it carries, until the consumer catches up.
   */
  readonly overflow?: 'drop-oldest' | 'backpressure' | undefined
}

/** A live subscription. `for await` reads it, `await using` ends it. It survives reconnects. */
export interface Subscription<F extends string = string> extends AsyncIterable<Message<F>>, AsyncDisposable {
  /** Topic Filters as they went over the wire. */
  readonly topicFilters: readonly string[]
  /** Reason Codes of the last SUBACK, one for each filter: granted QoS or a refusal. */
  readonly reasonCodes: readonly number[]
  /** QoS 0 messages that met a full buffer. */
  readonly dropped: number
  readonly buffered: number
  readonly active: boolean
  /** The next message; rejects when the subscription ends. Not together with a handler. */
  next(options?: CallOptions): Promise<Message<F>>
  /** Holds messages back until `resume()`. */
  pause(): void
  resume(): void
  unsubscribe(options?: CallOptions): Promise<void>
}
