import { SECRET } from '../clients/library-client.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** What has a text. */
const SAYING = ['library-offline', 'library-error', 'library-threw'] as const

/** C11 */
export const clientSecrets: Checker = {
  name: 'C11',
  says: 'the server is verified in every attempt, and no text has the password in it',
  *check({ history, places }) {
    for (const place of placesOf({ places }, 'library-dial', ...SAYING)) {
      const event = history[place]!
      if (event.type === 'library-dial' && !event.verifies) {
        yield { place, text: `${event.client} dialled ${event.url} without verifying who is there` }
      } else if ('text' in event && event.text.includes(SECRET)) {
        yield { place, text: `${event.client} said the password aloud` }
      }
    }
  },
}
