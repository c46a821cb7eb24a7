import { decode, encode, isDecodeFailure } from '@godwit/mqtt-codec'
import type { Checker } from './checker.ts'

/** One packet in so many is looked at. */
const SAMPLE = 29

/** I30 */
export const codec: Checker = {
  name: 'I30',
  says: 'what is written is canonical: decoded and encoded it is the same packet of the same size',
  *check({ connections }) {
    for (const { written, version, id } of connections.values()) {
      for (let each = id % SAMPLE; each < written.length; each += SAMPLE) {
        const { packet, sizeBytes, place } = written[each]!
        const bytes = encode(packet, version)
        const again = decode(bytes, version)
        // Properties that are not there may be left out, or said to be none.
        const said = 'properties' in packet ? packet : { ...packet, properties: {} }
        if (bytes.length !== sizeBytes && encode(said, version).length !== sizeBytes) {
          yield { place, text: `a ${packet.type} of ${sizeBytes} bytes, which has ${bytes.length} when encoded anew` }
        } else if (isDecodeFailure(again) || again.type !== packet.type) {
          yield { place, text: `a ${packet.type} that cannot be decoded again` }
        }
      }
    }
  },
}
