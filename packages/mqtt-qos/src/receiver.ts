/**
 * Incoming QoS 1 and 2 of one Session. The rules of this file:
 *
 * 1. The machine owns its state and calls nobody; what changes an identifier's state is a row of `transitions.ts`.
 * 2. A QoS 2 message is new exactly where its identifier is not held. DUP decides nothing [MQTT-4.3.2-5] [MQTT-4.3.3-10].
 * 3. The numeric methods allocate nothing but pages of bits; `handleReceiverEvent` is built on them.
 */
import { PacketIdentifierSet } from './packet-identifier-set.ts'
import { requirePacketId, requireReceiveMaximum } from './qos-error.ts'
import type { ReceiverSnapshot } from './session-snapshot.ts'
import {
  nextState,
  outcomeOf,
  ReceiverInput,
  ReceiverOutcome,
  ReceiverState,
  receiverTable,
  transition,
  type ReceiverOutcomeNumber,
} from './transitions.ts'

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
      if (this.#unacknowledged === this.#receiveMaximum) return this.#apply(packetId, ReceiverInput.publishBeyondQuota)
      this.#unacknowledged += 1
    }
    const outcome = this.#apply(packetId, qos === 1 ? ReceiverInput.publishQos1 : ReceiverInput.publishQos2)
    if (outcome === ReceiverOutcome.repeat && !onThisConnection) {
      this.#heldEarlier?.delete(packetId)
      this.#held.add(packetId)
    }
    return outcome
  }

  /** The QoS 2 message was accepted with a Reason Code below 0x80: its identifier is held until PUBREL. Throws `QosError` outside of 1 to 65,535. */
  hold(packetId: number): void {
    requirePacketId(packetId)
    this.#apply(packetId, ReceiverInput.hold)
  }

  /** A PUBREL arrived: true where its identifier was held. PUBCOMP is the answer either way, and the peer may send one more. */
  onPubrel(packetId: number): boolean {
    this.acknowledged()
    return this.#apply(packetId, ReceiverInput.pubrel) === ReceiverOutcome.released
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

  /** Plain data from which `Receiver.restore` makes an equal Receiver. */
  snapshot(): ReceiverSnapshot {
    return { held: [...this.#held.values(), ...(this.#heldEarlier?.values() ?? [])].sort((a, b) => a - b) }
  }

  static restore(options: ReceiverOptions, snapshot: ReceiverSnapshot): Receiver {
    const receiver = new Receiver(options)
    for (const packetId of snapshot.held) receiver.hold(packetId)
    receiver.resume(options.receiveMaximum)
    return receiver
  }

  #apply(packetId: number, input: number): ReceiverOutcomeNumber {
    const state = this.has(packetId) ? ReceiverState.awaitingPubrel : ReceiverState.free
    const cell = transition(receiverTable, state, input)
    const next = nextState(cell)
    if (next !== state) {
      if (next === ReceiverState.awaitingPubrel) this.#held.add(packetId)
      else if (!this.#held.delete(packetId)) this.#heldEarlier?.delete(packetId)
    }
    return outcomeOf(cell) as ReceiverOutcomeNumber
  }
}
