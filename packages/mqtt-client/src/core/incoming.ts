import type { PublishPacket } from '@godwit/mqtt-codec'
import {
  AWAITING_PUBREL,
  cellOf,
  FREE,
  HOLD,
  PUBLISH_QOS_1,
  PUBREL,
  receiverTable,
  RELEASED,
  REPEAT,
} from '@godwit/mqtt-qos'
import type { ClientOptions } from '../api/options.ts'
import type { Connection } from './connection.ts'
import { RECEIVE_MAXIMUM } from './defaults.ts'
import {
  PACKET_IDENTIFIER_NOT_FOUND,
  RECEIVE_MAXIMUM_EXCEEDED,
  TOPIC_ALIAS_INVALID,
  UNSPECIFIED_ERROR,
} from './reason-code.ts'

/** An incoming message of QoS 1 or 2 and what became of it. */
export interface Delivery {
  readonly packet: PublishPacket
  /** The connection that brought it (last). */
  connection: Connection | undefined
  state: 'waiting' | 'acknowledged' | 'left'
  /** Who still has to acknowledge it. */
  receivers: number
  /** The highest that any of them gave. */
  reasonCode: number
}

/** Who gets them. */
export interface MessageReceiver {
  /** At QoS 0 there is nothing to acknowledge. */
  deliver(packet: PublishPacket, delivery?: Delivery): void
}

/**
 * The incoming messages of a Session: the server's quota, QoS 2 without repeats, and acknowledgements in the order in which the messages
 * came [MQTT-4.6.0-2] [MQTT-4.6.0-3], whatever the order in which the application gives them.
 */
export class IncomingMessages {
  readonly #receiveMaximum: number
  readonly #store: ClientOptions['store']
  readonly #receiver: MessageReceiver
  #connection: Connection | undefined
  /**
   * QoS 2 identifiers that wait for their PUBREL, with the connection that brought them last: those of this one count towards the Receive
   * Maximum. They outlive the connection. Made when there is one: most clients are idle, and an empty Map has 200 bytes.
   */
  #held: Map<number, Connection | undefined> | undefined
  /** QoS 2 messages that the application has, by Packet Identifier, until their PUBREC: they outlive the connection, too. */
  #undecided: Map<number, Delivery> | undefined
  /** This connection's, in order of arrival. */
  #unacknowledged: Delivery[] = []
  /** What the server counts as in flight, and how far it may: before 5.0 nobody told it, and only identifiers run out. */
  #counted = 0
  #countedMost = 0
  #isResumed = false

  constructor({ receiveMaximum = RECEIVE_MAXIMUM, store }: ClientOptions, receiver: MessageReceiver) {
    this.#receiveMaximum = receiveMaximum
    this.#store = store
    this.#receiver = receiver
  }

  get unacknowledged(): number {
    return this.#unacknowledged.length
  }

  /** A store remembers that this QoS 2 message was handed over. */
  hold(packetId: number): void {
    this.#step(packetId, HOLD)
  }

  /** After CONNACK. */
  start(next: Connection, sessionPresent: boolean): void {
    this.#connection = next
    this.#isResumed = sessionPresent
    this.#counted = 0
    this.#countedMost = next.server?.version === 5 ? this.#receiveMaximum : 0xffff
    if (sessionPresent) return
    this.#held = this.#undecided = undefined
    this.#store?.record('incoming-clear', undefined)
  }

  /** The connection is gone; QoS 1 comes again as new messages. */
  lost(): void {
    this.#connection = undefined
    this.#unacknowledged = []
  }

