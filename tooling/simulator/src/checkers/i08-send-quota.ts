import type { Checker, Finding } from './checker.ts'
import { exchange } from './outstanding.ts'

/** I8 */
export const sendQuota: Checker = {
  name: 'I8',
  says: 'no more is outstanding than the Receive Maximum of the client',
  *check({ connections, plan }) {
    for (const connection of connections.values()) {
      const { connect, version } = connection
      const maximum =
        version === 5
          ? (connect?.packet.properties?.receiveMaximum ?? 0xffff)
          : (plan.limits.maximumInflightMessages ?? Infinity)
      // PUBRELs of an earlier connection are not held back by the quota.
      const resumed = new Set<number>()
      const findings: Finding[] = []
      exchange(connection, ({ placed: { packet, place }, outstanding }) => {
        if (packet.type === 'pubrel' && outstanding.get(packet.packetId) === 'pubrel') resumed.add(packet.packetId)
        if (packet.type !== 'publish' || outstanding.size <= maximum) return
        let size = outstanding.size
        for (const packetId of resumed) if (outstanding.has(packetId)) size--
        if (size > maximum) {
          const text = `${size} messages are outstanding for ${connection.client}, which takes ${maximum}`
          findings.push({ place, text })
        }
      })
      yield* findings
    }
  },
}
