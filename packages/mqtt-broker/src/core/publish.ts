import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { ReasonCode } from '@godwit/mqtt-codec'
import { ReceiverOutcome } from '@godwit/mqtt-qos'
import type { TopicEntry } from '@godwit/mqtt-topics'
import type { Refusal } from '../ports/grant.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { accept, refuse } from './accept-publish.ts'
import { intercept } from './intercept-publish.ts'
import { countTopicRefusal } from './topic-filters.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Route } from './subscription.ts'

const PUBREC = 0x50

/**
 * A PUBLISH from a Client (§3.3), the hot path: from topic bytes to the Outputs of its subscribers. Nothing is allocated
 * here for a message that nobody has to be told about and nothing has to be kept of.
 */
export const publish = (core: Core, connection: Connection, frame: PublishFrame): Violation | undefined => {
  const { settings } = core
  const qos = frame.qos
  if (qos > settings.maximumQos) return VIOLATIONS.maximumQos
  if (frame.retain && !settings.retainAvailable) return VIOLATIONS.retainUnavailable
  if (frame.subscriptionIdentifierAt !== -1) return VIOLATIONS.subscriptionIdentifier
  const entry = frame.topicAlias === 0 ? entryOf(core, connection, frame) : aliasedEntryOf(core, connection, frame)
  if ('reasonCode' in entry) return entry
  const session = connection.session!
  core.counters.messagesReceived++
  if (qos > 0) {
    const outcome = session.receiver.onPublish(qos as 1 | 2, frame.packetId)
    if (outcome === ReceiverOutcome.repeat) {
      // [MQTT-4.3.3-10] Acknowledged again, never routed again.
      connection.output.acknowledge(PUBREC, frame.packetId, ReasonCode.Success, session.staged)
      return undefined
    }
    if (outcome === ReceiverOutcome.quotaExceeded) {
      core.counters.receiveMaximumExceeded++
      core.counters.limitsMet.receiveMaximum++
      return VIOLATIONS.receiveMaximum
    }
  }
  const message = core.inHand
  message.begin(frame, entry.topicName, entry.bytes, core.now, core.nextSerial++)
  message.publisherHash = session.hash
  // I26: space is checked before a packet changes anything.
  if (qos > 0 && !core.staging.writable) return refuseForStore(core, connection, message)
  if (core.interceptors.length > 0) return intercept(core, connection, message)
  return accept(core, connection, message, entry)
}

const STORE_FULL: Refusal = { reasonCode: ReasonCode.QuotaExceeded, reasonString: 'the disk is full' }
const STORE_FAILED: Refusal = {
  reasonCode: ReasonCode.ImplementationSpecificError,
  reasonString: 'the store has failed',
}

/** 5.0 is told; before that there is no word for it, and no acknowledgement either: the connection ends. */
const refuseForStore = (core: Core, connection: Connection, message: RoutedMessage): Violation | undefined => {
  if (connection.version !== 5) return VIOLATIONS.storeUnavailable
  refuse(core, connection, message, 'store-unavailable', core.staging.failed ? STORE_FAILED : STORE_FULL)
  return undefined
}

/** Most Clients publish to one topic, or to one several times in a row. */
const entryOf = (core: Core, connection: Connection, frame: PublishFrame): TopicEntry<Route> | Violation =>
  entryAt(core, connection, frame.bytes, frame.topicStart, frame.topicEnd)

const entryAt = (
  core: Core,
  connection: Connection,
  bytes: Uint8Array,
  start: number,
  end: number,
): TopicEntry<Route> | Violation => {
  const entry = core.index.entryOfBytes(bytes, start, end, connection.lastTopic)
  if (entry.refused === undefined) {
    if (entry !== connection.lastTopic) connection.lastTopic = entry
    return entry
  }
  return countTopicRefusal(core, entry.reason) ? VIOLATIONS.topicNameTooLong : VIOLATIONS.topicNameInvalid
}

/** [MQTT-3.3.2-12] An alias is set by a PUBLISH that has both, and stands for the topic in one that has only it. */
const aliasedEntryOf = (core: Core, connection: Connection, frame: PublishFrame): TopicEntry<Route> | Violation => {
  const { aliases } = connection
  if (aliases === undefined || frame.topicAlias > core.limits.topicAliasMaximum) {
    core.counters.limitsMet.topicAliasMaximum++
    return VIOLATIONS.topicAliasTooLarge
  }
  if (frame.topicStart !== frame.topicEnd) {
    const entry = entryOf(core, connection, frame)
    if (!('reasonCode' in entry)) aliases.set(frame.topicAlias, entry.bytes)
    return entry
  }
  const bytes = aliases.topic(frame.topicAlias)
  if (bytes === undefined) return VIOLATIONS.topicAliasUnknown
  return entryAt(core, connection, bytes, 0, bytes.length)
}
