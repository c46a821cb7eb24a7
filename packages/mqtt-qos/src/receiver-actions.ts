import { ReasonCode } from '@godwit/mqtt-codec'
import type { Receiver } from './receiver.ts'
import { ReceiverOutcome } from './transitions.ts'

/** What happens to a `Receiver`. */
export type ReceiverEvent =
  | {
      readonly type: 'publish-received'
      readonly qos: 1 | 2
      readonly packetId: number
      /** The verdict on it if it is new: the Reason Code to acknowledge it with, 0x00 by default. */
      readonly reasonCode?: number
    }
  | { readonly type: 'pubrel-received'; readonly packetId: number }
  /** `sessionPresent` false: the Session is new, nothing is held. */
  | { readonly type: 'connection-opened'; readonly receiveMaximum: number; readonly sessionPresent: boolean }

/** What the caller of a `Receiver` has to do, in this order. An acknowledgement leaves after what stands before it is safe. */
export type ReceiverAction =
  | { readonly type: 'message-routed'; readonly qos: 1 | 2; readonly packetId: number }
  | { readonly type: 'identifier-stored'; readonly packetId: number }
  | { readonly type: 'identifier-freed'; readonly packetId: number }
  | { readonly type: 'puback-sent'; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: 'pubrec-sent'; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: 'pubcomp-sent'; readonly packetId: number; readonly reasonCode: number }
  /** The peer broke the protocol: DISCONNECT with this Reason Code where the version has it, then close. */
  | { readonly type: 'connection-failed'; readonly reasonCode: number }

/** One event, and what to do about it: the readable face of a `Receiver`, for those who use it alone. */
export function handleReceiverEvent(receiver: Receiver, event: ReceiverEvent): ReceiverAction[] {
  switch (event.type) {
    case 'publish-received':
      return publish(receiver, event.qos, event.packetId, event.reasonCode ?? ReasonCode.Success)
    case 'pubrel-received':
      return pubrel(receiver, event.packetId)
    case 'connection-opened':
      if (!event.sessionPresent) receiver.clear()
      receiver.resume(event.receiveMaximum)
      return []
  }
}

function publish(receiver: Receiver, qos: 1 | 2, packetId: number, reasonCode: number): ReceiverAction[] {
  const outcome = receiver.onPublish(qos, packetId)
  if (outcome === ReceiverOutcome.quotaExceeded)
    return [{ type: 'connection-failed', reasonCode: ReasonCode.ReceiveMaximumExceeded }]
  if (outcome === ReceiverOutcome.repeat) return [{ type: 'pubrec-sent', packetId, reasonCode: ReasonCode.Success }]
  const refused = reasonCode >= 0x80
  const routed: ReceiverAction[] = refused ? [] : [{ type: 'message-routed', qos, packetId }]
  if (qos === 1) {
    receiver.acknowledged()
    return [...routed, { type: 'puback-sent', packetId, reasonCode }]
  }
  const acknowledgement: ReceiverAction = { type: 'pubrec-sent', packetId, reasonCode }
  if (refused) {
    receiver.acknowledged()
    return [acknowledgement]
  }
  receiver.hold(packetId)
  return [...routed, { type: 'identifier-stored', packetId }, acknowledgement]
}

function pubrel(receiver: Receiver, packetId: number): ReceiverAction[] {
  const freed: ReceiverAction[] = receiver.onPubrel(packetId) ? [{ type: 'identifier-freed', packetId }] : []
  return [...freed, { type: 'pubcomp-sent', packetId, reasonCode: ReasonCode.Success }]
}
