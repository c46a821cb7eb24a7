/**
 * The delivery protocol of MQTT §4.3 as data. The rules of this file:
 *
 * 1. Every change of state of an identifier, in either direction, is a row here. The machines look rows up, they decide nothing.
 * 2. What is absent is illegal: the state stays as it is and the outcome is a violation.
 * 3. Rows know no quota, no order and no message; those belong to the machines.
 *
 * The tests walk every state x every input, and `docs/state-machines.md` and the tables of `transition-tables.ts` are generated from the rows.
 */
import {
  ABANDON,
  ACCEPT,
  AWAITING_PUBACK,
  AWAITING_PUBCOMP,
  AWAITING_PUBREC,
  AWAITING_PUBREL,
  COMPLETED,
  DISCARD,
  FREE,
  HELD,
  HOLD,
  IDENTIFIER_FREED,
  IDENTIFIER_TAKEN,
  IGNORED,
  PUBACK,
  PUBACK_REFUSED,
  PUBCOMP,
  PUBLISH_BEYOND_QUOTA,
  PUBLISH_QOS_1,
  PUBLISH_QOS_2,
  PUBREC,
  PUBREC_REFUSED,
  PUBREL,
  QUOTA_EXCEEDED,
  REFUSED,
  RELEASE,
  RELEASED,
  REPEAT,
  RESERVE,
  RESERVED,
  SEND_PUBLISH,
  SEND_PUBREL,
  START_QOS_1,
  START_QOS_2,
  UNKNOWN,
  VIOLATION,
} from './codes.ts'

/** What an outgoing Packet Identifier is waiting for. `reserved`: in use by a SUBSCRIBE or UNSUBSCRIBE, not by a PUBLISH. */
export const SenderState = {
  free: FREE,
  awaitingPuback: AWAITING_PUBACK,
  awaitingPubrec: AWAITING_PUBREC,
  awaitingPubcomp: AWAITING_PUBCOMP,
  reserved: RESERVED,
} as const
export type SenderStateName = keyof typeof SenderState
export type SenderStateNumber = (typeof SenderState)[SenderStateName]

/**
 * What may happen to an outgoing identifier. `...Refused` is the acknowledgement with a Reason Code of 0x80 or more; `abandon` gives up a PUBLISH
 * that never left, `discard` one that may have left on an earlier connection.
 */
export const SenderInput = {
  startQos1: START_QOS_1,
  startQos2: START_QOS_2,
  puback: PUBACK,
  pubackRefused: PUBACK_REFUSED,
  pubrec: PUBREC,
  pubrecRefused: PUBREC_REFUSED,
  pubcomp: PUBCOMP,
  abandon: ABANDON,
  discard: DISCARD,
  reserve: RESERVE,
  release: RELEASE,
} as const
export type SenderInputName = keyof typeof SenderInput

/**
 * What the caller of the `Sender` has to do.
 *
 * - `ignored`: nothing; a late acknowledgement of an identifier that is already free.
 * - `completed`: the message was delivered, its identifier is free.
 * - `sendPubrel`: answer with PUBREL, Reason Code 0x00, same identifier.
 * - `violation`: the peer broke the protocol: close (MQTT 5.0: DISCONNECT 0x82 first).
 * - `refused`: the receiver refused the message with 0x80 or more; it is done, its identifier is free.
 */
export const SenderOutcome = {
  ignored: IGNORED,
  completed: COMPLETED,
  sendPubrel: SEND_PUBREL,
  violation: VIOLATION,
  refused: REFUSED,
  sendPublish: SEND_PUBLISH,
  identifierTaken: IDENTIFIER_TAKEN,
  identifierFreed: IDENTIFIER_FREED,
} as const
export type SenderOutcomeName = keyof typeof SenderOutcome
export type SenderOutcomeNumber = (typeof SenderOutcome)[SenderOutcomeName]

/** What an incoming QoS 2 identifier is waiting for. QoS 1 leaves no state behind. */
export const ReceiverState = { free: FREE, awaitingPubrel: AWAITING_PUBREL } as const
export type ReceiverStateName = keyof typeof ReceiverState

/** What may happen to an incoming identifier. `publishBeyondQuota`: any PUBLISH that our Receive Maximum does not allow. */
export const ReceiverInput = {
  publishQos1: PUBLISH_QOS_1,
  publishQos2: PUBLISH_QOS_2,
  publishBeyondQuota: PUBLISH_BEYOND_QUOTA,
  hold: HOLD,
  pubrel: PUBREL,
} as const
export type ReceiverInputName = keyof typeof ReceiverInput

/**
 * What the caller of the `Receiver` has to do.
 *
 * - `accept`: a new message: judge and route it, then acknowledge.
 * - `repeat`: a QoS 2 message that was already accepted: send PUBREC 0x00, route nothing.
 * - `quotaExceeded`: more unacknowledged messages than our Receive Maximum: DISCONNECT 0x93, close.
 */
export const ReceiverOutcome = {
  accept: ACCEPT,
  repeat: REPEAT,
  quotaExceeded: QUOTA_EXCEEDED,
  held: HELD,
  released: RELEASED,
  unknown: UNKNOWN,
} as const
export type ReceiverOutcomeName = keyof typeof ReceiverOutcome
export type ReceiverOutcomeNumber = (typeof ReceiverOutcome)[ReceiverOutcomeName]

