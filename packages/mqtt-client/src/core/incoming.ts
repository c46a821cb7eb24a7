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

export type IncomingMessages = ReturnType<typeof createIncoming>

/**
 * The incoming messages of a Session: the server's quota, QoS 2 without repeats, and acknowledgements in the order in which the messages
 * came [MQTT-4.6.0-2] [MQTT-4.6.0-3], whatever the order in which the application gives them.
 */
export function createIncoming(
  { receiveMaximum = RECEIVE_MAXIMUM, store }: ClientOptions,
  /** At QoS 0 there is nothing to acknowledge. */
  deliver: (packet: PublishPacket, delivery?: Delivery) => void,
) {
  /** QoS 2 identifiers that wait for their PUBREL; they outlive the connection. */
  const held = new Set<number>()
  /** Those of them that came on this connection, and so count towards the Receive Maximum. */
  let heldHere = new Set<number>()
  /** What the server counts as in flight, and how far it may: before 5.0 nobody told it, and only identifiers run out. */
  let counted = 0
  let countedMost = receiveMaximum
  let connection: Connection | undefined
  /** This connection's, in order of arrival. */
  let unacknowledged: Delivery[] = []
  /** QoS 2 messages that the application has, by Packet Identifier, until their PUBREC: they outlive the connection. */
  const undecided = new Map<number, Delivery>()

  const answer = (type: 'puback' | 'pubrec' | 'pubcomp', packetId: number, reasonCode: number) =>
    connection?.send({ type, packetId, reasonCode })

  /** By the table of mqtt-qos: what the packet means, and whether its identifier is held from now on. */
  const step = (packetId: number, input: number) => {
    const cell = cellOf(receiverTable, held.has(packetId) ? AWAITING_PUBREL : FREE, input)
    if (cell & 15) held.add(packetId)
    else held.delete(packetId)
    return cell >> 4
  }
  // The server too starts anew with each connection and never counts below 0.
  const uncount = () => {
    if (counted) counted--
  }

  const decide = (delivery: Delivery, state: Delivery['state']) => {
    if (delivery.state !== 'waiting') return
    delivery.state = state
    flush()
  }
  const flush = () => {
    for (let [first] = unacknowledged; first && first.state !== 'waiting'; [first] = unacknowledged) {
      unacknowledged.shift()
      const { packet, state, reasonCode } = first
      const { qos, packetId = 0 } = packet
      if (state === 'left') continue
      if (qos === 2) undecided.delete(packetId)
      if (qos === 2 && reasonCode < UNSPECIFIED_ERROR) {
        step(packetId, HOLD)
        heldHere.add(packetId)
        // Known before PUBREC leaves: the owner writes the packet only after this is committed.
        store?.record('incoming-put', undefined, packetId)
      } else uncount()
      answer(qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode)
    }
  }

  return {
    get unacknowledged() {
      return unacknowledged.length
    },

    /** A store remembers that this QoS 2 message was handed over. */
    hold(packetId: number): void {
      step(packetId, HOLD)
    },

    /** After CONNACK. */
    start(next: Connection, sessionPresent: boolean): void {
      connection = next
      counted = 0
      countedMost = next.server?.version === 5 ? receiveMaximum : 0xffff
      heldHere = new Set()
      if (sessionPresent) return
      held.clear()
      undecided.clear()
      store?.record('incoming-clear', undefined)
    },

    /** The connection is gone; QoS 1 comes again as new messages. */
    lost(): void {
      connection = undefined
      unacknowledged = []
    },

    /** The Reason Code to end the connection with, or 0. */
    publish(received: PublishPacket): number {
      let packet = received
      const { qos, packetId = 0, properties } = packet
      const aliases = connection?.aliases
      const topicName = aliases ? aliases.topicName(packet) : properties?.topicAlias ? undefined : packet.topicName
      if (topicName === undefined) return TOPIC_ALIAS_INVALID
      if (!packet.topicName) packet = { ...packet, topicName }
      if (!qos) {
        deliver(packet)
        return 0
      }
      const known = qos === 2 ? undecided.get(packetId) : undefined
      // Twice on one connection breaks [MQTT-4.4.0-1]; the answer to the first will do.
      if (known && known.connection === connection) return 0
      // A repeat on the same connection was counted when it was new.
      if (!(qos === 2 && heldHere.has(packetId)) && ++counted > countedMost) return RECEIVE_MAXIMUM_EXCEEDED
      if (step(packetId, PUBLISH_QOS_1 + qos - 1) === REPEAT) {
        heldHere.add(packetId)
        answer('pubrec', packetId, 0)
        return 0
      }
      const delivery: Delivery = known ?? {
        packet,
        connection,
        state: 'waiting',
        receivers: 1,
        reasonCode: 0,
      }
      delivery.connection = connection
      unacknowledged.push(delivery)
      if (qos === 2) undecided.set(packetId, delivery)
      // A repeat of what the application has in hand: its PUBREC goes out when that is done.
      if (known) flush()
      else deliver(packet, delivery)
      return 0
    },

    pubrel(packetId: number): number {
      uncount()
      heldHere.delete(packetId)
      const isHeld = step(packetId, PUBREL) === RELEASED
      if (isHeld) store?.record('incoming-delete', undefined, packetId)
      answer('pubcomp', packetId, isHeld ? 0 : PACKET_IDENTIFIER_NOT_FOUND)
      return 0
    },

    /** One receiver is done with it. */
    acknowledge(delivery: Delivery, reasonCode: number): void {
      delivery.reasonCode = Math.max(delivery.reasonCode, reasonCode)
      if (--delivery.receivers === 0) decide(delivery, 'acknowledged')
    },

    /** It stays unacknowledged, and what came behind it no longer waits for it. The server sends it again after a reconnect. */
    leave(delivery: Delivery): void {
      const { packetId = 0 } = delivery.packet
      if (undecided.get(packetId) === delivery) undecided.delete(packetId)
      decide(delivery, 'left')
    },
  }
}
