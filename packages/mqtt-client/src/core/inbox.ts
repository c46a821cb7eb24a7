import { ReasonCode, type PublishPacket } from '@godwit/mqtt-codec'
import { IncomingTopicAliases, Receiver, ReceiverOutcome } from '@godwit/mqtt-qos'
import type { StoreOperation } from '../ports/session-store.ts'

/** An incoming message and what became of it. */
export interface Delivery {
  readonly packet: PublishPacket
  /** The connection that brought it (last). */
  connection: number
  state: 'waiting' | 'acknowledged' | 'left'
  reasonCode: number
}

export interface InboxHost {
  acknowledge(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, reasonCode: number): void
  deliver(delivery: Delivery): void
  store(operation: StoreOperation): void
}

/**
 * The incoming half of a Session: Topic Aliases, the server's quota, QoS 2 without repeats, and acknowledgements in the order in
 * which the messages came [MQTT-4.6.0-2] [MQTT-4.6.0-3], whatever the order in which the application gives them.
 */
export class Inbox {
  readonly #host: InboxHost
  readonly #receiveMaximum: number
  readonly #receiver: Receiver
  #aliases = new IncomingTopicAliases(0)
  #connection = 0
  /** This connection's, in order of arrival. */
  #unacknowledged: Delivery[] = []
  /** QoS 2 messages that the application has, by Packet Identifier, until their PUBREC: they outlive the connection. */
  readonly #undecided = new Map<number, Delivery>()

  constructor(host: InboxHost, receiveMaximum: number) {
    this.#host = host
    this.#receiveMaximum = receiveMaximum
    this.#receiver = new Receiver({ receiveMaximum })
  }

  get unacknowledged(): number {
    return this.#unacknowledged.length
  }

  /** What a store remembers of QoS 2 messages that were handed over. */
  restore(packetIds: readonly number[]): void {
    for (const packetId of packetIds) this.#receiver.hold(packetId)
  }

  /** After CONNACK. */
  start(sessionPresent: boolean, topicAliasMaximum: number): void {
    this.#connection++
    this.#unacknowledged = []
    this.#aliases = new IncomingTopicAliases(topicAliasMaximum)
    this.#receiver.resume(this.#receiveMaximum)
    if (sessionPresent) return
    this.#receiver.clear()
    this.#undecided.clear()
    this.#host.store({ type: 'incoming-clear' })
  }

  /** The Reason Code to close with, or 0. The packet is kept: its payload must be its own. */
  publish(packet: PublishPacket): number {
    const { qos, packetId = 0, properties } = packet
    let { topicName } = packet
    const alias = properties?.topicAlias
    if (alias !== undefined) {
      const known = topicName || this.#aliases.topic(alias)
      if (!known || (topicName && !this.#aliases.set(alias, topicName))) return ReasonCode.TopicAliasInvalid
      topicName = known
    }
    // [MQTT-3.3.2-2] and an empty name [MQTT-4.7.3-1]: a name is never judged by the filters that it would match.
    if (!topicName || /[#+\0]/.test(topicName)) return ReasonCode.TopicNameInvalid
    const delivery: Delivery = {
      packet: topicName === packet.topicName ? packet : { ...packet, topicName },
      connection: this.#connection,
      state: 'waiting',
      reasonCode: 0,
    }
    if (qos === 0) {
      this.#host.deliver(delivery)
      return 0
    }
    const undecided = qos === 2 ? this.#undecided.get(packetId) : undefined
    // Twice on one connection breaks [MQTT-4.4.0-1]; the answer to the first will do.
    if (undecided?.connection === this.#connection) return 0
    const outcome = this.#receiver.onPublish(qos, packetId)
    if (outcome === ReceiverOutcome.quotaExceeded) return ReasonCode.ReceiveMaximumExceeded
    if (outcome === ReceiverOutcome.repeat) {
      this.#host.acknowledge('pubrec', packetId, 0)
      return 0
    }
    if (undecided) {
      // A repeat of what the application has in hand: its PUBREC goes out when that is done.
      undecided.connection = this.#connection
      this.#unacknowledged.push(undecided)
      this.#flush()
      return 0
    }
    this.#unacknowledged.push(delivery)
    if (qos === 2) this.#undecided.set(packetId, delivery)
    this.#host.deliver(delivery)
    return 0
  }

  pubrel(packetId: number): void {
    const held = this.#receiver.onPubrel(packetId)
    if (held) this.#host.store({ type: 'incoming-delete', packetId })
    this.#host.acknowledge('pubcomp', packetId, held ? 0 : ReasonCode.PacketIdentifierNotFound)
  }

  /** The application is done with it. */
  acknowledge(delivery: Delivery, reasonCode: number): void {
    if (delivery.state !== 'waiting' || delivery.packet.qos === 0) return
    delivery.state = 'acknowledged'
    delivery.reasonCode = reasonCode
    this.#flush()
  }

  /** It stays unacknowledged, and what came behind it no longer waits for it. The server sends it again after a reconnect. */
  leave(delivery: Delivery): void {
    if (delivery.state !== 'waiting') return
    delivery.state = 'left'
    const { packetId = 0 } = delivery.packet
    if (this.#undecided.get(packetId) === delivery) this.#undecided.delete(packetId)
    this.#flush()
  }

  /** The connection is gone; QoS 1 comes again as new messages. */
  lost(): void {
    this.#connection++
    this.#unacknowledged = []
  }

  #flush(): void {
    const waiting = this.#unacknowledged
    let done = 0
    for (; done < waiting.length; done++) {
      const delivery = waiting[done]
      if (!delivery || delivery.state === 'waiting') break
      if (delivery.state === 'acknowledged') this.#send(delivery)
    }
    if (done > 0) waiting.splice(0, done)
  }

  #send({ packet: { qos, packetId = 0 }, reasonCode }: Delivery): void {
    if (qos === 2) {
      this.#undecided.delete(packetId)
      if (reasonCode < 0x80) {
        this.#receiver.hold(packetId)
        // Known before PUBREC leaves: the owner writes the packet only after this is committed.
        this.#host.store({ type: 'incoming-put', packetId })
      }
    }
    if (qos === 1 || reasonCode >= 0x80) this.#receiver.acknowledged()
    this.#host.acknowledge(qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode)
  }
}
