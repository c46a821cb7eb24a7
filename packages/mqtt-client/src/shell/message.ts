import type { PublishProperties, QoS } from '@godwit/mqtt-codec'
import { matches, parametersOf, wireFilter, type TopicParameters } from '@godwit/mqtt-topics'
import type { Client } from '../api/client.ts'
import type { Message } from '../api/message.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { Payload } from '../api/structural.ts'
import type { Delivery, IncomingMessages } from '../core/incoming.ts'
import { MqttError } from '../errors.ts'
import { checkEncodable } from './values.ts'

/** What one Subscription gets of a delivery. */
export class IncomingMessage implements Message {
  // Declared only: `Object.assign` sets them, as they stand in the packet.
  declare readonly topicName: string
  declare readonly payload: Uint8Array
  declare readonly qos: QoS
  declare readonly retain: boolean
  declare readonly dup: boolean
  declare readonly properties: PublishProperties
  readonly #delivery: Delivery
  readonly #incoming: IncomingMessages
  readonly #publish: Client['publish']
  readonly #topicFilters: readonly string[]
  #isDone = false

  /** @param topicFilters of the Subscription, as they were written */
  constructor(
    delivery: Delivery,
    incoming: IncomingMessages,
    publish: Client['publish'],
    topicFilters: readonly string[],
  ) {
    Object.assign(this, delivery.packet)
    this.#delivery = delivery
    this.#incoming = incoming
    this.#publish = publish
    this.#topicFilters = topicFilters
  }

  get parameters(): TopicParameters<string> {
    const filters = this.#topicFilters.map(unshared)
    return parametersOf(filters.find((filter) => matches(wireFilter(filter), this.topicName)) ?? '', this.topicName)
  }

  text(): string {
    return new TextDecoder().decode(this.payload)
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T
  }

  ack(reasonCode = 0): void {
    if (this.#isDone) return
    if (reasonCode) checkEncodable({ type: 'puback', packetId: 1, reasonCode })
    this.#isDone = true
    this.#incoming.acknowledge(this.#delivery, reasonCode)
  }

  /** Leaves it unacknowledged for good. */
  leave(): void {
    if (!this.#isDone) this.#incoming.leave(this.#delivery)
    this.#isDone = true
  }

  async reply(payload: Payload, options?: PublishOptions): Promise<PublishResult> {
    const { responseTopic, correlationData } = this.properties
    if (!responseTopic) throw new MqttError('INVALID_ARGUMENT', 'no Response Topic')
    return this.#publish(responseTopic, payload, { correlationData, ...options })
  }
}

/** A Shared Subscription receives what its inner filter matches. */
export const unshared = (topicFilter: string): string => topicFilter.replace(/^\$share\/[^/]+\//, '')
