import { OUTBOX_MESSAGES } from '../clients/library-client.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C3 */
export const clientOfflineQueue: Checker = {
  name: 'C3',
  says: 'what waits for a connection is bounded, and what does not fit is said to be refused',
  *check({ history, places }) {
    for (const place of placesOf({ places }, 'library-stats')) {
      const event = history[place]!
      if (event.type === 'library-stats' && event.queuedMessages > OUTBOX_MESSAGES) {
        yield {
          place,
          text: `${event.client} has ${event.queuedMessages} messages in an outbox for ${OUTBOX_MESSAGES}`,
        }
      }
    }
  },
}
