import { SERVER_ATTACKS } from '../clients/hostile-server.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** So long may it take a client to see what it has got. */
const MOMENT_MS = 1_000

const hostileServer = (invariant: 'C6' | 'C7', says: string): Checker => ({
  name: invariant,
  says,
  *check({ history, places, connections }) {
    for (const place of placesOf({ places }, 'injected')) {
      const event = history[place]!
      if (event.type !== 'injected') continue
      const attack = SERVER_ATTACKS[event.kind]!
      if (attack.invariant !== invariant) continue
      const { client, goneForClient } = connections.get(event.connection)!
      const goneAt = history[goneForClient]?.at ?? Infinity
      if (attack.ends && goneAt > event.at + MOMENT_MS) {
        yield { place, text: `${client} got ${event.kind} and stayed` }
      } else if (!attack.ends && goneAt <= event.at + MOMENT_MS) {
        // What comes behind it may be worse, and a process that ends leaves for no reason: neither says anything about this.
        const why = history.find(
          (each, at) =>
            at > place &&
            (((each.type === 'library-offline' || each.type === 'library-restarted') && each.client === client) ||
              (each.type === 'injected' && each.connection === event.connection)),
        )
        if (why?.type === 'library-offline' && why.code === 'PROTOCOL_ERROR') {
          yield { place, text: `${client} left for ${event.kind}` }
        }
      }
    }
  },
})

const endings = hostileServer(
  'C6',
  'an answer to nothing changes nothing, a packet that breaks the protocol ends the connection, and no other does',
)

/** C6 */
export const answersToNothing: Checker = {
  ...endings,
  *check(story) {
    yield* endings.check(story)
    const { history, connectionsOf } = story
    const injected = new Set<number>()
    for (const place of placesOf(story, 'injected')) {
      const event = history[place]!
      if (event.type === 'injected') injected.add(event.connection)
    }
    for (const place of placesOf(story, 'library-offline')) {
      const event = history[place]!
      if (event.type !== 'library-offline' || event.code !== 'PROTOCOL_ERROR') continue
      const connection = connectionsOf.get(event.client)?.findLast(({ opened }) => opened < place)
      // The broker keeps the protocol: who leaves it for breaking it is wrong, unless somebody else spoke in its name.
      if (connection === undefined || injected.has(connection.id)) continue
      yield { place, text: `${event.client} left a server that had done nothing wrong: ${event.text}` }
    }
  },
}

/** C7 */
export const promisedBytes = hostileServer('C7', 'the client waits for no packet larger than it takes')
