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

/** C6 */
export const answersToNothing = hostileServer(
  'C6',
  'an answer to nothing changes nothing, and a packet that breaks the protocol ends the connection',
)

/** C7 */
export const promisedBytes = hostileServer('C7', 'the client waits for no packet larger than it takes')
