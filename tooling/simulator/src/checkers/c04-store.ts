import type { HistoryEvent } from '../history.ts'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** C4 */
export const clientStore: Checker = {
  name: 'C4',
  says: 'a client with a store sends what it had accepted also after its process has ended',
  *check(story) {
    const { history } = story
    const settled = new Set<string>()
    for (const place of placesOf(story, 'library-settled')) {
      const event = history[place]!
      if (event.type === 'library-settled') settled.add(event.message)
    }
    const restarts = placesOf(story, 'library-restarted')
    const lasting = new Set(
      story.plan.clients.filter((plan) => plan.sessionExpiryIntervalSeconds > 0).map(({ name }) => name),
    )
    for (const place of placesOf(story, 'library-publish')) {
      const event = history[place]!
      if (event.type !== 'library-publish' || event.qos === 0 || !lasting.has(event.client)) continue
      if (settled.has(event.message) || story.messages.has(event.message)) continue
      const restart = restarts.find((each) => each > place && clientOf(history[each]!) === event.client)
      // A commit takes a moment: what was published as the process ended was not accepted yet.
      if (restart === undefined || history[restart]!.at < event.at + 100) continue
      const operation = story.plan.operations.find((each) => each.type === 'publish' && each.message === event.message)
      if (operation?.type !== 'publish' || operation.empty) continue
      if (operation.messageExpiryIntervalSeconds !== undefined) continue
      yield { place, text: `${event.message} was accepted by ${event.client}, and never sent` }
    }
  },
}

const clientOf = (event: HistoryEvent): string => ('client' in event ? event.client : '')
