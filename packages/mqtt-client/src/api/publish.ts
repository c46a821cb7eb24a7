import type { QoS } from '@godwit/mqtt-codec'
import type { CallOptions, UserProperties } from './structural.ts'

export interface PublishOptions extends CallOptions {
  /** Default 0. */
  readonly qos?: QoS | undefined
  /** Default false. */
  readonly retain?: boolean | undefined
  /** The message is dropped, here or at the server, when it waited for longer. Counts down in the outbox. */
  readonly messageExpiryIntervalSeconds?: number | undefined
  readonly contentType?: string | undefined
  readonly responseTopic?: string | undefined
  readonly correlationData?: Uint8Array | undefined
  /** 1: the payload is UTF-8 text. Never set by itself. */
  readonly payloadFormatIndicator?: 0 | 1 | undefined
  readonly userProperties?: UserProperties | undefined
  /** False: never send this Topic Name as an alias. */
  readonly topicAlias?: false | undefined
  /**
   * When the promise resolves. `acked` (default): QoS 1 at PUBACK, QoS 2 at PUBCOMP, QoS 0 when the transport took the bytes.
   * `sent`: when the transport took them, at any QoS. `stored`: when the outbox, and a store that is set, has the message.
   */
  readonly until?: 'acked' | 'sent' | 'stored' | undefined
  /**
   * Without a connection: `queue` in the outbox (default at QoS 1 and 2), `drop` (default at QoS 0: resolves with `dropped: true`), or `reject`
   * with code `OFFLINE`. QoS 0 in the outbox is lost with the connection unless it says `queue`.
   */
  readonly offline?: 'queue' | 'drop' | 'reject' | undefined
}

export interface PublishResult {
  /** Reason Code of PUBACK, PUBREC or PUBCOMP; 0x10 where nobody subscribes and the server says so; 0 at QoS 0. */
  readonly reasonCode: number
  readonly reasonString?: string | undefined
  readonly userProperties?: readonly (readonly [name: string, value: string])[] | undefined
  /** True: a QoS 0 message met no connection and the outbox does not keep such (`offline: 'drop'`). */
  readonly dropped?: boolean | undefined
}