/** One row: in state `from`, input `on` leads to state `to`, and `outcome` says what to do. */
export interface Transition<State extends string, Input extends string, Outcome extends string> {
  readonly from: State
  readonly on: Input
  readonly to: State
  readonly outcome: Outcome
}
export type SenderTransition = Transition<SenderStateName, SenderInputName, SenderOutcomeName>
export type ReceiverTransition = Transition<ReceiverStateName, ReceiverInputName, ReceiverOutcomeName>

/** Outgoing QoS 1 and 2 (§4.3.2, §4.3.3), one identifier. */
export const senderTransitions: readonly SenderTransition[] = [
  // [MQTT-4.3.2-3] [MQTT-4.3.3-3] A started message is unacknowledged until its answer.
  { from: 'free', on: 'startQos1', to: 'awaitingPuback', outcome: 'sendPublish' },
  { from: 'free', on: 'startQos2', to: 'awaitingPubrec', outcome: 'sendPublish' },
  { from: 'awaitingPuback', on: 'puback', to: 'free', outcome: 'completed' },
  // [MQTT-4.4.0-2] 0x80 and above acknowledges too: never sent again.
  { from: 'awaitingPuback', on: 'pubackRefused', to: 'free', outcome: 'refused' },
  { from: 'awaitingPubrec', on: 'pubrec', to: 'awaitingPubcomp', outcome: 'sendPubrel' },
  { from: 'awaitingPubrec', on: 'pubrecRefused', to: 'free', outcome: 'refused' },
  { from: 'awaitingPubcomp', on: 'pubcomp', to: 'free', outcome: 'completed' },
  // A second PUBREC, whatever its code, is answered as the first was: the PUBREL that is owed ends the exchange.
  { from: 'awaitingPubcomp', on: 'pubrec', to: 'awaitingPubcomp', outcome: 'sendPubrel' },
  { from: 'awaitingPubcomp', on: 'pubrecRefused', to: 'awaitingPubcomp', outcome: 'sendPubrel' },
  // Late answers to what is done. PUBREC is answered, or a receiver that lost our state would hold its identifier for ever.
  { from: 'free', on: 'puback', to: 'free', outcome: 'ignored' },
  { from: 'free', on: 'pubackRefused', to: 'free', outcome: 'ignored' },
  { from: 'free', on: 'pubrec', to: 'free', outcome: 'sendPubrel' },
  { from: 'free', on: 'pubrecRefused', to: 'free', outcome: 'ignored' },
  { from: 'free', on: 'pubcomp', to: 'free', outcome: 'ignored' },
  // [MQTT-3.1.2-25] Given up by us. QoS 2 that may have arrived ends with PUBREL, since the receiver may hold the identifier.
  { from: 'awaitingPuback', on: 'abandon', to: 'free', outcome: 'completed' },
  { from: 'awaitingPubrec', on: 'abandon', to: 'free', outcome: 'completed' },
  { from: 'awaitingPuback', on: 'discard', to: 'free', outcome: 'completed' },
  { from: 'awaitingPubrec', on: 'discard', to: 'awaitingPubcomp', outcome: 'sendPubrel' },
  // [MQTT-2.2.1-3] SUBSCRIBE and UNSUBSCRIBE take their identifiers from the same range.
  { from: 'free', on: 'reserve', to: 'reserved', outcome: 'identifierTaken' },
  { from: 'reserved', on: 'release', to: 'free', outcome: 'identifierFreed' },
]

/** Incoming QoS 1 and 2 (§4.3.2, §4.3.3), one identifier. */
export const receiverTransitions: readonly ReceiverTransition[] = [
  // [MQTT-4.3.2-5] After PUBACK the identifier means a new message whatever DUP says, so QoS 1 holds nothing.
  { from: 'free', on: 'publishQos1', to: 'free', outcome: 'accept' },
  { from: 'awaitingPubrel', on: 'publishQos1', to: 'awaitingPubrel', outcome: 'accept' },
  // [MQTT-4.3.3-9] A refused message is never held: its identifier means a new message again.
  { from: 'free', on: 'publishQos2', to: 'free', outcome: 'accept' },
  { from: 'free', on: 'hold', to: 'awaitingPubrel', outcome: 'held' },
  { from: 'awaitingPubrel', on: 'hold', to: 'awaitingPubrel', outcome: 'held' },
  // [MQTT-4.3.3-10] Before PUBREL a repeat is acknowledged again and never routed again, whatever it carries.
  { from: 'awaitingPubrel', on: 'publishQos2', to: 'awaitingPubrel', outcome: 'repeat' },
  // [MQTT-4.3.3-12] After PUBCOMP the identifier means a new message.
  { from: 'awaitingPubrel', on: 'pubrel', to: 'free', outcome: 'released' },
  // A resent PUBREL whose PUBCOMP was lost: it is answered again.
  { from: 'free', on: 'pubrel', to: 'free', outcome: 'unknown' },
  { from: 'free', on: 'publishBeyondQuota', to: 'free', outcome: 'quotaExceeded' },
  { from: 'awaitingPubrel', on: 'publishBeyondQuota', to: 'awaitingPubrel', outcome: 'quotaExceeded' },
]
