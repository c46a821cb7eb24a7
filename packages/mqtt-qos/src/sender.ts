/**
 * Outgoing QoS 1 and 2 of one Session. The rules of this file:
 *
 * 1. The machine owns its state and calls nobody; what changes an identifier's state is a row of `transitions.ts`.
 * 2. Only `resume` and `resends`, after a reconnect, ever send anything again [MQTT-4.4.0-1].
 * 3. The numeric methods allocate nothing where `message` is undefined; `handleSenderEvent` is built on them.
 */
import { COUNTED, EARLIER, InFlightTable, OWED, SENT } from './in-flight-table.ts'
import type { PacketIdentifierSource } from './packet-identifiers.ts'
import { MAXIMUM_PACKET_ID, QosError, requirePacketId } from './qos-error.ts'
import { ResendQueue } from './resend-queue.ts'
import { SendQuota } from './send-quota.ts'
import type { InFlightSnapshot, SenderSnapshot, UnacknowledgedMessage } from './session-snapshot.ts'
import {
  nextState,
  outcomeOf,
  SenderInput,
  SenderOutcome,
  SenderState,
  senderTable,
  transition,
  type SenderOutcomeNumber,
  type SenderStateNumber,
} from './transitions.ts'

export interface SenderOptions {
  /** Our own limit of messages in flight, 1 to 65,535; for MQTT 3.x the only one. */
  readonly receiveMaximum: number
}

/** One packet to send again. */
export type SenderResend<Message> =
  | {
      readonly type: 'publish'
      readonly packetId: number
      readonly qos: 1 | 2
      /** False only where it never left before its connection broke [MQTT-3.3.1-1]. */
      readonly dup: boolean
      readonly message: Message | undefined
    }
  | { readonly type: 'pubrel'; readonly packetId: number }

/**
 * Outgoing QoS 1 and 2 messages of one Session: identifiers, send quota, acknowledgements, resends.
 *
 * @see MQTT 5.0 §4.3, §4.4, §4.9
 */
export class Sender<Message = unknown> implements PacketIdentifierSource {
  readonly #quota: SendQuota
  readonly #table = new InFlightTable()
  #messages: Map<number, Message> | undefined
  #resends: ResendQueue | undefined
  #last = 0
  #reserved = 0
  /** Entries that wait to be sent again on this connection. */
  #owed = 0
  #position = 0
  #sentBefore = 0

  /** Throws `QosError` where the limit is outside of 1 to 65,535. */
  constructor(options: SenderOptions) {
    this.#quota = new SendQuota(options.receiveMaximum)
  }

  /** Messages in flight: not yet acknowledged to the end. */
  get outstanding(): number {
    return this.#table.size - this.#reserved
  }

  /** How many messages may start now; 0 while something is owed from an earlier connection, which goes first. */
  get quota(): number {
    return this.#owed === 0 ? this.#quota.available : 0
  }

  /** PUBLISH and PUBREL packets that `resends` still has to give out on this connection. */
  get owed(): number {
    return this.#owed
  }

  /** Grows with every send; what was started after reading it lies at or after it. See `markSentBefore`. */
  get position(): number {
    return this.#position
  }

  /**
   * Starts a message: takes an identifier and one of the quota. Returns the identifier, or 0 where the quota or the identifiers are used up.
   *
   * @param message kept for a resend until the end of the exchange; undefined keeps nothing
   * @param sent false where the PUBLISH waits behind a commit: until it is marked as sent, a resend carries DUP 0
   */
  start(qos: 1 | 2, message: Message | undefined, sent = true): number {
    if (this.quota === 0) return 0
    const packetId = this.#nextFree()
    if (packetId !== 0) this.#begin(qos, packetId, message, sent)
    return packetId
  }

  /** The same with a chosen identifier; false where it is in use or the quota is used up. Throws `QosError` outside of 1 to 65,535. */
  startWith(qos: 1 | 2, packetId: number, message: Message | undefined, sent = true): boolean {
    requirePacketId(packetId)
    if (this.quota === 0 || this.#table.find(packetId) >= 0) return false
    this.#begin(qos, packetId, message, sent)
    return true
  }

  /** Read `message(packetId)` before, where it is needed after the end of the exchange. */
  onPuback(packetId: number, reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, reasonCode < 0x80 ? SenderInput.puback : SenderInput.pubackRefused)
  }

