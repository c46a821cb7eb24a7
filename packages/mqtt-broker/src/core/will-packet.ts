import type { Will } from '@godwit/mqtt-codec'
import { decodeFrame, encode, isDecodeFailure } from '@godwit/mqtt-codec'
import { bodyStartOf } from './routed-message.ts'

/** The PUBLISH that a Will becomes. */
export const encodeWill = (will: Will): Uint8Array => {
  const { willDelayIntervalSeconds: _, ...properties } = will.properties ?? {}
  const { topicName, payload, qos, retain } = will
  const packetId = qos > 0 ? { packetId: 1 } : {}
  return encode({ type: 'publish', topicName, payload, qos, retain, dup: false, ...packetId, properties }, 5)
}

/** The Will of a stored PUBLISH; undefined: it cannot be read. */
export const decodeWill = (bytes: Uint8Array, delaySeconds: number): Will | undefined => {
  if (bytes.length < 2) return undefined
  const packet = decodeFrame(bytes, 0, bodyStartOf(bytes), bytes.length, 5)
  if (isDecodeFailure(packet) || packet.type !== 'publish') return undefined
  const { topicName, payload, qos, retain, properties } = packet
  return { topicName, payload, qos, retain, properties: { ...properties, willDelayIntervalSeconds: delaySeconds } }
}
