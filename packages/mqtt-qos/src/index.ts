export { KeepAlive, KeepAliveOutcome, serverKeepAliveDeadlineMs, type KeepAliveOutcomeNumber } from './keep-alive.ts'
export {
  ABANDON,
  ACCEPT,
  AWAITING_PUBACK,
  AWAITING_PUBCOMP,
  AWAITING_PUBREC,
  AWAITING_PUBREL,
  COMPLETED,
  DISCARD,
  FREE,
  HOLD,
  PUBACK,
  PUBCOMP,
  PUBLISH_QOS_1,
  PUBLISH_QOS_2,
  PUBREC,
  PUBREL,
  QUOTA_EXCEEDED,
  REFUSED,
  RELEASED,
  REPEAT,
  RESERVED,
  SEND_PINGREQ,
  SEND_PUBREL,
  START_QOS_1,
  START_QOS_2,
  TIMED_OUT,
  VIOLATION,
} from './codes.ts'
export { cellOf, receiverTable, senderTable, type TransitionTable } from './transition-tables.ts'
export { isMessageExpired, messageExpiryDeadlineMs, remainingExpiryIntervalSeconds } from './message-expiry.ts'
export { PacketIdentifiers, type PacketIdentifierSource } from './packet-identifiers.ts'
export { QosError, type QosErrorCode } from './qos-error.ts'
export { Receiver, type ReceiverOptions } from './receiver.ts'
export { handleReceiverEvent, type ReceiverAction, type ReceiverEvent } from './receiver-actions.ts'
export { SendQuota } from './send-quota.ts'
export { Sender, type SenderOptions, type SenderResend } from './sender.ts'
export { startWith } from './start-with.ts'
export { handleSenderEvent, type SenderAction, type SenderEvent } from './sender-actions.ts'
export {
  applySessionDelta,
  receiverSnapshot,
  restoreReceiver,
  restoreSender,
  senderSnapshot,
  sessionDelta,
  takeUnacknowledged,
  type InFlightSnapshot,
  type ReceiverSnapshot,
  type SenderSnapshot,
  type SessionDelta,
  type SessionSnapshot,
  type UnacknowledgedMessage,
} from './session-snapshot.ts'
export { IncomingTopicAliases, OutgoingTopicAliases, type AliasAssignment } from './topic-aliases.ts'
export {
  ReceiverInput,
  ReceiverOutcome,
  ReceiverState,
  receiverTransitions,
  SenderInput,
  SenderOutcome,
  SenderState,
  senderTransitions,
  type ReceiverInputName,
  type ReceiverOutcomeName,
  type ReceiverOutcomeNumber,
  type ReceiverStateName,
  type ReceiverTransition,
  type SenderInputName,
  type SenderOutcomeName,
  type SenderOutcomeNumber,
  type SenderStateName,
  type SenderStateNumber,
  type SenderTransition,
  type Transition,
} from './transitions.ts'
