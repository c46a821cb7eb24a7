import type { Checker } from './checker.ts'

/** C4 */
export const clientStore: Checker = {
  name: 'C4',
  says: 'a client with a store sends what it had accepted also after its process has ended',
  *check(story) {
    for (const plan of story.plan.clients) {
      if (plan.kind !== 'library' || plan.sessionExpiryIntervalSeconds === 0) continue
      for (let place = 0; place < story.history.length; place++) {
        const event = story.history[place]!
        if (event.type !== 'library-publish' || event.client !== plan.name || event.qos === 0) continue
        const settled = story.history.some(
          (each) => each.type === 'library-settled' && each.message === event.message && each.client === plan.name,
        )
        const restart = story.history.find(
          (each, at) => each.type === 'library-restarted' && each.client === plan.name && at > place,
        )
        // A commit takes a moment: what was published as the process ended was not accepted yet.
        if (settled || restart === undefined || restart.at < event.at + 100) continue
        const operation = story.plan.operations.find(
          (each) => each.type === 'publish' && each.message === event.message,
        )
        if (operation?.type !== 'publish' || operation.empty) continue
        if (operation.messageExpiryIntervalSeconds !== undefined) continue
        const message = story.messages.get(event.message)
        if (message === undefined)
          yield { place, text: `${event.message} was accepted by ${plan.name}, and never sent` }
      }
    }
  },
}
