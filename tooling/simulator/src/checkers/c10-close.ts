import type { HistoryEvent } from '../history.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C10 */
export const clientClose: Checker = {
  name: 'C10',
  says: 'when a client has closed every promise has settled, and it has left no timer',
  *check({ history, places, plan, leaving }) {
    for (const { kind, name } of plan.clients) {
      if (kind !== 'library') continue
      const place = placesOf({ places }, 'library-closed').find((each) => clientOf(history[each]!) === name)
      const closed = place === undefined ? undefined : history[place]
      if (place === undefined || closed?.type !== 'library-closed') {
        yield { place: leaving, text: `${name} never closed` }
      } else if (closed.timers > 0 || closed.unsettled > 0) {
        yield { place, text: `${name} closed with ${closed.timers} timers and ${closed.unsettled} open promises` }
      }
    }
  },
}

const clientOf = (event: HistoryEvent): string => ('client' in event ? event.client : '')
