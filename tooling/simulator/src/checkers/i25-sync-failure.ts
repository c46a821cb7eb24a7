import type { Checker } from './checker.ts'
import { demandedBy, isStored } from './expectations.ts'

/** I25 */
export const syncFailure: Checker = {
  name: 'I25',
  says: 'after a failed fsync nothing is acknowledged that would have to be on the disk, until the broker starts anew',
  *check(story) {
    let failed = false
    for (let place = 0; place < story.history.length; place++) {
      const event = story.history[place]!
      if (event.type === 'commit-failed') failed = true
      else if (event.type === 'started') failed = false
      else if (failed && event.type === 'commit-durable') yield { place, text: 'a commit after one that failed' }
      else if (failed && event.type === 'counters' && event.health) {
        yield { place, text: 'a broker whose store has failed says that it is writable' }
      } else if (failed && event.type === 'written' && event.packet.type === 'suback') {
        const session = story.connections.get(event.connection)?.session
        const granted = event.packet.reasonCodes.some((code) => code < 0x80)
        if (session !== undefined && isStored(story, session) && granted) {
          yield { place, text: `${session.client} was granted a Subscription that cannot be written down` }
        }
      }
    }
    for (const message of story.messages.values()) {
      const failure = story.history.findLastIndex(
        ({ type }, place) => place < message.acknowledged && (type === 'commit-failed' || type === 'started'),
      )
      if (message.acknowledged === Infinity || story.history[failure]?.type !== 'commit-failed') continue
      const owed = story.sessions.filter(
        (session) =>
          isStored(story, session) &&
          session.began < message.firstSent &&
          session.ended > message.acknowledged &&
          demandedBy(story, message, session).length > 0,
      )
      if (owed.length === 0) continue
      yield { place: message.acknowledged, text: `${message.name} was acknowledged after the store had failed` }
    }
  },
}
