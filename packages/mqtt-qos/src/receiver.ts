/**
 * Incoming QoS 1 and 2 of one Session. The rules of this file:
 *
 * 1. The machine owns its state and calls nobody; what changes an identifier's state is a row of `transitions.ts`.
 * 2. A QoS 2 message is new exactly where its identifier is not held. DUP decides nothing [MQTT-4.3.2-5] [MQTT-4.3.3-10].
 * 3. The numeric methods allocate nothing but pages of bits; `handleReceiverEvent` is built on them.
 */
import {
  AWAITING_PUBREL,
  FREE,
  HOLD,
  PUBLISH_BEYOND_QUOTA,
  PUBLISH_QOS_1,
  PUBLISH_QOS_2,
  PUBREL,
  RELEASED,
  REPEAT,
} from './codes.ts'
import { PacketIdentifierSet } from './packet-identifier-set.ts'
import { requirePacketId, requireReceiveMaximum } from './qos-error.ts'
import { cellOf, receiverTable } from './transition-tables.ts'
import type { ReceiverOutcomeNumber } from './transitions.ts'

const NO_LIMIT = 65_535

export interface ReceiverOptions {
  /** The Receive Maximum that we announced, 1 to 65,535. 65,535, also for MQTT 3.x, is no limit: there are no more identifiers. */
  readonly receiveMaximum: number
}

/**
 * Incoming QoS 1 and 2 messages of one Session: which are new, which are repeats, and whether the peer keeps to our Receive Maximum.
 *
 * @see MQTT 5.0 §4.3, §4.9
 */
export class Receiver {
  /** Accepted on this connection: their PUBLISH counts towards the Receive Maximum. */
  readonly #held = new PacketIdentifierSet()
  /** Accepted on an earlier connection; made when there is one. */
  #heldEarlier: PacketIdentifierSet | undefined
  #receiveMaximum: number
  #unacknowledged = 0

  /** Throws `QosError` where the Receive Maximum is outside of 1 to 65,535. */
  constructor(options: ReceiverOptions) {
    this.#receiveMaximum = requireReceiveMaximum(options.receiveMaximum)
  }

  /** QoS 2 identifiers that wait for their PUBREL. */
  get held(): number {
    return this.#held.size + (this.#heldEarlier?.size ?? 0)
  }

  /** Messages of this connection that the peer still counts as in flight; 0 where there is no limit. */
  get unacknowledged(): number {
    return this.#unacknowledged
  }

  /**
   * A PUBLISH arrived. `accept`: judge it, then `hold` it if it is QoS 2 and not refused, and acknowledge; `repeat`: PUBREC 0x00 and nothing else;
   * `quotaExceeded`: DISCONNECT 0x93.
   */
  onPublish(qos: 1 | 2, packetId: number): ReceiverOutcomeNumber {
    // A repeat on the same connection was counted when it was new; 3.1 Clients repeat at will.
    const onThisConnection = qos === 2 && this.#held.has(packetId)
    if (!onThisConnection && this.#receiveMaximum !== NO_LIMIT) {
      if (this.#unacknowledged === this.#receiveMaximum) return this.#apply(packetId, PUBLISH_BEYOND_QUOTA)
      this.#unacknowledged += 1
    }
    const outcome = this.#apply(packetId, qos === 1 ? PUBLISH_QOS_1 : PUBLISH_QOS_2)
    if (outcome === REPEAT && !onThisConnection) {
      this.#heldEarlier?.delete(packetId)
      this.#held.add(packetId)
    }
    return outcome
  }

  /** The QoS 2 message was accepted with a Reason Code below 0x80: its identifier is held until PUBREL. Throws `QosError` outside of 1 to 65,535. */
  hold(packetId: number): void {
    requirePacketId(packetId)
    this.#apply(packetId, HOLD)
  }

  /** A PUBREL arrived: true where its identifier was held. PUBCOMP is the answer either way, and the peer may send one more. */
  onPubrel(packetId: number): boolean {
    this.acknowledged()
    return this.#apply(packetId, PUBREL) === RELEASED
  }

  /** A PUBACK, or a PUBREC of 0x80 and above, leaves: the peer may send one more. Never for a PUBREC below 0x80; PUBCOMP is counted by `onPubrel`. */
  acknowledged(): void {
    // The peer too starts anew with each connection and never counts below 0, so a PUBCOMP for an earlier PUBLISH must not.
    if (this.#unacknowledged > 0) this.#unacknowledged -= 1
  }

  has(packetId: number): boolean {
    return this.#held.has(packetId) || (this.#heldEarlier?.has(packetId) ?? false)
  }

  /** A new connection of this Session: what is held stays held, and the peer's quota starts at the Receive Maximum that we announce now. */
  resume(receiveMaximum: number): void {
    this.#receiveMaximum = requireReceiveMaximum(receiveMaximum)
    this.#unacknowledged = 0
    if (this.#held.size === 0) return
    const earlier = (this.#heldEarlier ??= new PacketIdentifierSet())
    for (const packetId of this.#held.values()) earlier.add(packetId)
    this.#held.clear()
  }

  /** The Session ended: nothing is held. */
  clear(): void {
    this.#held.clear()
    this.#heldEarlier = undefined
    this.#unacknowledged = 0
  }

  /** The identifiers that are held, ascending. */
  values(): number[] {
    return [...this.#held.values(), ...(this.#heldEarlier?.values() ?? [])].sort((a, b) => a - b)
  }

  #apply(packetId: number, input: number): ReceiverOutcomeNumber {
    const state = this.has(packetId) ? AWAITING_PUBREL : FREE
    const cell = cellOf(receiverTable, state, input)
    const next = cell & 0x0f
    if (next > state) this.#held.add(packetId)
    if (next < state && !this.#held.delete(packetId)) this.#heldEarlier?.delete(packetId)
    return (cell >> 4) as ReceiverOutcomeNumber
  }
}
