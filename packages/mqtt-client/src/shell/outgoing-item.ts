import { mayHaveProperties } from '#fast-paths'
import type { PublishPacket } from '@godwit/mqtt-codec'
import type { PublishOptions } from '../api/publish.ts'
import type { Payload } from '../api/structural.ts'
import type { Outgoing } from '../core/outgoing.ts'
import { propertiesOf, toBytes } from './values.ts'

export function toOutgoing(
  topicName: string,
  payload: Payload,
  options: PublishOptions,
  now: number,
  settle: Outgoing['settle'],
): Outgoing {
  const { qos = 0, retain = false, until, offline, topicAlias, messageExpiryIntervalSeconds = Infinity } = options
  const properties = mayHaveProperties(options) ? ({ ...propertiesOf(options), ...NO_PROPERTIES } as object) : undefined
  return {
    packet: {
      type: 'publish',
      topicName,
      payload: toBytes(payload),
      qos,
      retain,
      dup: false,
      properties,
    } as PublishPacket,
    queuedAt: now,
    expiresAt: now + messageExpiryIntervalSeconds * 1_000,
    mayAlias: topicAlias !== false,
    until,
    offline,
    settle,
    packetId: 0,
    state: 0,
    isSent: false,
    isCounted: false,
  }
}

/** The codec overlooks what is no property; these would be ones. */
const NO_PROPERTIES = { topicAlias: undefined, subscriptionIdentifiers: undefined }
