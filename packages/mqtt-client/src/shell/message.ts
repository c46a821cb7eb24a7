import { isReasonCodeOf, PacketType, type PublishPacket, type PublishProperties, type QoS } from '@godwit/mqtt-codec'
import { matches, parametersOf, wireFilter, type TopicParameters } from '@godwit/mqtt-topics'
import type { Message } from '../api/message.ts'
import type { PublishOptions, PublishResult } from '../api/publish.ts'
import type { Payload } from '../api/structural.ts'
import type { Delivery } from '../core/inbox.ts'
import { filterOf } from '../core/subscriptions.ts'
import { MqttError } from '../errors.ts'

/** What a message needs of its client. */
export interface MessageHost {
  publish(topicName: string, payload: Payload, options?: PublishOptions): Promise<PublishResult>
  acknowledge(delivery: Delivery, reasonCode: number): void
  leave(delivery: Delivery): void
}

/** One message for several Subscriptions: acknowledged when the last of them is done, never when one of them failed. */
export class SharedDelivery {
  readonly delivery: Delivery
  readonly host: MessageHost
  #remaining: number
  #reasonCode = 0

  constructor(delivery: Delivery, host: MessageHost, receivers: number) {
    this.delivery = delivery
    this.host = host
    this.#remaining = receivers
  }

  done(reasonCode: number): void {
    this.#reasonCode = Math.max(this.#reasonCode, reasonCode)
    if (--this.#remaining === 0) this.host.acknowledge(this.delivery, this.#reasonCode)
  }

  failed(): void {
    this.host.leave(this.delivery)
  }
}

export class IncomingMessage implements Message {
  readonly #shared: SharedDelivery
  readonly #packet: PublishPacket
  readonly #topicFilters: readonly string[]
  #done = false

  constructor(shared: SharedDelivery, topicFilters: readonly string[]) {
    this.#shared = shared
    this.#packet = shared.delivery.packet
    this.#topicFilters = topicFilters
  }

  get topicName(): string {
    return this.#packet.topicName
  }

  get payload(): Uint8Array {
    return this.#packet.payload
  }

  get qos(): QoS {
    return this.#packet.qos
  }

  get retain(): boolean {
    return this.#packet.retain
  }

  get dup(): boolean {
    return this.#packet.dup
  }

  get properties(): PublishProperties {
    return this.#packet.properties ?? {}
  }

  get parameters(): TopicParameters<string> {
    const { topicName } = this.#packet
    const written = this.#topicFilters.map(filterOf).find((filter) => matches(wireFilter(filter), topicName))
    return parametersOf(written ?? '', topicName)
  }

  text(): string {
    return new TextDecoder().decode(this.payload)
  }

  json<T = unknown>(): T {
    return JSON.parse(this.text()) as T
  }

  ack(reasonCode = 0): void {
    if (this.#done) return
    if (!isReasonCodeOf(PacketType.puback, reasonCode))
      throw new MqttError('INVALID_ARGUMENT', 'not a Reason Code of PUBACK')
    this.#done = true
    this.#shared.done(reasonCode)
  }

  /** Leaves it unacknowledged for good. */
  leave(): void {
    if (this.#done) return
    this.#done = true
    this.#shared.failed()
  }

  async reply(payload: Payload, options?: PublishOptions): Promise<PublishResult> {
    const { responseTopic, correlationData } = this.properties
    if (!responseTopic) throw new MqttError('INVALID_ARGUMENT', 'the message has no Response Topic')
    return this.#shared.host.publish(responseTopic, payload, { correlationData, ...options })
  }
}
