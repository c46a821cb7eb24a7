import type { ConnectionStory, Placed } from './story.ts'

/** What the broker has sent with QoS 1 and 2 on one connection and has no final answer to, packet by packet. */
export interface Step extends Placed {
  /** By Packet Identifier, after this packet: the PUBLISH, or `pubrel`. */
  readonly outstanding: ReadonlyMap<number, string>
  /** For a PUBLISH: somebody else had its identifier. */
  readonly collision: boolean
}

/** Every packet of the exchange, in the order in which the broker wrote or read it. */
export const exchange = function* (connection: ConnectionStory, nameOf: (packet: Placed) => string): Generator<Step> {
  const outstanding = new Map<number, string>()
  const places = [...connection.written.map(written), ...connection.read.map(read)]
  places.sort((one, other) => one.placed.place - other.placed.place)
  for (const { placed, isWritten } of places) {
    const { packet } = placed
    let collision = false
    if (isWritten && packet.type === 'publish' && packet.qos > 0) {
      collision = outstanding.has(packet.packetId!)
      outstanding.set(packet.packetId!, nameOf(placed))
    } else if (isWritten && packet.type === 'pubrel') {
      if (!outstanding.has(packet.packetId)) outstanding.set(packet.packetId, 'pubrel')
    } else if (!isWritten && (packet.type === 'puback' || packet.type === 'pubcomp')) {
      outstanding.delete(packet.packetId)
    } else if (!isWritten && packet.type === 'pubrec' && packet.reasonCode >= 0x80) {
      outstanding.delete(packet.packetId)
    } else continue
    yield { ...placed, outstanding, collision }
  }
}

const written = (placed: Placed) => ({ placed, isWritten: true })
const read = (placed: Placed) => ({ placed, isWritten: false })
