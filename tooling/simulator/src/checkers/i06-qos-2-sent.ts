import { messageOf } from '../clients/payload.ts'
import type { Checker } from './checker.ts'
import { mayHaveEnded } from './session-times.ts'
import { isStored } from './stored-sessions.ts'
import type { ConnectionStory, Placed, Story } from './story.ts'

/** I6 */
export const qos2Sent: Checker = {
  name: 'I6',
  says: 'behind PUBREC no PUBLISH is sent again; the PUBREL that is owed is, before anything new',
  *check(story) {
    for (const session of story.sessions) {
      /** Identifiers whose PUBREL was written and whose PUBCOMP has not been read, and where it was written first. */
      const owed = new Map<number, number>()
      const released = new Set<string>()
      const names = new Map<number, string>()
      let life = -1
      for (const connection of session.connections) {
        const mayBeAnother = mayHaveEnded(story, session) < connection.opened
        if (mayBeAnother || (connection.life !== life && !isStored(story, session))) owed.clear()
        life = connection.life
        const missing = new Map(owed)
        for (const { packet, place } of inOrder(connection)) {
          if (packet.type === 'publish' && packet.qos === 2) {
            const message = story.messages.get(nameOf(story, place))
            const name = message?.name ?? ''
            names.set(packet.packetId!, name)
            if (packet.dup && released.has(`${packet.packetId} ${name}`)) {
              yield { place, text: `${name} was sent to ${session.client} again after its PUBREL` }
            }
            if (missing.size === 0 || packet.dup) continue
            // One that came before the PUBREC may have waited at the gate, in its place before the PUBREL.
            if ((message?.reads[0]?.place ?? -1) > Math.max(...missing.values())) {
              yield {
                place,
                text: `${session.client} was sent ${name} before the PUBREL of ${[...missing.keys()].join(', ')}`,
              }
              missing.clear()
            }
          } else if (packet.type === 'pubrel') {
            missing.delete(packet.packetId)
            if (!owed.has(packet.packetId)) owed.set(packet.packetId, place)
            released.add(`${packet.packetId} ${names.get(packet.packetId) ?? ''}`)
          } else if (packet.type === 'pubcomp') {
            owed.delete(packet.packetId)
            missing.delete(packet.packetId)
            released.delete(`${packet.packetId} ${names.get(packet.packetId) ?? ''}`)
          }
        }
      }
    }
  },
}

const nameOf = (story: Story, place: number): string => {
  const event = story.history[place]
  return event?.type === 'written' && event.packet.type === 'publish' ? messageOf(event.packet.payload) : ''
}

/** What the broker wrote, and what it read of acknowledgements, in order. */
const inOrder = ({ written, read }: ConnectionStory): readonly Placed[] => {
  const places: Placed[] = []
  let next = 0
  for (const placed of read) {
    if (placed.packet.type !== 'pubcomp') continue
    while (next < written.length && written[next]!.place < placed.place) places.push(written[next++]!)
    places.push(placed)
  }
  if (next === 0) return written
  while (next < written.length) places.push(written[next++]!)
  return places
}
