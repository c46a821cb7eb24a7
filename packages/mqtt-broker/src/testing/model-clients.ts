import type { Packet, QoS } from '@godwit/mqtt-codec'
import { message } from './packets.ts'
import type { VirtualBroker, VirtualClient } from './virtual-broker.ts'

/** A message of a model: its payload is its number, which no other message has. */
export interface ModelMessage {
  readonly number: number
  readonly topicName: string
  readonly qos: 1 | 2
  readonly retain: boolean
  readonly publisher: string
  /** Clients that had their SUBACK before it was first sent, and which of their subscriptions that was for. */
  wantedBy: ReadonlyMap<string, number>
}

/** What contradicts the specification, as a sentence; a property fails with it. */
class Contradiction extends Error {
  readonly code = 'CONTRADICTION'
}

export const demand = (holds: boolean, what: () => string): void => {
  if (!holds) throw new Contradiction(what())
}

/** A Client that never forgets: it keeps its Session State across connections and crashes of the broker. */
export abstract class ModelClient {
  readonly clientId: string
  client: VirtualClient | undefined
  /** It has had a CONNACK: from then on its Session must be there. */
  known = false
  connected = false
  readonly #version: 4 | 5
  readonly #lasts: boolean
  readonly #receiveMaximum: number

  constructor(clientId: string, options: { version?: 4 | 5; lasts?: boolean; receiveMaximum?: number } = {}) {
    this.clientId = clientId
    this.#version = options.version ?? 5
    this.#lasts = options.lasts ?? true
    this.#receiveMaximum = options.receiveMaximum ?? 0xffff
  }

  get lasting(): boolean {
    return this.#lasts
  }

  get receiveMaximum(): number {
    return this.#version === 5 ? this.#receiveMaximum : 0xffff
  }

