import { fill } from '#fast-paths'
import type { PublishPacket, PublishProperties, QoS } from '@godwit/mqtt-codec'
import { matches, parametersOf, wireFilter, type TopicParameters } from '@godwit/mqtt-topics'
import type { Message } from '../api/message.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { Payload } from '../api/structural.ts'
import type { Delivery } from '../core/incoming.ts'
import { MqttError } from '../errors.ts'
import type { SubscriptionsHost } from './subscriptions.ts'
import { checkEncodable } from './values.ts'

/** What one Subscription gets of a delivery. */
export class IncomingMessage implements Message {
  // Declared only: `fill` sets them, as they stand in the packet.
  declare readonly topicName: string
  declare readonly payload: Uint8Array
  declare readonly qos: QoS
  declare readonly retain: boolean
  declare readonly dup: boolean
  readonly properties: PublishProperties
  /** Undefined: nobody is to be told, or all has been said. */
  #delivery: Delivery | undefined
  readonly #host: SubscriptionsHost
  readonly #topicFilters: readonly string[]

  /** @param topicFilters of the Subscription, as they were written */
  constructor(
    packet: PublishPacket,
    delivery: Delivery | undefined,
    host: SubscriptionsHost,
    topicFilters: readonly string[],
  ) {
    fill(this, packet)
    this.properties = packet.properties ?? {}
    this.#delivery = delivery
    this.#host = host
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
    const delivery = this.#delivery
    if (!delivery) return
    if (reasonCode) checkEncodable({ type: 'puback', packetId: 1, reasonCode })
    this.#delivery = undefined
    this.#host.incoming.acknowledge(delivery, reasonCode)
  }

  /** Leaves it unacknowledged for good. */
  leave(): void {
    if (this.#delivery) this.#host.incoming.leave(this.#delivery)
    this.#delivery = undefined
  }

  async reply(payload: Payload, options?: PublishOptions): Promise<PublishResult> {
    const { responseTopic, correlationData } = this.properties
    if (!responseTopic) throw new MqttError('INVALID_ARGUMENT', 'no Response Topic')
    return this.#host.publish(responseTopic, payload, { correlationData, ...options })
  }
}

/** A Shared Subscription receives what its inner filter matches. */
export const unshared = (topicFilter: string): string => topicFilter.replace(/^\$share\/[^/]+\//, '')
