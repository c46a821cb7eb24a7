import type { Checker } from './checker.ts'
import { libraryConnections } from './client-library.ts'

/** C9 */
export const clientSessionLost: Checker = {
  name: 'C9',
  says: 'where its Session is gone the client subscribes once more, and sends what had no PUBREC as new',
  *check(story) {
    for (const connection of libraryConnections(story)) {
      const { connack, accepted, client } = connection
      if (!accepted || connack!.packet.sessionPresent) continue
      const sent = connection.sent
      const filters = new Map<string, number>()
      for (const { packet, place } of sent) {
        if (packet.type === 'publish' && packet.dup) {
          yield { place, text: `${client} sent DUP on a connection whose Session is new` }
        } else if (
          packet.type === 'pubrel' &&
          !connection.received.some(({ packet: each }) => each.type === 'pubrec')
        ) {
          yield { place, text: `${client} sent a PUBREL on a connection whose Session is new` }
        } else if (packet.type === 'subscribe' && place < (connection.received[1]?.place ?? Infinity)) {
          for (const { topicFilter } of packet.subscriptions) {
            filters.set(topicFilter, (filters.get(topicFilter) ?? 0) + 1)
          }
        }
      }
      // An application may have asked for the same filter again.
      const { operations } = story.plan
      for (const [topicFilter, count] of filters) {
        const asked = operations.filter(
          (each) => each.type === 'subscribe' && each.client === client && each.topicFilter === topicFilter,
        )
        if (count > 1 + asked.length)
          yield { place: connack!.place, text: `${client} subscribed ${count} times to ${topicFilter}` }
      }
    }
  },
}
