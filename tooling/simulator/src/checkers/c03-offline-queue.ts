import { OUTBOX_MESSAGES } from '../clients/library-client.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C3 */
export const clientOfflineQueue: Checker = {
  name: 'C3',
  says: 'what waits for a connection is bounded, and what does not fit is said to be refused',
  *check({ history, places, plan }) {
    for (const place of placesOf({ places }, 'library-stats')) {
      const event = history[place]!
      if (event.type !== 'library-stats') continue
      // What was in flight waits again after a reconnect, in front of a full outbox: it was accepted.
      const version = plan.clients.find(({ name }) => name === event.client)?.version
      const inFlight = Math.min(SEND_MAXIMUM, version === 5 ? (plan.limits.receiveMaximum ?? SEND_MAXIMUM) : Infinity)
      if (event.queuedMessages > OUTBOX_MESSAGES + inFlight) {
        yield {
          place,
          text: `${event.client} has ${event.queuedMessages} messages in an outbox for ${OUTBOX_MESSAGES}, with ${inFlight} in flight`,
        }
      }
    }
  },
}

/** How many a client of the library has in flight of its own accord. */
const SEND_MAXIMUM = 1_024
