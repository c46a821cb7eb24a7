import type { PublishPacket } from '@godwit/mqtt-codec'

/** The Topic Name of a PUBLISH on a connection whose Topic Aliases are known, which it may set. */
export const topicOf = (packet: PublishPacket, aliases: Map<number, string>): string => {
  const alias = packet.properties?.topicAlias
  if (alias === undefined) return packet.topicName
  if (packet.topicName !== '') aliases.set(alias, packet.topicName)
  return aliases.get(alias) ?? ''
}