  /** The Reason Code to end the connection with, or 0. */
  publish(received: PublishPacket): number {
    let packet = received
    const { qos, packetId = 0, properties, dup } = packet
    const connection = this.#connection
    const aliases = connection?.aliases
    const topicName = aliases ? aliases.topicName(packet) : properties?.topicAlias ? undefined : packet.topicName
    if (topicName === undefined) return TOPIC_ALIAS_INVALID
    if (!packet.topicName) packet = { ...packet, topicName }
    if (!qos) {
      this.#receiver.deliver(packet)
      return 0
    }
    const known = qos === 2 ? this.#undecided?.get(packetId) : undefined
    // Twice on one connection breaks [MQTT-4.4.0-1]; the answer to the first will do.
    if (known && known.connection === connection) return 0
    // A repeat on the same connection was counted when it was new. One from an earlier connection was allowed there: a server that sends
    // all of those at once (Mosquitto 2.0) would do so again after each time that we left it for that.
    const isCounted = qos === 2 && this.#held?.get(packetId) === connection
    if (!isCounted && ++this.#counted > this.#countedMost && !(dup && this.#isResumed)) return RECEIVE_MAXIMUM_EXCEEDED
    if (this.#step(packetId, PUBLISH_QOS_1 + qos - 1) === REPEAT) {
      this.#answer('pubrec', packetId, 0)
      return 0
    }
    const delivery: Delivery = known ?? { packet, connection, state: 'waiting', receivers: 1, reasonCode: 0 }
    delivery.connection = connection
    this.#unacknowledged.push(delivery)
    if (qos === 2) (this.#undecided ??= new Map()).set(packetId, delivery)
    // A repeat of what the application has in hand: its PUBREC goes out when that is done.
    if (known) this.#flush()
    else this.#receiver.deliver(packet, delivery)
    return 0
  }

  pubrel(packetId: number): number {
    this.#uncount()
    const isHeld = this.#step(packetId, PUBREL) === RELEASED
    if (isHeld) this.#store?.record('incoming-delete', undefined, packetId)
    this.#answer('pubcomp', packetId, isHeld ? 0 : PACKET_IDENTIFIER_NOT_FOUND)
    return 0
  }

  /** One receiver is done with it. */
  acknowledge(delivery: Delivery, reasonCode: number): void {
    delivery.reasonCode = Math.max(delivery.reasonCode, reasonCode)
    if (--delivery.receivers === 0) this.#decide(delivery, 'acknowledged')
  }

  /** It stays unacknowledged, and what came behind it no longer waits for it. The server sends it again after a reconnect. */
  leave(delivery: Delivery): void {
    const { packetId = 0 } = delivery.packet
    if (this.#undecided?.get(packetId) === delivery) this.#undecided.delete(packetId)
    this.#decide(delivery, 'left')
  }

  /** By the table of mqtt-qos: what the packet means, and whether its identifier is held from now on. */
  #step(packetId: number, input: number): number {
    const cell = cellOf(receiverTable, this.#held?.has(packetId) ? AWAITING_PUBREL : FREE, input)
    if (cell & 15) (this.#held ??= new Map()).set(packetId, this.#connection)
    else this.#held?.delete(packetId)
    return cell >> 4
  }
  // The server too starts anew with each connection and never counts below 0.
  #uncount(): void {
    if (this.#counted) this.#counted--
  }
  #answer(type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, reasonCode: number): void {
    this.#connection?.send({ type, packetId, reasonCode })
  }

  #decide(delivery: Delivery, state: Delivery['state']): void {
    if (delivery.state !== 'waiting') return
    delivery.state = state
    this.#flush()
  }
  #flush(): void {
    const unacknowledged = this.#unacknowledged
    for (let [first] = unacknowledged; first && first.state !== 'waiting'; [first] = unacknowledged) {
      unacknowledged.shift()
      const { packet, state, reasonCode } = first
      const { qos, packetId = 0 } = packet
      if (state === 'left') continue
      if (qos === 2) this.#undecided?.delete(packetId)
      if (qos === 2 && reasonCode < UNSPECIFIED_ERROR) {
        this.#step(packetId, HOLD)
        // Known before PUBREC leaves: the owner writes the packet only after this is committed.
        this.#store?.record('incoming-put', undefined, packetId)
      } else this.#uncount()
      this.#answer(qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode)
    }
  }
}
