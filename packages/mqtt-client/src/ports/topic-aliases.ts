import type { PublishPacket } from '@godwit/mqtt-codec'

/** Topic Aliases of both directions, 5.0: `topicAliases()` of `@godwit/mqtt-client/aliases`. */
export interface TopicAliases {
  /** How many the server may use: Topic Alias Maximum of CONNECT. */
  readonly maximum: number
  /**
   * Those of one connection, which none outlives [MQTT-3.3.2-7].
   *
   * @param serverMaximum Topic Alias Maximum of CONNACK
   */
  begin(serverMaximum: number): ConnectionAliases
}

export interface ConnectionAliases {
  /** The Topic Name of an incoming message; undefined where its alias is none of this connection. */
  topicName(packet: PublishPacket): string | undefined
  /** The packet to send instead, never larger than `maximumBytes` where this one is not. */
  shorten(packet: PublishPacket, maximumBytes: number): PublishPacket
}
