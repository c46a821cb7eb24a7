import { ReasonCode } from '@godwit/mqtt-codec'
import type { Sender, SenderResend } from './sender.ts'
import { takeUnacknowledged } from './session-snapshot.ts'
import { SenderOutcome, type SenderOutcomeNumber } from './transitions.ts'

/** What happens to a `Sender`. */
export type SenderEvent<Message> =
  /** The application has a message; refused with `publish-deferred` where it has to wait. */
  | { readonly type: 'publish-requested'; readonly qos: 1 | 2; readonly message: Message }
  | { readonly type: 'puback-received'; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: 'pubrec-received'; readonly packetId: number; readonly reasonCode: number }
  | { readonly type: 'pubcomp-received'; readonly packetId: number; readonly reasonCode: number }
  /** CONNACK or CONNECT of the peer. `sessionPresent` false: it remembers nothing, so what had no PUBREC starts as new. */
  | { readonly type: 'connection-opened'; readonly receiveMaximum: number; readonly sessionPresent: boolean }

/** What the caller of a `Sender` has to do, in this order. */
export type SenderAction<Message> =
  | {
      readonly type: 'publish-sent'
      readonly packetId: number
      readonly qos: 1 | 2
      readonly dup: boolean
      readonly message: Message | undefined
    }
  | { readonly type: 'pubrel-sent'; readonly packetId: number; readonly reasonCode: number }
  /** No quota or no identifier: keep the message, ask again after the next `message-completed` or `message-refused`. */
  | { readonly type: 'publish-deferred'; readonly qos: 1 | 2; readonly message: Message | undefined }
  | {
      readonly type: 'message-completed'
      readonly packetId: number
      readonly reasonCode: number
      readonly message: Message | undefined
    }
  | {
      readonly type: 'message-refused'
      readonly packetId: number
      readonly reasonCode: number
      readonly message: Message | undefined
    }
  /** The peer broke the protocol: DISCONNECT with this Reason Code where the version has it, then close. */
  | { readonly type: 'connection-failed'; readonly reasonCode: number }

/**
 * One event, and what to do about it: the readable face of a `Sender`, for those who use it alone. Beside the class, so that who uses the numeric
 * methods does not ship it.
 */
export function handleSenderEvent<Message>(
  sender: Sender<Message>,
  event: SenderEvent<Message>,
): SenderAction<Message>[] {
  switch (event.type) {
    case 'publish-requested':
      return [start(sender, event.qos, event.message)]
    case 'connection-opened':
      return open(sender, event.receiveMaximum, event.sessionPresent)
    case 'puback-received':
    case 'pubrec-received':
    case 'pubcomp-received':
      return acknowledge(sender, event.type, event.packetId, event.reasonCode)
  }
}

function start<Message>(sender: Sender<Message>, qos: 1 | 2, message: Message | undefined): SenderAction<Message> {
  const packetId = sender.start(qos, message)
  if (packetId === 0) return { type: 'publish-deferred', qos, message }
  return { type: 'publish-sent', packetId, qos, dup: false, message }
}

function open<Message>(
  sender: Sender<Message>,
  receiveMaximum: number,
  sessionPresent: boolean,
): SenderAction<Message>[] {
  const restarted = sessionPresent ? [] : takeUnacknowledged(sender)
  sender.resume(receiveMaximum)
  return [...resend(sender), ...restarted.map(({ qos, message }) => start(sender, qos, message))]
}

function acknowledge<Message>(
  sender: Sender<Message>,
  type: 'puback-received' | 'pubrec-received' | 'pubcomp-received',
  packetId: number,
  reasonCode: number,
): SenderAction<Message>[] {
  // Read before: the end of the exchange forgets it.
  const message = sender.message(packetId)
  const outcome = apply(sender, type, packetId, reasonCode)
  switch (outcome) {
    case SenderOutcome.completed:
      return [{ type: 'message-completed', packetId, reasonCode, message }, ...resend(sender)]
    case SenderOutcome.refused:
      return [{ type: 'message-refused', packetId, reasonCode, message }, ...resend(sender)]
    case SenderOutcome.sendPubrel:
      return [{ type: 'pubrel-sent', packetId, reasonCode: ReasonCode.Success }]
    case SenderOutcome.violation:
      return [{ type: 'connection-failed', reasonCode: ReasonCode.ProtocolError }]
    default:
      return []
  }
}

function apply<Message>(
  sender: Sender<Message>,
  type: 'puback-received' | 'pubrec-received' | 'pubcomp-received',
  packetId: number,
  reasonCode: number,
): SenderOutcomeNumber {
  if (type === 'puback-received') return sender.onPuback(packetId, reasonCode)
  if (type === 'pubrec-received') return sender.onPubrec(packetId, reasonCode)
  return sender.onPubcomp(packetId, reasonCode)
}

function resend<Message>(sender: Sender<Message>): SenderAction<Message>[] {
  return sender
    .resends()
    .map((packet: SenderResend<Message>) =>
      packet.type === 'publish'
        ? { type: 'publish-sent', packetId: packet.packetId, qos: packet.qos, dup: packet.dup, message: packet.message }
        : { type: 'pubrel-sent', packetId: packet.packetId, reasonCode: ReasonCode.Success },
    )
}
