import type { Checker } from './checker.ts'

/** I9 */
export const maximumPacketSize: Checker = {
  name: 'I9',
  says: 'no packet is larger than the Maximum Packet Size of the client',
  *check({ connections }) {
    for (const { connect, written, client } of connections.values()) {
      const maximum = connect?.packet.properties?.maximumPacketSizeBytes
      if (maximum === undefined) continue
      for (const { packet, sizeBytes, place } of written) {
        if (sizeBytes > maximum) {
          yield { place, text: `a ${packet.type} of ${sizeBytes} bytes for ${client}, which takes ${maximum}` }
        }
      }
    }
  },
}
