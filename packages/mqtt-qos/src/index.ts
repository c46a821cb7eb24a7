export { KeepAlive, KeepAliveOutcome, serverKeepAliveDeadlineMs, type KeepAliveOutcomeNumber } from './keep-alive.ts'
export {
  AWAITING_PUBCOMP,
  COMPLETED,
  QUOTA_EXCEEDED,
  REFUSED,
  REPEAT,
  SEND_PINGREQ,
  SEND_PUBREL,
  TIMED_OUT,
  VIOLATION,
} from './codes.ts'
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
