import type { CountersSeen } from '../history.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** Tags of records that may be left when everybody has gone: format, clock, retained messages. */
const MAY_STAY = new Set(['v', 'c', 'r'])
const NONE_LEFT: readonly (keyof CountersSeen)[] = [
  'connections',
  'sessions',
  'subscriptions',
  'queuedMessages',
  'queuedBytes',
  'unauthenticatedConnections',
  'unauthenticatedBytes',
]

/** I20 */
export const leaks: Checker = {
  name: 'I20',
  says: 'when everybody has gone nothing is left of them, in memory or on the disk',
  *check(story) {
    const place = story.history.findLastIndex(({ type }) => type === 'counters')
    const last = story.history[place]
    if (last?.type === 'counters' && place > story.leaving) {
      for (const name of NONE_LEFT) {
        if (last.counters[name] !== 0)
          yield { place, text: `${name} is ${last.counters[name]} when everybody has gone` }
      }
    }
    for (const [tag, count] of story.recordsLeft) {
      const letter = String.fromCharCode(tag)
      if (!MAY_STAY.has(letter)) yield { place, text: `${count} records of kind "${letter}" are left in the store` }
    }
    for (const each of placesOf(story, 'counters')) {
      const event = story.history[each]!
      if (event.type !== 'counters') continue
      const negative = Object.entries(event.counters).find(([, value]) => value < 0)
      if (negative !== undefined) yield { place: each, text: `${negative[0]} is ${negative[1]}` }
      if (event.counters.queuedMessages === 0 && event.counters.queuedBytes !== 0) {
        yield { place: each, text: `nothing is queued, and it has ${event.counters.queuedBytes} bytes` }
      }
    }
  },
}
