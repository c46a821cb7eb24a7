import type { Checker } from './checker.ts'
import { demandsOf } from './demands.ts'
import { isStored } from './stored-sessions.ts'
import { lastBefore, placesOf } from './places.ts'
import { readCommits } from './stored-records.ts'

/** I25 */
export const syncFailure: Checker = {
  name: 'I25',
  says: 'after a failed fsync nothing is acknowledged that would have to be on the disk, until the broker starts anew',
  *check(story) {
    if (!story.places.has('commit-failed')) return
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
    const turns = placesOf(story, 'commit-failed', 'started')
    for (const { message, session } of demandsOf(story)) {
      const failure = lastBefore(turns, message.acknowledged)
      if (story.history[failure]?.type !== 'commit-failed') continue
      if (!isStored(story, session) || session.began > message.firstSent) continue
      if (session.ended < message.acknowledged) continue
      // It was on the disk before, and only its acknowledgement is late: that of a repeat, on a later connection.
      if (readCommits(story).has('message', message.name, message.firstSent, failure)) continue
      yield { place: message.acknowledged, text: `${message.name} was acknowledged after the store had failed` }
    }
  },
}
