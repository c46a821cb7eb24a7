import type { ClientInfo } from './client-info.ts'
import type { Message } from './interceptor.ts'

/** Why a message did not reach a Session. Each is also a counter. */
export type DropReason =
  | 'not-authorized'
  | 'queue-full'
  | 'session-offline'
  | 'slow-client'
  | 'packet-too-large'
  | 'message-expired'
  | 'no-group-member'
  | 'refused-by-interceptor'
  | 'retained-limit'
  | 'payload-format-invalid'
  | 'store-damaged'
  | 'store-unavailable'

/** Sees what happens and changes nothing; a throw is logged and ignored. Objects are built only where one is registered. */
export interface Observer {
  clientConnected?(client: ClientInfo): void
  clientGone?(client: ClientInfo, reasonCode: number, reason: string): void
  messagePublished?(client: ClientInfo | undefined, message: Message): void
  messageDelivered?(clientId: string, message: Message): void
  messageDropped?(clientId: string, message: Message, reason: DropReason): void
  /** `client` is undefined where the Network Connection ended before its CONNECT was accepted. */
  clientRefused?(clientId: string, reasonCode: number, reason: string): void
}
