import type { Receiver } from '../receiver.ts'
import type { Sender } from '../sender.ts'
import type { ReceiverSnapshot, SenderSnapshot } from '../session-snapshot.ts'

/** An application message of the simulation: unique, so that a checker can tell one from another. */
export interface TestMessage {
  readonly serial: number
  readonly qos: 1 | 2
  /** The receiver refuses it with a Reason Code of 0x80 or more, each time it is new. */
  readonly refused: boolean
}

/** What travels on the link. */
export type WirePacket =
  | { readonly type: 'publish'; readonly packetId: number; readonly dup: boolean; readonly message: TestMessage }
  | {
      readonly type: 'puback' | 'pubrec' | 'pubrel' | 'pubcomp'
      readonly packetId: number
      readonly reasonCode: number
    }

/** Where the simulation gets its machines from; a test of the tests passes broken ones. */
export interface DeliveryMachines {
  sender(receiveMaximum: number, snapshot: SenderSnapshot<TestMessage>): Sender<TestMessage>
  receiver(receiveMaximum: number, snapshot: ReceiverSnapshot): Receiver
}

/** What an observer from outside sees of one peer. */
export interface DeliveryObserver {
  /** Put on the link. */
  packetSent(packet: WirePacket): void
  /** Taken from the link by the peer, before it acts. */
  packetReceived(packet: WirePacket): void
  /** The peer gave the message to its application. */
  messageDelivered(message: TestMessage): void
  /** The peer's own message was acknowledged to the end. */
  messageSettled(message: TestMessage, refused: boolean): void
}

export type DeliveryFaultCode =
  | 'PROTOCOL_VIOLATED'
  | 'IDENTIFIER_REUSED'
  | 'QUOTA_EXCEEDED'
  | 'QUOTA_LEAKED'
  | 'MESSAGE_LOST'
  | 'MESSAGE_REPEATED'
  | 'MESSAGE_INVENTED'
  | 'MESSAGE_SETTLED_TWICE'
  | 'ORDER_BROKEN'
  | 'DUP_WRONG'
  | 'SESSION_LEFT_OVER'
  | 'NOT_DRAINED'

/** Thrown where a history breaks a rule of §4.3, §4.4, §4.6 or §4.9. */
export class DeliveryFault extends Error {
  readonly code: DeliveryFaultCode

  constructor(code: DeliveryFaultCode, message: string) {
    super(`${code}: ${message}`)
    this.name = 'DeliveryFault'
    this.code = code
  }
}
