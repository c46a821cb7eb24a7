import type { PublishPacket } from '@godwit/mqtt-codec'
import type { Checker } from './checker.ts'
import { matchingOf } from './expectations.ts'
import { placesOf } from './places.ts'
import type { Delivery } from './story.ts'

/** I1 */
export const noInvention: Checker = {
  name: 'I1',
  says: 'each delivery equals what somebody published, bit for bit, with the QoS that both sides agreed to',
  *check({ deliveries, places }) {
    for (const place of placesOf({ places }, 'memory-reused')) {
      yield { place, text: 'bytes changed on their way to a socket that had taken them' }
    }
    for (const delivery of deliveries) {
      const text = complaint(delivery)
      if (text !== undefined) yield { place: delivery.place, text }
    }
  },
}

const complaint = ({ packet, message, topicName, session, connection }: Delivery): string | undefined => {
  if (packet.payload.length === 0) return undefined
  if (message === undefined) return `a message that nobody published came to ${connection.client}`
  if (topicName !== message.topicName) return `${message.name} came as ${topicName}, was ${message.topicName}`
  if (!same(packet.payload, message.packet.payload)) return `the payload of ${message.name} has changed`
  if (packet.qos > message.packet.qos) return `${message.name} came with QoS ${packet.qos}, was ${message.packet.qos}`
  if (connection.version === 5 && !sameProperties(packet, message.packet))
    return `properties of ${message.name} changed`
  const agreed =
    session !== undefined &&
    matchingOf(session, topicName).some(({ grantedQos }) => Math.min(grantedQos, message.packet.qos) === packet.qos)
  return agreed
    ? undefined
    : `${message.name} came to ${connection.client} with QoS ${packet.qos}, which no Subscription of its has`
}

const same = (one: Uint8Array, other: Uint8Array): boolean => one.length === other.length && sameBytes(one, other)

const sameBytes = (one: Uint8Array, other: Uint8Array): boolean => {
  for (let at = 0; at < one.length; at++) if (one[at] !== other[at]) return false
  return true
}

/** What is forwarded unchanged. */
const sameProperties = (one: PublishPacket, other: PublishPacket): boolean =>
  (one.properties === undefined && other.properties === undefined) ||
  (sameUserProperties(one.properties?.userProperties, other.properties?.userProperties) &&
    (one.properties?.messageExpiryIntervalSeconds === undefined) ===
      (other.properties?.messageExpiryIntervalSeconds === undefined))

type UserProperties = NonNullable<PublishPacket['properties']>['userProperties']

const sameUserProperties = (one: UserProperties, other: UserProperties): boolean =>
  (one === undefined && other === undefined) || JSON.stringify(one ?? []) === JSON.stringify(other ?? [])
