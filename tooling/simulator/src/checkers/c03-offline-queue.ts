import { OUTBOX_MESSAGES } from '../clients/library-client.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C3 */
export const clientOfflineQueue: Checker = {
  name: 'C3',
  says: 'what waits for a connection is bounded, and what does not fit is said to be refused',
  *check({ history, places }) {
    /** By client: as many as it was seen to have in flight. */
    const inFlight = new Map<string, number>()
    for (const place of placesOf({ places }, 'library-stats')) {
      const event = history[place]!
      if (event.type !== 'library-stats') continue
      const { client, queuedMessages, unacknowledgedMessages } = event
      // They wait again after a reconnect, in front of an outbox that may be full: they were accepted.
      const most = Math.max(unacknowledgedMessages, inFlight.get(client) ?? 0)
      inFlight.set(client, most)
      if (queuedMessages > OUTBOX_MESSAGES + most) {
        yield {
          place,
          text: `${client} has ${queuedMessages} messages in an outbox for ${OUTBOX_MESSAGES}, and never more than ${most} in flight`,
        }
      }
    }
  },
}
