import type { Client } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { CallOptions } from '../api/structural.ts'
import type { SubscribeOptions, Subscription } from '../api/subscription.ts'
import { InvalidMessageError } from './invalid-message-error.ts'
import type { Output, StandardSchema } from './standard-schema.ts'
import { validate } from './validate.ts'

/** A message whose payload the schema has judged. */
export interface ValidMessage<F extends string, Value> extends Message<F> {
  /** What the schema made of the payload. */
  readonly value: Value
}

/** A Subscription to messages with a `value`. */
export interface ValidSubscription<F extends string, Value> extends Omit<
  Subscription<F>,
  'next' | typeof Symbol.asyncIterator
> {
  /** @throws InvalidMessageError for a message that the schema refuses, without `onInvalid`; the next call gives the next one */
  next(options?: CallOptions): Promise<ValidMessage<F, Value>>
  [Symbol.asyncIterator](): AsyncGenerator<ValidMessage<F, Value>, void, undefined>
}

export interface SchemaOptions extends SubscribeOptions, CallOptions {
  /** Makes of the payload what the schema judges: CBOR, MessagePack, text. Default: `message.json()`. */
  readonly decode?: ((message: Message) => unknown) | undefined
  /**
   * Told of each message that was refused, which is then passed over. Default: with a handler the client's `error` event, with the
   * `InvalidMessageError` as its `cause`; in a loop and from `next()` the error is thrown.
   */
  readonly onInvalid?: ((error: InvalidMessageError) => void) | undefined
}

/**
 * `client.subscribe` with a schema: `message.value` is what the schema makes of the payload, and typed by it.
 *
 * A message that cannot be decoded, or that the schema refuses, never reaches the handler or the loop. It is acknowledged with
 * Reason Code 0x83, "valid but not accepted" (in 3.1 and 3.1.1 without one), since left alone it would come again after every
 * reconnect and stay in the window until then. A schema that throws is a handler that throws: that message stays unacknowledged.
 *
 * @throws MqttError what `client.subscribe` throws
 */
export function subscribe<const F extends string, S extends StandardSchema>(
  client: Client,
  topicFilters: F | readonly F[],
  schema: S,
  options?: SchemaOptions,
): Promise<ValidSubscription<F, Output<S>>>
export function subscribe<const F extends string, S extends StandardSchema>(
  client: Client,
  topicFilters: F | readonly F[],
  schema: S,
  handler: (message: ValidMessage<F, Output<S>>) => unknown,
  options?: SchemaOptions,
): Promise<Subscription<F>>
export async function subscribe<const F extends string, S extends StandardSchema>(
  client: Client,
  topicFilters: F | readonly F[],
  schema: S,
  given: ((message: ValidMessage<F, Output<S>>) => unknown) | SchemaOptions = {},
  more: SchemaOptions = {},
): Promise<Subscription<F> | ValidSubscription<F, Output<S>>> {
  const [handler, options] = typeof given === 'function' ? [given, more] : [undefined, given]
  const { decode, onInvalid, ...subscribing } = options

  /** The message with its value, or undefined where somebody was told that it has none. */
  const judge = async (message: Message<F>): Promise<ValidMessage<F, Output<S>> | undefined> => {
    try {
      return Object.assign(message, { value: await validate(message, schema, decode) })
    } catch (error) {
      if (!InvalidMessageError.isInstance(error)) throw error
      message.ack(NOT_ACCEPTED)
      if (!onInvalid) throw error
      onInvalid(error)
      return undefined
    }
  }

  if (handler) {
    const handle = async (message: Message<F>): Promise<unknown> => {
      const valid = await judge(message)
      return valid && handler(valid)
    }
    return client.subscribe(topicFilters, handle, subscribing)
  }
  // What `next()` hands out is acknowledged at once, and a message has to be judged before.
  const acknowledgesItself = (subscribing.ack ?? 'auto') === 'auto'
  const inner = await client.subscribe(
    topicFilters,
    acknowledgesItself ? { ...subscribing, ack: 'manual' } : subscribing,
  )
  return validSubscription(inner, judge, (message) => {
    if (acknowledgesItself) message.ack()
  })
}

/** PUBACK and PUBREC: the PUBLISH is valid, but the receiver is not willing to accept it (5.0 section 3.4.2.1). */
const NOT_ACCEPTED = 0x83

function validSubscription<F extends string, Value>(
  inner: Subscription<F>,
  judge: (message: Message<F>) => Promise<ValidMessage<F, Value> | undefined>,
  finished: (message: Message<F>) => void,
): ValidSubscription<F, Value> {
  return {
    get topicFilters() {
      return inner.topicFilters
    },
    get reasonCodes() {
      return inner.reasonCodes
    },
    get dropped() {
      return inner.dropped
    },
    get buffered() {
      return inner.buffered
    },
    get active() {
      return inner.active
    },
    async next(options) {
      for (;;) {
        const message = await judge(await inner.next(options))
        if (!message) continue
        finished(message)
        return message
      }
    },
    pause: () => inner.pause(),
    resume: () => inner.resume(),
    unsubscribe: (options) => inner.unsubscribe(options),
    [Symbol.asyncDispose]: () => inner.unsubscribe(),
    async *[Symbol.asyncIterator]() {
      for await (const message of inner) {
        const valid = await judge(message)
        if (!valid) continue
        yield valid
        // The loop came back for more: it is done with this one.
        finished(message)
      }
    },
  }
}
