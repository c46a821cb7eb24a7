import type { ConnectionStory, Placed } from './story.ts'

/** What the broker has sent with QoS 1 and 2 on one connection and has no final answer to, after one packet: one object, used again. */
export interface Step {
  readonly placed: Placed
  /** By Packet Identifier, after this packet. */
  readonly outstanding: ReadonlyMap<number, 'publish' | 'pubrel'>
  /** For a PUBLISH: somebody else had its identifier. */
  readonly collision: boolean
}

/** Every packet of the exchange, in the order in which the broker wrote or read it. A generator would cost more than what is asked. */
export const exchange = (connection: Pick<ConnectionStory, 'written' | 'read'>, each: (step: Step) => void): void => {
  const outstanding = new Map<number, 'publish' | 'pubrel'>()
  const step = { placed: undefined as unknown as Placed, outstanding, collision: false }
  const { written, read } = connection
  for (let nextWritten = 0, nextRead = 0; nextWritten < written.length || nextRead < read.length;) {
    const isWritten = (written[nextWritten]?.place ?? Infinity) < (read[nextRead]?.place ?? Infinity)
    const placed = isWritten ? written[nextWritten++]! : read[nextRead++]!
    const { packet } = placed
    let collision = false
    if (isWritten && packet.type === 'publish' && packet.qos > 0) {
      collision = outstanding.has(packet.packetId!)
      outstanding.set(packet.packetId!, 'publish')
    } else if (isWritten && packet.type === 'pubrel') {
      if (!outstanding.has(packet.packetId)) outstanding.set(packet.packetId, 'pubrel')
    } else if (!isWritten && (packet.type === 'puback' || packet.type === 'pubcomp')) {
      outstanding.delete(packet.packetId)
    } else if (!isWritten && packet.type === 'pubrec' && packet.reasonCode >= 0x80) {
      outstanding.delete(packet.packetId)
    } else continue
    step.placed = placed
    step.collision = collision
    each(step)
  }
}
