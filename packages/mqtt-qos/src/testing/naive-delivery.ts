import { DeliveryFault, type DeliveryObserver, type TestMessage, type WirePacket } from './wire.ts'

/**
 * The rules of delivery in one direction, from what is seen on the link and at the two applications: the executable definition that `Sender` and
 * `Receiver` must meet. It keeps whole histories in plain maps and knows nothing of the machines.
 */
export class NaiveDelivery {
  readonly #published: TestMessage[] = []
  /** Messages that were on the link at least once. */
  readonly #seen = new Set<TestMessage>()
  readonly #settled = new Set<TestMessage>()
  /** In order of first delivery. */
  readonly #delivered = new Map<TestMessage, number>()
  /** Who uses an identifier, from its PUBLISH to the end of the exchange. */
  readonly #users = new Map<number, TestMessage>()
  /** Identifiers whose PUBLISH was sent on this connection and is not acknowledged to the end. */
  readonly #unacknowledged = new Set<number>()
  #receiveMaximum = 0
  /** False once the link lost a packet without breaking: order is promised on an ordered link only. */
  #ordered = true

  published(message: TestMessage): void {
    this.#published.push(message)
  }

  connected(receiveMaximum: number): void {
    this.#receiveMaximum = receiveMaximum
    this.#unacknowledged.clear()
  }

  packetLost(): void {
    this.#ordered = false
  }

  /** Sees the sending peer. */
  readonly sender: Pick<DeliveryObserver, 'packetSent' | 'packetReceived' | 'messageSettled'> = {
    packetSent: (packet) => {
      if (packet.type === 'publish') this.#publishSent(packet)
    },
    packetReceived: (packet) => this.#acknowledgementReceived(packet),
    messageSettled: (message, refused) => {
      if (this.#settled.has(message)) throw new DeliveryFault('MESSAGE_SETTLED_TWICE', name(message))
      if (refused !== message.refused)
        throw new DeliveryFault('MESSAGE_LOST', `${name(message)} settled as the other kind`)
      if (!refused && !this.#delivered.has(message))
        throw new DeliveryFault('MESSAGE_LOST', `${name(message)} settled, never delivered`)
      this.#settled.add(message)
    },
  }

  /** Sees the receiving application. */
  messageDelivered(message: TestMessage): void {
    if (message.refused || !this.#published.includes(message))
      throw new DeliveryFault('MESSAGE_INVENTED', name(message))
    const before = this.#delivered.get(message) ?? 0
    // [MQTT-4.3.3-10] I4: exactly once, for every DUP, cut and crash.
    if (message.qos === 2 && before > 0) throw new DeliveryFault('MESSAGE_REPEATED', name(message))
    if (before === 0 && this.#ordered) this.#checkOrder(message)
    this.#delivered.set(message, before + 1)
  }

  /** Nothing is under way any more. */
  checkDrained(): void {
    for (const message of this.#published) {
      if (!this.#settled.has(message)) throw new DeliveryFault('MESSAGE_LOST', `${name(message)} was never settled`)
    }
    if (this.#users.size > 0) throw new DeliveryFault('SESSION_LEFT_OVER', `${this.#users.size} identifiers in use`)
  }

  #publishSent({ packetId, dup, message }: Extract<WirePacket, { type: 'publish' }>): void {
    // [MQTT-3.3.1-1] I11
    if (dup !== this.#seen.has(message)) throw new DeliveryFault('DUP_WRONG', name(message))
    this.#seen.add(message)
    // [MQTT-2.2.1-3] I7
    const user = this.#users.get(packetId)
    if (user !== undefined && user !== message)
      throw new DeliveryFault('IDENTIFIER_REUSED', `${packetId}: ${name(user)}, ${name(message)}`)
    this.#users.set(packetId, message)
    // [MQTT-4.9.0-2] I8
    this.#unacknowledged.add(packetId)
    if (this.#unacknowledged.size > this.#receiveMaximum) throw new DeliveryFault('QUOTA_EXCEEDED', name(message))
  }

  #acknowledgementReceived(packet: WirePacket): void {
    if (packet.type === 'publish' || packet.type === 'pubrel') return
    if (packet.type === 'pubrec' && packet.reasonCode < 0x80) return
    this.#unacknowledged.delete(packet.packetId)
    this.#users.delete(packet.packetId)
  }

  /** [MQTT-4.6.0-5] I10: first deliveries are in the order of publishing; what is refused is not delivered. */
  #checkOrder(message: TestMessage): void {
    for (const earlier of this.#published) {
      if (earlier === message) return
      if (!earlier.refused && !this.#delivered.has(earlier))
        throw new DeliveryFault('ORDER_BROKEN', `${name(message)} before ${name(earlier)}`)
    }
  }
}

function name({ serial, qos }: TestMessage): string {
  return `message ${serial} of QoS ${qos}`
}
