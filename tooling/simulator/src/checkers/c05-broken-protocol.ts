import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C5 */
export const clientSurvives: Checker = {
  name: 'C5',
  says: 'whatever a server sends, nothing is thrown at the application',
  *check({ history, places }) {
    for (const place of placesOf({ places }, 'library-threw')) {
      const event = history[place]!
      if (event.type === 'library-threw') yield { place, text: `${event.client} threw: ${event.text}` }
    }
  },
}
