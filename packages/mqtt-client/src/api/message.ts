import type { PublishProperties, QoS } from '@godwit/mqtt-codec'
import type { TopicParameters } from '@godwit/mqtt-topics'
import type { PublishOptions, PublishResult } from './publish.ts'
import type { Payload } from './structural.ts'

/** An Application Message that came in. `F` is the Topic Filter as it was written, with its named parameters. */
export interface Message<F extends string = string> {
  readonly topicName: string
  /** It may be kept. Small payloads that came together share their memory, as Buffers of Node do: what is behind `.buffer` is more than this. */
  readonly payload: Uint8Array
  readonly qos: QoS
  readonly retain: boolean
  readonly dup: boolean
  /** 5.0; empty for 3.1 and 3.1.1. */
  readonly properties: PublishProperties
  /** `site/+id/temp` gives `{ id }`. */
  readonly parameters: TopicParameters<F>
  /** The payload as UTF-8 text; ill-formed bytes become U+FFFD. */
  text(): string
  /** The payload as JSON; throws SyntaxError when it is none. `T` is not checked. */
  json<T = unknown>(): T
  /**
   * Acknowledges QoS 1 and 2; a Reason Code of 0x80 and above refuses the message (5.0).
   * Later calls, and calls after the connection that brought the message is gone, do nothing.
   */
  ack(reasonCode?: number): void
  /** Publishes to the message's Response Topic with its Correlation Data. */
  reply(payload: Payload, options?: PublishOptions): Promise<PublishResult>
}
