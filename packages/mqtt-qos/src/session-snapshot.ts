import { AWAITING_PUBCOMP, FREE } from './codes.ts'
import { QosError, requirePacketId } from './qos-error.ts'
import { Receiver, type ReceiverOptions } from './receiver.ts'
import { Sender, type SenderOptions } from './sender.ts'
import type { SenderState, SenderStateNumber } from './transitions.ts'

/** A message whose PUBLISH was not acknowledged. */
export interface UnacknowledgedMessage<Message> {
  readonly packetId: number
  readonly qos: 1 | 2
  readonly message: Message | undefined
}

/** One outgoing identifier in flight. */
export interface InFlightSnapshot<Message> extends UnacknowledgedMessage<Message> {
  readonly state: Exclude<SenderStateNumber, typeof SenderState.free | typeof SenderState.reserved>
  /** The packet may have left: a resend carries DUP. */
  readonly sent: boolean
}

/** The outgoing half of a Session's state (§4.1), as plain data in order of sending. */
export interface SenderSnapshot<Message> {
  readonly lastPacketId: number
  readonly inFlight: readonly InFlightSnapshot<Message>[]
}

/** The incoming half: QoS 2 identifiers that wait for their PUBREL, ascending. */
export interface ReceiverSnapshot {
  readonly held: readonly number[]
}

/** What the delivery protocol remembers of one Session. */
export interface SessionSnapshot<Message> {
  readonly sender: SenderSnapshot<Message>
  readonly receiver: ReceiverSnapshot
}

/** Plain data from which `restoreSender` makes an equal Sender. Reserved identifiers end with their connection and are not in it. */
export function senderSnapshot<Message>(sender: Sender<Message>): SenderSnapshot<Message> {
  return { lastPacketId: sender.lastPacketId, inFlight: sender.inFlight() }
}

/**
 * Throws `QosError` where an identifier is out of range or used twice. Everything in flight is owed, as after `resume` with the own limit; call
 * `resume` when the connection is there.
 */
export function restoreSender<Message>(options: SenderOptions, snapshot: SenderSnapshot<Message>): Sender<Message> {
  const sender = new Sender<Message>(options)
  for (const entry of snapshot.inFlight) {
    requirePacketId(entry.packetId)
    if (sender.state(entry.packetId) !== FREE)
      throw new QosError('PACKET_IDENTIFIER_IN_USE', `The snapshot uses ${entry.packetId} twice`)
    sender.put(entry)
  }
  sender.lastPacketId = snapshot.lastPacketId
  sender.resume(options.receiveMaximum)
  return sender
}

/**
 * The peer lost the Session (Session Present 0): the Sender forgets everything in flight, and what had no PUBREC comes back, in order, to be
 * started as new. What was past PUBREC is done.
 */
export function takeUnacknowledged<Message>(sender: Sender<Message>): UnacknowledgedMessage<Message>[] {
  const unacknowledged = sender.inFlight().filter(({ state }) => state !== AWAITING_PUBCOMP)
  sender.clear()
  return unacknowledged.map(({ packetId, qos, message }) => ({ packetId, qos, message }))
}

/** Plain data from which `restoreReceiver` makes an equal Receiver. */
export function receiverSnapshot(receiver: Receiver): ReceiverSnapshot {
  return { held: receiver.values() }
}

export function restoreReceiver(options: ReceiverOptions, snapshot: ReceiverSnapshot): Receiver {
  const receiver = new Receiver(options)
  for (const packetId of snapshot.held) receiver.hold(packetId)
  receiver.resume(options.receiveMaximum)
  return receiver
}

/** What changed from one snapshot to a later one. */
export interface SessionDelta<Message> {
  readonly sender: {
    readonly lastPacketId: number
    readonly freed: readonly number[]
    /** Changed where they stand. */
    readonly updated: readonly InFlightSnapshot<Message>[]
    /** New, or moved to the end: appended in this order. */
    readonly appended: readonly InFlightSnapshot<Message>[]
  }
  readonly receiver: { readonly held: readonly number[]; readonly released: readonly number[] }
}

/**
 * What to record so that `before` becomes `after`: `applySessionDelta(before, sessionDelta(before, after))` equals `after`. Messages are compared
 * by identity. Linear in the size of both.
 */
export function sessionDelta<Message>(
  before: SessionSnapshot<Message>,
  after: SessionSnapshot<Message>,
): SessionDelta<Message> {
  const freed: number[] = []
  const updated: InFlightSnapshot<Message>[] = []
  let matched = 0
  for (const entry of before.sender.inFlight) {
    const candidate = after.sender.inFlight[matched]
    if (candidate?.packetId !== entry.packetId) {
      freed.push(entry.packetId)
      continue
    }
    matched += 1
    if (!isSame(entry, candidate)) updated.push(candidate)
  }
  const heldBefore = new Set(before.receiver.held)
  const heldAfter = new Set(after.receiver.held)
  return {
    sender: {
      lastPacketId: after.sender.lastPacketId,
      freed,
      updated,
      appended: after.sender.inFlight.slice(matched),
    },
    receiver: {
      held: after.receiver.held.filter((packetId) => !heldBefore.has(packetId)),
      released: before.receiver.held.filter((packetId) => !heldAfter.has(packetId)),
    },
  }
}

/** The later snapshot, from the earlier one and what changed. */
export function applySessionDelta<Message>(
  before: SessionSnapshot<Message>,
  delta: SessionDelta<Message>,
): SessionSnapshot<Message> {
  const freed = new Set(delta.sender.freed)
  const updated = new Map(delta.sender.updated.map((entry) => [entry.packetId, entry]))
  const kept = before.sender.inFlight.filter(({ packetId }) => !freed.has(packetId))
  const released = new Set(delta.receiver.released)
  const held = before.receiver.held.filter((packetId) => !released.has(packetId))
  return {
    sender: {
      lastPacketId: delta.sender.lastPacketId,
      inFlight: [...kept.map((entry) => updated.get(entry.packetId) ?? entry), ...delta.sender.appended],
    },
    receiver: { held: [...held, ...delta.receiver.held].sort((a, b) => a - b) },
  }
}

function isSame<Message>(a: InFlightSnapshot<Message>, b: InFlightSnapshot<Message>): boolean {
  return a.state === b.state && a.sent === b.sent && a.message === b.message && a.qos === b.qos
}
