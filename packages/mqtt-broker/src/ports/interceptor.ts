import type { PublishProperties, QoS } from '@godwit/mqtt-codec'
import type { ClientInfo } from './client-info.ts'
import type { Refusal } from './grant.ts'

/** An Application Message, as interceptors and observers see it. The payload is valid during the call only. */
export interface Message {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  readonly properties?: PublishProperties
}

/**
 * May refuse with a Reason Code or rewrite; asked in order, synchronously. Rights are checked after rewrites, so that a
 * rewrite cannot pass them by. `undefined` leaves things as they are.
 */
export interface Interceptor {
  readonly name: string
  publish?(client: ClientInfo, message: Message): Message | Refusal | undefined
  subscribe?(client: ClientInfo, topicFilter: string): string | Refusal | undefined
}
