import type { Checker } from './checker.ts'
import { timeOf } from './session-times.ts'

const PATIENCE_MS = 2_500

/** I22 */
export const fairness: Checker = {
  name: 'I22',
  says: 'whoever asks is answered soon, whatever others do',
  *check(story) {
    // Where the broker stands still, or waits for an authenticator or its disk, nobody is answered soon.
    const slow = story.plan.faults.some(({ type }) => ['pause', 'slow-disk', 'disk-full', 'late-timers'].includes(type))
    if (slow) return
    for (const { read, written, disturbed, client, goneForBroker, endedByBroker, life } of story.connections.values()) {
      const end = Math.min(goneForBroker, endedByBroker, story.lives.find((each) => each.life === life)?.ended ?? 0)
      const answers = written.filter(({ packet }) => packet.type === 'pingresp')
      let answered = 0
      for (const { packet, place, at } of read) {
        if (packet.type !== 'pingreq' || disturbed < Infinity) continue
        const answer = answers[answered++]
        const until = Math.min(timeOf(story, end), answer?.at ?? timeOf(story, story.history.length - 1))
        if (until - at > PATIENCE_MS) yield { place, text: `${client} waited ${until - at} ms for a PINGRESP` }
      }
    }
  },
}
