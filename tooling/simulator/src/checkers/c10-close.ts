import type { Checker } from './checker.ts'

/** C10 */
export const clientClose: Checker = {
  name: 'C10',
  says: 'when a client has closed every promise has settled, and it has left no timer',
  *check({ history, plan, leaving }) {
    for (const { kind, name } of plan.clients) {
      if (kind !== 'library') continue
      const place = history.findIndex((event) => event.type === 'library-closed' && event.client === name)
      const closed = history[place]
      if (closed?.type !== 'library-closed') {
        yield { place: leaving, text: `${name} never closed` }
      } else if (closed.timers > 0 || closed.unsettled > 0) {
        yield { place, text: `${name} closed with ${closed.timers} timers and ${closed.unsettled} open promises` }
      }
    }
  },
}
