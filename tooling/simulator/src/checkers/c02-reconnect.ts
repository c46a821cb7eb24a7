import { LONGEST_WAIT_MS } from '../clients/library-client.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

const LARGEST_MS = LONGEST_WAIT_MS

/** C2 */
export const clientReconnect: Checker = {
  name: 'C2',
  says: 'the client waits within a window that ends at the largest it was given, and dials no sooner than it says',
  *check({ history, places }) {
    const waiting = new Map<string, number>()
    for (const place of placesOf({ places }, 'library-retry', 'library-dial', 'library-restarted')) {
      const event = history[place]!
      if (event.type === 'library-retry') {
        // A server that said that it is busy, or shuts down, is given the widest window at once.
        if (event.delayMs < 0 || event.delayMs > LARGEST_MS) {
          yield { place, text: `${event.client} waits ${event.delayMs} ms before attempt ${event.attempt}` }
        }
        waiting.set(event.client, event.at + event.delayMs)
      } else if (event.type === 'library-dial') {
        const at = waiting.get(event.client)
        if (at !== undefined && event.at < at - 1)
          yield { place, text: `${event.client} dialled ${at - event.at} ms early` }
        waiting.delete(event.client)
      } else if (event.type === 'library-restarted') waiting.delete(event.client)
    }
  },
}
