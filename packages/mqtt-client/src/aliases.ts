import { encodedLength, type PublishPacket } from '@godwit/mqtt-codec'
import { IncomingTopicAliases, OutgoingTopicAliases } from '@godwit/mqtt-qos'
import type { TopicAliases } from './ports/topic-aliases.ts'

export type { ConnectionAliases, TopicAliases } from './ports/topic-aliases.ts'

/**
 * Topic Aliases of both directions, for the option `topicAliases`: a Topic Name that is published again goes as two bytes, the least recently
 * used alias is given to a new one, and the server may do the same.
 *
 * @param maximum in each direction. Default 16; the server's Topic Alias Maximum holds too
 * @see MQTT 5.0 §3.3.2.3.4
 */
export function topicAliases(maximum = 16): TopicAliases {
  return {
    maximum,
    begin(serverMaximum) {
      const incoming = new IncomingTopicAliases(maximum)
      const outgoing = new OutgoingTopicAliases(Math.min(serverMaximum, maximum))
      return {
        topicName({ topicName, properties }) {
          const alias = properties?.topicAlias
          if (alias === undefined) return topicName
          if (topicName === '') return incoming.topic(alias)
          return incoming.set(alias, topicName) ? topicName : undefined
        },
        shorten(packet, maximumBytes) {
          // An alias costs 3 bytes before it saves any, and the property length may need one more.
          if (!mayGrow(packet, maximumBytes - 4)) return packet
          const assigned = outgoing.assign(packet.topicName)
          if (!assigned) return packet
          return {
            ...packet,
            topicName: assigned.isNew ? packet.topicName : '',
            properties: { ...packet.properties, topicAlias: assigned.alias },
          }
        },
      }
    },
  }
}

function mayGrow(packet: PublishPacket, bytes: number): boolean {
  try {
    return encodedLength(packet, 5) <= bytes
  } catch {
    // What cannot be encoded is refused where it is sent.
    return false
  }
}
