import { decode, encode, isDecodeFailure, type Packet, type ProtocolVersion, type QoS } from '@godwit/mqtt-codec'
import { corpus } from '../corpus.ts'
import { hexOf } from '../finding.ts'
import { Mutator } from '../mutate.ts'
import type { Random } from '../random.ts'
import { PINGREQ } from './wire-client.ts'

/** What one Client does. */
export interface Step {
  readonly place: number
  readonly version: ProtocolVersion
  readonly act: 'connect' | 'send' | 'cut'
  readonly bytes: Uint8Array
  /** The packet as it was meant; undefined where it was changed. */
  readonly packet: Packet | undefined
}

export const PLACES = 3
const STEPS = 24
const TOLD_BYTES = 48
const CLIENT_IDS = ['one', 'two', 'three'] as const
const TOPICS = ['a', 'a/b', 'b', 'a/b/c'] as const
const FILTERS = ['a', 'a/b', '#', '+/b', 'a/#', 'b', '+', 'a/b/#'] as const

/** A conversation whose steps do not depend on what is answered: the same bytes go to every broker. */
export const script = (random: Random): readonly Step[] => {
  const versions: ProtocolVersion[] = []
  const mutator = new Mutator(
    random,
    corpus().map(({ bytes }) => bytes),
  )
  return Array.from({ length: STEPS }, (_, number): Step => {
    const place = random.below(PLACES)
    const known = versions[place]
    if (known === undefined || random.oneIn(9)) {
      const version = (versions[place] = random.pick([4, 5] as const))
      const packet = connect(random, version)
      return { place, version, act: 'connect', bytes: bytesOf(packet, version), packet }
    }
    if (random.oneIn(24)) return { place, version: known, act: 'cut', bytes: new Uint8Array(0), packet: undefined }
    const packet = something(random, known, number + 1)
    if (!random.oneIn(12)) return { place, version: known, act: 'send', bytes: bytesOf(packet, known), packet }
    mutator.mutate(bytesOf(packet, known))
    const bytes = mutator.bytes.slice(0, mutator.length)
    const usable = isWhole(bytes) && !runsOut(bytes, known)
    return { place, version: known, act: 'send', bytes: usable ? bytes : PINGREQ, packet: undefined }
  })
}

/** A step as a person reads it. */
export const told = ({ place, version, act, bytes, packet }: Step): string => {
  const hex = hexOf(bytes.subarray(0, TOLD_BYTES)) + (bytes.length > TOLD_BYTES ? `... (${bytes.length} bytes)` : '')
  const what = packet === undefined ? [act, hex] : [act, packet.type, hex]
  return [place, version === 5 ? '5.0' : '3.1.1', ...what].filter((word) => word !== '').join(' ')
}

const bytesOf = (packet: Packet, version: ProtocolVersion): Uint8Array => encode(packet, version).slice()

/** Neither less nor more than one packet: half of one would be joined to the next, at each broker's own pace. */
const isWhole = (bytes: Uint8Array): boolean => {
  let length = 0
  let at = 1
  for (let shift = 0; at < Math.min(5, bytes.length); shift += 7) {
    const byte = bytes[at++]!
    length |= (byte & 0x7f) << shift
    if (byte < 0x80) return at + length === bytes.length
  }
  return false
}

/** Whether it says for how long something lasts: then the same steps have another end on a machine that is slower. */
const runsOut = (bytes: Uint8Array, version: ProtocolVersion): boolean => {
  const packet = decode(bytes, version)
  if (isDecodeFailure(packet) || (packet.type !== 'publish' && packet.type !== 'disconnect')) return false
  const { properties = {} } = packet
  return 'messageExpiryIntervalSeconds' in properties || 'sessionExpiryIntervalSeconds' in properties
}

const connect = (random: Random, version: ProtocolVersion): Packet => ({
  type: 'connect',
  protocolVersion: version,
  clientId: random.pick(CLIENT_IDS),
  cleanStart: random.oneIn(2),
  keepAliveSeconds: 0,
  ...(random.oneIn(3) && {
    will: { topicName: random.pick(TOPICS), payload: Uint8Array.of(1), qos: qosOf(random), retain: false },
  }),
  ...(version === 5 && random.oneIn(2) && { properties: { sessionExpiryIntervalSeconds: 3_600 } }),
})

const something = (random: Random, version: ProtocolVersion, packetId: number): Packet => {
  const five = version === 5
  switch (random.below(10)) {
    case 0:
    case 1:
    case 2:
      return {
        type: 'subscribe',
        packetId,
        subscriptions: [
          {
            topicFilter: random.pick(FILTERS),
            qos: qosOf(random),
            noLocal: five && random.oneIn(5),
            retainAsPublished: five && random.oneIn(3),
            retainHandling: five ? random.pick([0, 1, 2] as const) : 0,
          },
        ],
        ...(five && random.oneIn(3) && { properties: { subscriptionIdentifier: 1 + random.below(3) } }),
      }
    case 3:
      return { type: 'unsubscribe', packetId, topicFilters: [random.pick(FILTERS)] }
    case 4:
      return random.oneIn(2)
        ? { type: 'disconnect', reasonCode: five && random.oneIn(2) ? 4 : 0 }
        : { type: 'pubrel', packetId: Math.max(1, packetId - 1), reasonCode: 0 }
    default: {
      const qos = qosOf(random)
      return {
        type: 'publish',
        topicName: random.pick(TOPICS),
        payload: new Uint8Array(random.pick([0, 3, 200])),
        retain: random.oneIn(3),
        ...(qos === 0 ? { qos, dup: false as const } : { qos, dup: false, packetId }),
        ...(five && random.oneIn(5) && { properties: { userProperties: [['k', 'v']] as const } }),
      }
    }
  }
}

const qosOf = (random: Random): QoS => random.pick([0, 1, 2] as const)
