import { isReasonCodeOf, PacketType } from '@godwit/mqtt-codec'
import type { Checker } from './checker.ts'
import { placesOf } from './places.ts'

/** I34 */
export const reasonCodes: Checker = {
  name: 'I34',
  says: 'every Reason Code may stand where it stands, and a 3.1.1 client never sees a byte of 5.0',
  *check(story) {
    for (const { version, written, client } of story.connections.values()) {
      for (const { packet, place } of written) {
        if (version !== 5) {
          if (packet.type === 'auth' || packet.type === 'disconnect') {
            yield { place, text: `a ${packet.type} for ${client}, which speaks 3.1.1` }
          }
          continue
        }
        const codes = 'reasonCodes' in packet ? packet.reasonCodes : 'reasonCode' in packet ? [packet.reasonCode] : []
        for (const code of codes) {
          if (!isReasonCodeOf(PacketType[packet.type], code)) {
            yield { place, text: `a ${packet.type} with Reason Code 0x${code.toString(16)} for ${client}` }
          }
        }
      }
    }
    for (const place of placesOf(story, 'garbage-written')) {
      const event = story.history[place]!
      if (event.type !== 'garbage-written') continue
      const client = story.connections.get(event.connection)?.client ?? ''
      yield { place, text: `bytes that are no packet were written to ${client}: ${event.reason}` }
    }
  },
}
