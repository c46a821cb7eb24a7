import type { Checker } from './checker.ts'
import { libraryConnections } from './client-library.ts'

/** C1 */
export const clientPacketIdentifiers: Checker = {
  name: 'C1',
  says: 'the client never uses a Packet Identifier that is in use',
  *check(story) {
    for (const connection of libraryConnections(story)) {
      const inUse = new Set<number>()
      const { sent, received } = connection
      for (let nextSent = 0, nextReceived = 0; nextSent < sent.length || nextReceived < received.length;) {
        const isSent = (sent[nextSent]?.place ?? Infinity) < (received[nextReceived]?.place ?? Infinity)
        const { packet, place } = isSent ? sent[nextSent++]! : received[nextReceived++]!
        if (isSent) {
          const starts = packet.type === 'publish' || packet.type === 'subscribe' || packet.type === 'unsubscribe'
          if (!starts || packet.packetId === undefined) continue
          if (packet.packetId === 0 || inUse.has(packet.packetId)) {
            yield { place, text: `${connection.client} used Packet Identifier ${packet.packetId}, which is in use` }
          }
          inUse.add(packet.packetId)
        } else if (['puback', 'pubcomp', 'suback', 'unsuback'].includes(packet.type) && 'packetId' in packet) {
          inUse.delete(packet.packetId)
        } else if (packet.type === 'pubrec' && packet.reasonCode >= 0x80) inUse.delete(packet.packetId)
      }
    }
  },
}
