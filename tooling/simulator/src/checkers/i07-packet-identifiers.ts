import type { Checker, Finding } from './checker.ts'
import { exchange } from './outstanding.ts'

/** I7 */
export const packetIdentifiers: Checker = {
  name: 'I7',
  says: 'a Packet Identifier is never 0, and never in use twice in one direction',
  *check({ connections }) {
    for (const connection of connections.values()) {
      const findings: Finding[] = []
      exchange(connection, ({ placed: { packet, place }, collision }) => {
        if (packet.type !== 'publish') return
        if (packet.packetId === 0) findings.push({ place, text: 'Packet Identifier 0' })
        if (collision) {
          findings.push({ place, text: `${connection.client} was sent Packet Identifier ${packet.packetId} twice` })
        }
      })
      yield* findings
    }
  },
}
