/**
 * Outgoing QoS 1 and 2 of one Session. The rules of this file:
 *
 * 1. The machine owns its state and calls nobody; what changes an identifier's state is a row of `transitions.ts`.
 * 2. Only `resume` and `resends`, after a reconnect, ever send anything again [MQTT-4.4.0-1].
 * 3. The numeric methods allocate nothing where `message` is undefined; `handleSenderEvent` is built on them.
 */
import { assert } from './assert.ts'
import {
  ABANDON,
  AWAITING_PUBACK,
  AWAITING_PUBCOMP,
  DISCARD,
  FREE,
  IDENTIFIER_FREED,
  PUBACK,
  PUBACK_REFUSED,
  PUBCOMP,
  PUBREC,
  PUBREC_REFUSED,
  RELEASE,
  RESERVED,
  SEND_PUBREL,
  START_QOS_1,
  START_QOS_2,
  VIOLATION,
} from './codes.ts'
import {
  COUNTED,
  EARLIER,
  InFlightTable,
  OWED,
  PACKET_ID_MASK,
  SENT,
  STATE_MASK,
  STATE_SHIFT,
} from './in-flight-table.ts'
import type { PacketIdentifierSource } from './packet-identifiers.ts'
import { MAXIMUM_PACKET_ID } from './qos-error.ts'
import { SendQuota } from './send-quota.ts'
import type { InFlightSnapshot } from './session-snapshot.ts'
import { cellOf, senderTable } from './transition-tables.ts'
import type { SenderOutcomeNumber, SenderStateNumber } from './transitions.ts'

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
  /** The identifier that was given out last: the next one is looked for behind it. */
  lastPacketId = 0
  readonly #quota: SendQuota
  readonly #table = new InFlightTable()
  #messages: Map<number, Message> | undefined
  #reserved = 0
  /** What `resends` still looks at, in order of sending, from the first that may be owed. Nothing starts while anything is. */
  #resends: number[] = NONE
  #nextResend = 0
  #owed = 0
  /** Those of them that are a PUBREL. */
  #owedPubrels = 0
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
   * @param chosen an identifier, 1 to 65,535; 0 comes back where it is in use
   */
  start(qos: 1 | 2, message: Message | undefined, sent = true, chosen = 0): number {
    if (this.quota === 0 || (chosen !== 0 && this.#table.find(chosen) >= 0)) return 0
    const packetId = chosen || this.#nextFree()
    if (packetId === 0) return 0
    this.#quota.take()
    const cell = cellOf(senderTable, FREE, qos === 1 ? START_QOS_1 : START_QOS_2)
    this.#insert(packetId, cell & 0x0f, sent ? SENT | COUNTED : COUNTED, message)
    return packetId
  }

  /** Puts a message in flight that was so before, with an identifier that is free: call `resume` when all are there. */
  put({ packetId, state, sent, message }: InFlightSnapshot<Message>): void {
    this.#insert(packetId, state, sent ? SENT : 0, message)
  }

  /** Read `message(packetId)` before, where it is needed after the end of the exchange. */
  onPuback(packetId: number, reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, reasonCode < 0x80 ? PUBACK : PUBACK_REFUSED)
  }

  /** [MQTT-4.3.3-4] `sendPubrel` also for an identifier that is not in flight, and for a second PUBREC. */
  onPubrec(packetId: number, reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, reasonCode < 0x80 ? PUBREC : PUBREC_REFUSED)
  }

  /** The Reason Code changes nothing: 0x92 too says that the receiver holds the identifier no longer. */
  onPubcomp(packetId: number, _reasonCode: number): SenderOutcomeNumber {
    return this.#apply(packetId, PUBCOMP)
  }

  /**
   * Gives up a message that `start` or `resends` gave out and that cannot be sent, such as one above the Maximum Packet Size: it counts as done
   * [MQTT-3.1.2-25], and what it took of the quota comes back. `completed`: its identifier is free. `sendPubrel`: QoS 2 that left on an earlier
   * connection, whose identifier the receiver may hold; PUBREL ends that. `violation`: no PUBLISH of that identifier is unacknowledged.
   */
  abandon(packetId: number): SenderOutcomeNumber {
    const { words } = this.#table
    const slot = this.#table.find(packetId)
    if (slot < 0 || !((words[slot] as number) & EARLIER)) return this.#apply(packetId, ABANDON)
    const outcome = this.#apply(packetId, DISCARD)
    if (outcome === SEND_PUBREL && (words[slot] as number) & COUNTED) {
      words[slot] = (words[slot] as number) & ~COUNTED
      this.#giveBack()
    }
    return outcome
  }

  /** An identifier for a SUBSCRIBE or UNSUBSCRIBE, which share the range with PUBLISH [MQTT-2.2.1-3]; 0 where all are in use. Costs no quota. */
  take(): number {
    const packetId = this.#nextFree()
    if (packetId !== 0) {
      this.#table.insert(packetId, RESERVED, 0, this.#position)
      this.lastPacketId = packetId
      this.#reserved += 1
    }
    return packetId
  }

  /** Frees what `take` gave, never what a message uses; false where `take` gave no such identifier. */
  free(packetId: number): boolean {
    return this.#apply(packetId, RELEASE) === IDENTIFIER_FREED
  }

  message(packetId: number): Message | undefined {
    return this.#messages?.get(packetId)
  }

  /** Everything in flight, in order of sending. Allocates. */
  inFlight(): InFlightSnapshot<Message>[] {
    return this.#slots().map((slot) => {
      const word = this.#table.words[slot] as number
      const packetId = word & PACKET_ID_MASK
      const state = stateOf(word) as InFlightSnapshot<Message>['state']
      const qos = state === AWAITING_PUBACK ? 1 : 2
      return { packetId, qos, state, sent: this.#isSent(slot), message: this.message(packetId) }
    })
  }

  /** The messages in flight that are kept, in order of sending. Allocates. */
  messages(): Message[] {
    return this.inFlight().flatMap(({ message }) => message ?? [])
  }

  state(packetId: number): SenderStateNumber {
    const slot = this.#table.find(packetId)
    return slot < 0 ? FREE : stateOf(this.#table.words[slot] as number)
  }

  /** The PUBLISH of this identifier has left. */
  markSent(packetId: number): void {
    const slot = this.#table.find(packetId)
    if (slot >= 0) this.#table.words[slot] = (this.#table.words[slot] as number) | SENT
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
    const { words } = this.#table
    this.#quota.restart(receiveMaximum)
    this.#owedPubrels = 0
    this.#nextResend = 0
    this.#resends = this.#slots().map((slot) => {
      const word = words[slot] as number
      words[slot] = (word & ~COUNTED) | OWED | (this.#isSent(slot) ? SENT | EARLIER : 0)
      if (stateOf(word) === AWAITING_PUBCOMP) this.#owedPubrels += 1
      return word & PACKET_ID_MASK
    })
    this.#owed = this.#resends.length
  }

  /**
   * At most `maximum` packets to send again, in the order in which they were first sent [MQTT-4.6.0-1]. A PUBREL is never held back by the quota
   * [MQTT-4.9.0-3], a PUBLISH is: call again, after each acknowledgement, while `owed` is above 0.
   */
  resends(maximum = Number.POSITIVE_INFINITY): SenderResend<Message>[] {
    const { words } = this.#table
    const resends: SenderResend<Message>[] = []
    for (let index = this.#nextResend; this.#owed > 0 && resends.length < maximum; index += 1) {
      const packetId = this.#resends[index]
      if (packetId === undefined) break
      const slot = this.#table.find(packetId)
      const word = slot < 0 ? 0 : (words[slot] as number)
      const isPubrel = stateOf(word) === AWAITING_PUBCOMP
      if (word & OWED) {
        if (!isPubrel && this.#quota.available === 0) {
          // Only a PUBREL may pass it.
          if (this.#owedPubrels === 0) break
          continue
        }
        resends.push(this.#resend(slot, word))
      }
      // Given out, or its answer came first.
      if (index === this.#nextResend) this.#nextResend += 1
    }
    return resends
  }

  /** The Session ended: nothing is in flight, nothing reserved, and the quota is full again. */
  clear(): void {
    this.#table.clear()
    this.#messages = undefined
    this.#owed = this.#owedPubrels = 0
    this.#reserved = 0
    this.#quota.restart(this.#quota.start)
  }

  #insert(packetId: number, state: number, flags: number, message: Message | undefined): void {
    this.#table.insert(packetId, state, flags, this.#position)
    this.#position += 1
    this.lastPacketId = packetId
    if (message !== undefined) (this.#messages ??= new Map<number, Message>()).set(packetId, message)
  }

  #apply(packetId: number, input: number): SenderOutcomeNumber {
    // Identifier 0 is no identifier [MQTT-2.2.1-3], in an acknowledgement either.
    if (packetId === 0) return VIOLATION
    const slot = this.#table.find(packetId)
    const word = slot < 0 ? 0 : (this.#table.words[slot] as number)
    const cell = cellOf(senderTable, stateOf(word), input)
    const outcome = (cell >> 4) as SenderOutcomeNumber
    if (slot >= 0 && outcome !== VIOLATION) this.#settle(slot, word, cell & 0x0f)
    return outcome
  }

  #settle(slot: number, word: number, next: number): void {
    const table = this.#table
    const state = stateOf(word)
    // Whatever was owed, its answer came first, or the PUBREL leaves now.
    if (word & OWED) this.#noLongerOwed(state)
    if (next === AWAITING_PUBCOMP) {
      // [MQTT-4.6.0-4] PUBRELs are ordered by their PUBRECs, also when they are sent again.
      if (state !== next) table.orders[slot] = this.#position++
      table.words[slot] = (word & ~(STATE_MASK | OWED)) | (next << STATE_SHIFT) | SENT
      return
    }
    if (state === RESERVED) this.#reserved -= 1
    if (word & COUNTED) this.#giveBack()
    this.#messages?.delete(word & PACKET_ID_MASK)
    table.remove(slot)
  }

  #giveBack(): void {
    assert(this.#quota.available < this.#quota.start, 'no more of the send quota comes back than was taken')
    this.#quota.give()
  }

  #noLongerOwed(state: number): void {
    this.#owed -= 1
    if (state === AWAITING_PUBCOMP) this.#owedPubrels -= 1
    assert(this.#owedPubrels >= 0 && this.#owed >= this.#owedPubrels, 'what is owed was counted when it became so')
  }

  #nextFree(): number {
    const table = this.#table
    if (table.size === MAXIMUM_PACKET_ID) return 0
    let packetId = this.lastPacketId
    do packetId = packetId === MAXIMUM_PACKET_ID ? 1 : packetId + 1
    while (table.find(packetId) >= 0)
    return packetId
  }

  #resend(slot: number, word: number): SenderResend<Message> {
    const { words } = this.#table
    const packetId = word & PACKET_ID_MASK
    const state = stateOf(word)
    const dup = this.#isSent(slot)
    this.#noLongerOwed(state)
    words[slot] = word & ~OWED
    if (state === AWAITING_PUBCOMP) return { type: 'pubrel', packetId }
    this.#quota.take()
    words[slot] = (word & ~OWED) | COUNTED | SENT
    return { type: 'publish', packetId, qos: state === AWAITING_PUBACK ? 1 : 2, dup, message: this.message(packetId) }
  }

  /** Those of messages, in order of sending. */
  #slots(): number[] {
    return this.#table.slots().filter((slot) => stateOf(this.#table.words[slot] as number) !== RESERVED)
  }

  #isSent(slot: number): boolean {
    return ((this.#table.words[slot] as number) & SENT) !== 0 || (this.#table.orders[slot] as number) < this.#sentBefore
  }
}

const NONE: number[] = []

const stateOf = (word: number) => ((word & STATE_MASK) >> STATE_SHIFT) as SenderStateNumber