  connect(broker: VirtualBroker): void {
    if (this.client !== undefined && !this.client.closed) return
    this.connected = false
    const five = {
      properties: {
        receiveMaximum: this.#receiveMaximum,
        ...(this.#lasts && { sessionExpiryIntervalSeconds: 0xffffffff }),
      },
    }
    this.client = broker.connect(this.clientId, {
      version: this.#version,
      cleanStart: !this.#lasts,
      ...(this.#version === 5 && five),
    })
  }

  /** The connection breaks; what was under way to the Client is lost with it. */
  cut(): void {
    this.client?.cut()
    this.client = undefined
    this.connected = false
    this.lost()
  }

  /** Takes in what has come. True: there was something. */
  read(): boolean {
    const { client } = this
    if (client === undefined) return false
    const packets = client.received()
    for (const packet of packets) this.#take(packet)
    if (client.closed) this.cut()
    return packets.length > 0
  }

  send(packet: Packet): void {
    this.client?.send(packet)
  }

  #take(packet: Packet): void {
    if (packet.type === 'connack') {
      demand(packet.reasonCode === 0, () => `${this.clientId} was refused with ${packet.reasonCode}`)
      demand(packet.sessionPresent === (this.known && this.#lasts), () => `I12 ${this.clientId} lost its Session`)
      this.known = true
      this.connected = true
      this.resumed()
    } else {
      demand(this.connected, () => `${packet.type} before CONNACK`)
      this.took(packet)
    }
  }

  protected abstract lost(): void
  protected abstract resumed(): void
  protected abstract took(packet: Packet): void
}

interface Outgoing {
  readonly message: ModelMessage
  readonly packetId: number
  sent: boolean
  released: boolean
}

/** Publishes, repeats after a reconnect what was not acknowledged, and remembers what was. */
export class ModelPublisher extends ModelClient {
  readonly acknowledged = new Set<number>()
  readonly outbox: Outgoing[] = []
  #lastPacketId = 0

  publish(message: ModelMessage): void {
    this.#lastPacketId = (this.#lastPacketId % 200) + 1
    const packetId = this.#lastPacketId
    if (this.outbox.length >= 20 || this.outbox.some((outgoing) => outgoing.packetId === packetId)) return
    const outgoing = { message, packetId, sent: false, released: false }
    this.outbox.push(outgoing)
    if (this.connected) this.#transmit(outgoing)
  }

  #transmit(outgoing: Outgoing): void {
    const { message: each, packetId } = outgoing
    if (outgoing.released) return this.send({ type: 'pubrel', packetId, reasonCode: 0 })
    const { qos, retain } = each
    const dup = outgoing.sent
    outgoing.sent = true
    this.send(message(each.topicName, `${each.number}`, { qos, retain, dup, packetId }))
  }

  protected override lost(): void {}

  protected override resumed(): void {
    for (const outgoing of this.outbox) this.#transmit(outgoing)
  }

  protected override took(packet: Packet): void {
    if (packet.type !== 'puback' && packet.type !== 'pubrec' && packet.type !== 'pubcomp') return
    const place = this.outbox.findIndex(({ packetId }) => packetId === packet.packetId)
    const outgoing = this.outbox[place]
    if (packet.type === 'pubrec') {
      demand(outgoing !== undefined, () => `a PUBREC for nothing, from ${this.clientId}`)
      demand(packet.reasonCode < 0x80, () => `a refusal, ${packet.reasonCode}`)
      this.acknowledged.add(outgoing!.message.number)
      outgoing!.released = true
      return this.#transmit(outgoing!)
    }
    if (outgoing === undefined) return
    demand(packet.reasonCode < 0x80, () => `a refusal, ${packet.reasonCode}`)
    demand(outgoing.message.qos === (packet.type === 'puback' ? 1 : 2), () => `${packet.type} for the other QoS`)
    this.acknowledged.add(outgoing.message.number)
    this.outbox.splice(place, 1)
  }
}

interface Delivery {
  readonly number: number
  readonly qos: QoS
  readonly dup: boolean
  /** Which of its subscriptions it came for, from 1 on. */
  readonly subscription: number
}

/** Subscribes once, answers when it is told to, and writes down every message that it was given. */
export class ModelSubscriber extends ModelClient {
  readonly topicFilter: string
  readonly #qos: 1 | 2
  subscribed = false
  /** How often it has been: a Session that ends takes its subscription along. */
  subscriptions = 0
  /** In order; of QoS 2 each only once, as the application sees it. */
  readonly deliveries: Delivery[] = []
  /** Every QoS 2 PUBLISH that was seen, repeats too. */
  readonly #seen = new Set<number>()
  /** QoS 2 identifiers that wait for PUBREL, and the message of each. */
  readonly #held = new Map<number, number>()
  /** QoS 1 and 2 of this connection that have not been answered to the end. */
  readonly #outstanding = new Set<number>()
  owed: Packet[] = []

  constructor(
    clientId: string,
    topicFilter: string,
    qos: 1 | 2,
    options: ConstructorParameters<typeof ModelClient>[1] = {},
  ) {
    super(clientId, options)
    this.topicFilter = topicFilter
    this.#qos = qos
  }

  /** Sends the first of the answers that are owed. */
  answer(count: number): void {
    for (const packet of this.owed.splice(0, count)) {
      if (packet.type === 'puback' || packet.type === 'pubcomp') this.#outstanding.delete(packet.packetId)
      this.send(packet)
    }
  }

  protected override lost(): void {
    // Answers are not kept: after a reconnect the Server asks again [MQTT-4.4.0-1].
    this.owed = []
    this.#outstanding.clear()
  }

  protected override resumed(): void {
    if (this.subscribed && this.lasting) return
    this.subscribed = false
    if (!this.lasting) {
      this.#held.clear()
      this.#seen.clear()
    }
    const options = { qos: this.#qos, noLocal: false, retainAsPublished: false, retainHandling: 2 } as const
    this.send({ type: 'subscribe', packetId: 1, subscriptions: [{ topicFilter: this.topicFilter, ...options }] })
  }

  protected override took(packet: Packet): void {
    switch (packet.type) {
      case 'suback':
        demand(packet.reasonCodes[0] === this.#qos, () => `a SUBACK with ${packet.reasonCodes[0]}`)
        this.subscribed = true
        this.subscriptions++
        return
      case 'publish':
        return this.#published(packet)
      case 'pubrel':
        this.#held.delete(packet.packetId)
        this.owed.push({ type: 'pubcomp', packetId: packet.packetId, reasonCode: 0 })
    }
  }

  #published(packet: Extract<Packet, { type: 'publish' }>): void {
    const number = Number(String.fromCharCode(...packet.payload))
    const { qos, dup, packetId = 0 } = packet
    const who = `${this.clientId}, message ${number}`
    demand(qos > 0 && packetId > 0, () => `QoS ${qos} for ${who}`)
    demand(!this.#outstanding.has(packetId), () => `I7 identifier ${packetId} twice on one connection, ${who}`)
    this.#outstanding.add(packetId)
    demand(this.#outstanding.size <= this.receiveMaximum, () => `I8 more than the Receive Maximum, ${who}`)
    if (qos === 1) {
      this.deliveries.push({ number, qos, dup, subscription: this.subscriptions })
      this.owed.push({ type: 'puback', packetId, reasonCode: 0 })
      return
    }
    // I11: what was seen before carries DUP; a message that was routed once has no other reason to come again.
    demand(dup || !this.#seen.has(number), () => `I11 no DUP on a repeat, ${who}`)
    this.#seen.add(number)
    const held = this.#held.get(packetId)
    demand(held === undefined || held === number, () => `I7 identifier ${packetId} means ${held} still, ${who}`)
    if (held === undefined) this.deliveries.push({ number, qos, dup, subscription: this.subscriptions })
    this.#held.set(packetId, number)
    this.owed.push({ type: 'pubrec', packetId, reasonCode: 0 })
  }
}
