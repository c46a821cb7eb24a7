import type { Checker } from './checker.ts'
import { exchange } from './outstanding.ts'

/** I7 */
export const packetIdentifiers: Checker = {
  name: 'I7',
  says: 'a Packet Identifier is never 0, and never in use twice in one direction',
  *check({ connections }) {
    for (const connection of connections.values()) {
      for (const { placed, collision } of exchange(connection)) {
        const { packet, place } = placed
        if (packet.type !== 'publish') continue
        if (packet.packetId === 0) yield { place, text: 'Packet Identifier 0' }
        if (collision) yield { place, text: `${connection.client} was sent Packet Identifier ${packet.packetId} twice` }
      }
    }
  },
}
