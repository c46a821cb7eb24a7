import type { Checker } from './checker.ts'

/** I24 */
export const recovery: Checker = {
  name: 'I24',
  says: 'a broker starts on everything that was acknowledged, and refuses to start on what is damaged',
  *check(story) {
    if (!story.places.has('disk-damaged') && !story.places.has('start-refused')) return
    let damaged = false
    for (let place = 0; place < story.history.length; place++) {
      const event = story.history[place]!
      if (event.type === 'disk-damaged') damaged = true
      else if (event.type === 'disk-repaired') damaged = false
      else if (event.type === 'start-refused' && !damaged) {
        yield { place, text: `the broker refused to start with ${event.code}, and the disk is whole` }
      } else if (
        event.type === 'start-refused' &&
        !/^(DAMAGED|STORE_(DAMAGED|UNREADABLE|FORMAT_UNKNOWN))$/.test(event.code)
      ) {
        yield { place, text: `the broker refused to start with ${event.code}` }
      } else if (event.type === 'written' && damaged && event.packet.type === 'connack') {
        yield { place, text: 'a broker works on a disk that is damaged' }
      }
    }
  },
}
