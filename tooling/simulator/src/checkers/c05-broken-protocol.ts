import type { Checker } from './checker.ts'

/** C5 */
export const clientSurvives: Checker = {
  name: 'C5',
  says: 'whatever a server sends, nothing is thrown at the application',
  *check({ history }) {
    for (let place = 0; place < history.length; place++) {
      const event = history[place]!
      if (event.type === 'library-threw') yield { place, text: `${event.client} threw: ${event.text}` }
    }
  },
}
