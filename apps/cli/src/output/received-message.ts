import type { PublishProperties, QoS } from '@godwit/mqtt-codec'
import type { Moment } from './strftime.ts'

/** What the output formats know of a message. The client's Message fits; `packetId` only where it is known. */
export interface ReceivedMessage {
  readonly topicName: string
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  readonly packetId?: number | undefined
  readonly properties: PublishProperties
  readonly receivedAt: Moment
}