  /** [MQTT-4.3.3-4] `sendPubrel` also for an identifier that is not in flight, and for a second PUBREC. */
  onPubrec(packetId: number, reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, reasonCode < 0x80 ? SenderInput.pubrec : SenderInput.pubrecRefused)
  }

  /** The Reason Code changes nothing: 0x92 too says that the receiver holds the identifier no longer. */
  onPubcomp(packetId: number, _reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, SenderInput.pubcomp)
  }

  /**
   * Gives up a message that `start` or `resends` gave out and that cannot be sent, such as one above the Maximum Packet Size: it counts as done
   * [MQTT-3.1.2-25], and what it took of the quota comes back. `completed`: its identifier is free. `sendPubrel`: QoS 2 that left on an earlier
   * connection, whose identifier the receiver may hold; PUBREL ends that. `violation`: no PUBLISH of that identifier is unacknowledged.
   */
  abandon(packetId: number): SenderOutcomeNumber {
    const table = this.#table
    const slot = table.find(packetId)
    if (slot < 0 || !table.has(slot, EARLIER)) return this.#apply(packetId, SenderInput.abandon)
    const outcome = this.#apply(packetId, SenderInput.discard)
    if (outcome === SenderOutcome.sendPubrel && table.has(slot, COUNTED)) {
      table.unset(slot, COUNTED)
      this.#quota.give()
    }
    return outcome
  }

  /** An identifier for a SUBSCRIBE or UNSUBSCRIBE, which share the range with PUBLISH [MQTT-2.2.1-3]; 0 where all are in use. Costs no quota. */
  take(): number {
    const packetId = this.#nextFree()
    if (packetId === 0) return 0
    this.#table.insert(packetId, SenderState.reserved, 0, this.#position)
    this.#last = packetId
    this.#reserved += 1
    return packetId
  }

  /** Frees what `take` gave, never what a message uses; false where `take` gave no such identifier. */
  free(packetId: number): boolean {
    return this.#apply(packetId, SenderInput.release) === SenderOutcome.identifierFreed
  }

  message(packetId: number): Message | undefined {
    return this.#messages?.get(packetId)
  }

  /** Everything in flight, in order of sending. Allocates. */
  inFlight(): InFlightSnapshot<Message>[] {
    const inFlight: InFlightSnapshot<Message>[] = []
    for (const slot of this.#table.slots()) {
      const state = this.#stateAt(slot)
      if (state === SenderState.free || state === SenderState.reserved) continue
      const packetId = this.#table.packetId(slot)
      const qos = state === SenderState.awaitingPuback ? 1 : 2
      inFlight.push({ packetId, qos, state, sent: this.#isSent(slot), message: this.message(packetId) })
    }
    return inFlight
  }

  /** The messages in flight that are kept, in order of sending. Allocates. */
  messages(): Message[] {
    return this.inFlight().flatMap(({ message }) => (message === undefined ? [] : [message]))
  }

  state(packetId: number): SenderStateNumber {
    const slot = this.#table.find(packetId)
    return slot < 0 ? SenderState.free : this.#stateAt(slot)
  }

  /** The PUBLISH of this identifier has left. */
  markSent(packetId: number): void {
    const slot = this.#table.find(packetId)
    if (slot >= 0) this.#table.set(slot, SENT)
  }

  /** Everything that was started before `position` had this value has left: one call for a whole commit. */
  markSentBefore(position: number): void {
    this.#sentBefore = Math.max(this.#sentBefore, position)
  }

  /**
   * A new connection of this Session: the quota restarts at the smaller of our own limit and the peer's Receive Maximum (65,535 where it told none),
   * and everything in flight is owed again. Nothing starts before `resends` has given it out.
   */
  resume(receiveMaximum: number): void {
    this.#quota.restart(receiveMaximum)
    const slots = this.#table.slots().filter((slot) => this.#table.state(slot) !== SenderState.reserved)
    for (const slot of slots) {
      this.#table.unset(slot, COUNTED)
      this.#table.set(slot, this.#isSent(slot) ? OWED | SENT | EARLIER : OWED)
    }
    this.#owed = slots.length
    this.#resends = slots.length === 0 ? undefined : new ResendQueue(this.#table, slots)
  }

  /**
   * At most `maximum` packets to send again, in the order in which they were first sent [MQTT-4.6.0-1]. A PUBREL is never held back by the quota
   * [MQTT-4.9.0-3], a PUBLISH is: call again, after each acknowledgement, while `owed` is above 0.
   */
  resends(maximum = Number.POSITIVE_INFINITY): SenderResend<Message>[] {
    const resends: SenderResend<Message>[] = []
    while (this.#resends !== undefined && resends.length < maximum) {
      const slot = this.#resends.next(this.#quota.available > 0)
      if (slot < 0) break
      resends.push(this.#resend(slot))
    }
    return resends
  }

  /**
   * The peer lost the Session (Session Present 0): forgets everything in flight and returns, in order, what had no PUBREC, to be started as new.
   * What was past PUBREC is done.
   */
  takeUnacknowledged(): UnacknowledgedMessage<Message>[] {
    const unacknowledged = this.inFlight().filter(({ state }) => state !== SenderState.awaitingPubcomp)
    this.clear()
    return unacknowledged.map(({ packetId, qos, message }) => ({ packetId, qos, message }))
  }

  /** The Session ended: nothing is in flight, nothing reserved, and the quota is full again. */
  clear(): void {
    this.#table.clear()
    this.#messages = undefined
    this.#resends = undefined
    this.#owed = 0
    this.#reserved = 0
    this.#quota.restart(this.#quota.start)
  }

  /** Plain data from which `Sender.restore` makes an equal Sender. Reserved identifiers end with their connection and are not in it. */
  snapshot(): SenderSnapshot<Message> {
    return { lastPacketId: this.#last, inFlight: this.inFlight() }
  }

  /** Throws `QosError` where an identifier is out of range or used twice. Everything in flight is owed, as after `resume` with the own limit; call `resume` when the connection is there. */
  static restore<Message>(options: SenderOptions, snapshot: SenderSnapshot<Message>): Sender<Message> {
    const sender = new Sender<Message>(options)
    sender.#last = snapshot.lastPacketId
    for (const { packetId, state, sent, message } of snapshot.inFlight) {
      requirePacketId(packetId)
      if (sender.#table.find(packetId) >= 0)
        throw new QosError('PACKET_IDENTIFIER_IN_USE', `The snapshot uses ${packetId} twice`)
      sender.#insert(packetId, state, sent ? SENT : 0, message)
    }
    sender.resume(options.receiveMaximum)
    return sender
  }

  #begin(qos: 1 | 2, packetId: number, message: Message | undefined, sent: boolean): void {
    this.#quota.take()
    const cell = transition(senderTable, SenderState.free, qos === 1 ? SenderInput.startQos1 : SenderInput.startQos2)
    this.#insert(packetId, nextState(cell), sent ? SENT | COUNTED : COUNTED, message)
    this.#last = packetId
  }

  #insert(packetId: number, state: number, flags: number, message: Message | undefined): void {
    this.#table.insert(packetId, state, flags, this.#position)
    this.#position += 1
    if (message !== undefined) (this.#messages ??= new Map<number, Message>()).set(packetId, message)
  }

  #apply(packetId: number, input: number): SenderOutcomeNumber {
    // Identifier 0 is no identifier [MQTT-2.2.1-3], in an acknowledgement either.
    if (packetId === 0) return SenderOutcome.violation
    const table = this.#table
    const slot = table.find(packetId)
    const state = slot < 0 ? SenderState.free : table.state(slot)
    const cell = transition(senderTable, state, input)
    const outcome = outcomeOf(cell) as SenderOutcomeNumber
    if (slot >= 0 && outcome !== SenderOutcome.violation) this.#settle(packetId, slot, nextState(cell))
    return outcome
  }

  #settle(packetId: number, slot: number, next: number): void {
    const table = this.#table
    // Whatever was owed, its answer came first, or the PUBREL leaves now.
    if (table.has(slot, OWED)) {
      table.unset(slot, OWED)
      this.#owed -= 1
      if (this.#owed === 0) this.#resends = undefined
    }
    if (next === SenderState.awaitingPubcomp) {
      // [MQTT-4.6.0-4] PUBRELs are ordered by their PUBRECs, also when they are sent again.
      if (table.state(slot) !== next) table.setOrder(slot, this.#position++)
      table.setState(slot, next)
      table.set(slot, SENT)
      return
    }
    if (table.state(slot) === SenderState.reserved) this.#reserved -= 1
    if (table.has(slot, COUNTED)) this.#quota.give()
    this.#messages?.delete(packetId)
    table.remove(slot)
  }

  #nextFree(): number {
    const table = this.#table
    if (table.size === MAXIMUM_PACKET_ID) return 0
    let packetId = this.#last
    do packetId = packetId === MAXIMUM_PACKET_ID ? 1 : packetId + 1
    while (table.find(packetId) >= 0)
    return packetId
  }

  #resend(slot: number): SenderResend<Message> {
    const table = this.#table
    const packetId = table.packetId(slot)
    const state = this.#stateAt(slot)
    const dup = this.#isSent(slot)
    table.unset(slot, OWED)
    this.#owed -= 1
    if (this.#owed === 0) this.#resends = undefined
    if (state === SenderState.awaitingPubcomp) return { type: 'pubrel', packetId }
    this.#quota.take()
    table.set(slot, COUNTED | SENT)
    return {
      type: 'publish',
      packetId,
      qos: state === SenderState.awaitingPuback ? 1 : 2,
      dup,
      message: this.message(packetId),
    }
  }

  #isSent(slot: number): boolean {
    return this.#table.has(slot, SENT) || this.#table.order(slot) < this.#sentBefore
  }

  #stateAt(slot: number): SenderStateNumber {
    return this.#table.state(slot) as SenderStateNumber
  }
}
