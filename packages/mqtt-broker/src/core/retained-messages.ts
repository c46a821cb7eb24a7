import type { RetainedCursor } from '@godwit/mqtt-topics'
import { RetainedIndex } from '@godwit/mqtt-topics'
import type { Counters } from './counters.ts'
import type { Deadlines } from './deadlines.ts'
import { Deadline } from './deadlines.ts'
import type { Limits } from './limits.ts'
import type { Records } from './records.ts'
import type { RoutedMessage } from './routed-message.ts'

interface RetainedMessage {
  readonly message: RoutedMessage
  readonly expiry: Deadline | undefined
}

/** The last retained message of each topic (§3.3.1.3), within limits. */
export class RetainedMessages {
  readonly #index = new RetainedIndex<RetainedMessage>()
  readonly #limits: Limits
  readonly #counters: Counters
  readonly #deadlines: Deadlines
  readonly #records: Records

  constructor(limits: Limits, counters: Counters, deadlines: Deadlines, records: Records) {
    this.#limits = limits
    this.#counters = counters
    this.#deadlines = deadlines
    this.#records = records
  }

  /** Keeps a message or, with an empty payload, forgets its topic [MQTT-3.3.1-6]. False: a limit is in the way. */
  retain(message: RoutedMessage): boolean {
    const { topicName } = message
    if (message.frame.payloadStart === message.frame.end) {
      this.#forget(topicName)
      return true
    }
    const before = this.#index.get(topicName)
    const sizeBytes = message.sizeBytes
    const counters = this.#counters
    const limits = this.#limits
    const bytesAfter = counters.retainedBytes + sizeBytes - (before?.message.sizeBytes ?? 0)
    const isNew = before === undefined
    const exceeded =
      sizeBytes > limits.maximumRetainedMessageBytes
        ? 'maximumRetainedMessageBytes'
        : bytesAfter > limits.maximumRetainedBytes
          ? 'maximumRetainedBytes'
          : isNew && this.#index.size >= limits.maximumRetainedTopics
            ? 'maximumRetainedTopics'
            : undefined
    if (exceeded !== undefined) {
      counters.limitsMet[exceeded]++
      return false
    }
    if (before?.expiry !== undefined) this.#deadlines.cancel(before.expiry)
    if (this.#records.durable) this.#records.retained(message)
    this.#set(message.kept())
    counters.retainedBytes = bytesAfter
    return true
  }

  /** One that was found in the store, which no limit of today can take away. */
  restore(message: RoutedMessage): void {
    this.#set(message)
    this.#counters.retainedBytes += message.sizeBytes
  }

  /** The retained messages of the topics that a filter matches, a few at a time. */
  match(topicFilter: string): RetainedCursor<RetainedMessage> {
    return this.#index.match(topicFilter)
  }

  #set(kept: RoutedMessage): void {
    const { topicName } = kept
    const expiry = kept.expiresAt === Infinity ? undefined : new Deadline(() => this.#forget(topicName))
    if (expiry !== undefined) this.#deadlines.arm(expiry, kept.expiresAt)
    this.#index.set(topicName, { message: kept, expiry })
    this.#counters.retainedMessages = this.#index.size
  }

  #forget(topicName: string): void {
    const before = this.#index.delete(topicName)
    if (before === undefined) return
    if (this.#records.durable) this.#records.forgetRetained(before.message.topicBytes)
    if (before.expiry !== undefined) this.#deadlines.cancel(before.expiry)
    this.#counters.retainedBytes -= before.message.sizeBytes
    this.#counters.retainedMessages = this.#index.size
  }
}

export type { RetainedMessage }
