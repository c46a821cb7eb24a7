import type { Checker } from './checker.ts'
import { libraryConnections } from './client-library.ts'
import { placesOf } from './places.ts'
import { timeOf } from './session-times.ts'

/** C8 */
export const clientKeepAlive: Checker = {
  name: 'C8',
  says: 'the client is never silent for longer than its Keep Alive, and gives up no connection that answers',
  *check(story) {
    const connections = libraryConnections(story)
    for (const connection of connections) {
      const { accepted, connect, connack, goneForClient, received, client } = connection
      if (!accepted || received.length === 0) continue
      const seconds = connack!.packet.properties?.serverKeepAliveSeconds ?? connect!.packet.keepAliveSeconds
      if (seconds === 0) continue
      let last = received[0]!.at
      const end = timeOf(story, Math.min(goneForClient, story.leaving))
      for (const { at, place } of [...connection.sent, { at: end, place: story.leaving }]) {
        if (at - last > seconds * 1_000 + 1_000) yield { place, text: `${client} was silent for ${at - last} ms` }
        last = Math.max(last, at)
      }
    }
    for (const place of placesOf(story, 'library-offline')) {
      const event = story.history[place]!
      if (event.type !== 'library-offline' || event.code !== 'KEEP_ALIVE_TIMEOUT') continue
      const connection = connections.findLast(({ client, opened }) => client === event.client && opened < place)
      const last = connection?.received.findLast((each) => each.place < place)
      if (last !== undefined && event.at - last.at < 10_000) {
        yield { place, text: `${event.client} gave up a connection that had answered ${event.at - last.at} ms ago` }
      }
    }
  },
}
