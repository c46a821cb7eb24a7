import type { Checker } from './checker.ts'
import { lastBefore, placesOf } from './places.ts'
import { timeOf } from './session-times.ts'

/** A broker asks a full disk this often whether it has room again. */
const RECOVERS_MS = 3_000

/** I26 */
export const fullDisk: Checker = {
  name: 'I26',
  says: 'on a full disk nothing new of QoS 1 and 2 is promised, and it goes on by itself when there is room',
  *check(story) {
    const turns = placesOf(story, 'commit-failed', 'started')
    let full: number | undefined
    let freeAt = -Infinity
    for (const place of placesOf(story, 'disk-full', 'disk-free', 'counters')) {
      const event = story.history[place]!
      if (event.type === 'disk-full') full = place
      else if (event.type === 'disk-free') {
        full = undefined
        freeAt = event.at
      } else if (event.type === 'counters' && full === undefined && event.at > freeAt + RECOVERS_MS && !event.health) {
        const turn = story.history[lastBefore(turns, place)]
        if (turn?.type === 'started') yield { place, text: 'the disk has room, and the broker says that it is full' }
      }
    }
    if (!story.places.has('disk-full')) return
    const room = placesOf(story, 'disk-full', 'disk-free', 'started')
    for (const message of story.messages.values()) {
      const { acknowledged, reads, packet } = message
      if (acknowledged === Infinity || packet.qos === 0) continue
      // A Packet Identifier that is still in use is no new message, whatever a hostile client means by it.
      if (reads[0]?.connection.plan.kind === 'hostile') continue
      const since = lastBefore(room, acknowledged)
      const [read] = reads
      // One that was routed before is acknowledged as soon as its commit is through.
      if (story.history[since]?.type !== 'disk-full' || read === undefined || read.at < timeOf(story, since) + 1_000)
        continue
      yield { place: acknowledged, text: `${message.name} was accepted while the disk was full` }
    }
  },
}
