import type { PublishFrame } from '@godwit/mqtt-codec'
import { ReasonCode, isWellFormedUtf8 } from '@godwit/mqtt-codec'
import type { TopicEntry } from '@godwit/mqtt-topics'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'
import { isReservedTopic, mayPublish } from './rights.ts'
import { Routed, routeMessage } from './router.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Session } from './session.ts'
import type { Route } from './subscription.ts'

const PUBACK = 0x40
const PUBREC = 0x50

/** What remains once it is certain what is published where: rights, retaining, routing, the acknowledgement. */
export const accept = (
  core: Core,
  connection: Connection,
  message: RoutedMessage,
  entry: TopicEntry<Route>,
): Violation | undefined => {
  const { frame, topicName } = message
  const session = connection.session!
  if (isReservedTopic(topicName) || !mayPublish(core, connection, topicName)) {
    if (core.settings.publishDenied === 'disconnect' && !isReservedTopic(topicName)) return VIOLATIONS.publishDenied
    refuse(core, connection, message, ReasonCode.NotAuthorized)
    return undefined
  }
  if (
    core.settings.checkPayloadFormat &&
    frame.payloadFormatIndicator === 1 &&
    !isWellFormedUtf8(frame.bytes, frame.payloadStart, frame.end)
  ) {
    answer(connection, session, frame, ReasonCode.PayloadFormatInvalid)
    return undefined
  }
  core.observation?.messagePublished(connection.info, message)
  let full = false
  if (frame.retain && !core.retained.retain(message)) {
    core.counters.messagesDropped['retained-limit']++
    full = true
  }
  const routed = routeMessage(core, entry.resolved, message, session)
  if (frame.qos > 0) {
    const reasonCode =
      full || routed === Routed.queuesFull
        ? ReasonCode.QuotaExceeded
        : routed === Routed.toNobody
          ? ReasonCode.NoMatchingSubscribers
          : ReasonCode.Success
    answer(connection, session, frame, reasonCode)
  }
  return undefined
}

/** Drops a message; who sent it learns why in 5.0, and in 3.1.1 gets the acknowledgement of any other [MQTT-3.3.5-2]. */
export const refuse = (core: Core, connection: Connection, message: RoutedMessage, reasonCode: number): void => {
  const reason = reasonCode === ReasonCode.NotAuthorized ? 'not-authorized' : 'refused-by-interceptor'
  core.counters.messagesDropped[reason]++
  core.observation?.messageDropped(connection.session!.clientId, message, reason)
  answer(connection, connection.session!, message.frame, reasonCode)
}

/** PUBACK or PUBREC. A refused QoS 2 identifier is free at once in 5.0 [MQTT-4.3.3-9]; 3.1.1 knows no refusal. */
export const answer = (connection: Connection, session: Session, frame: PublishFrame, reasonCode: number): void => {
  if (frame.qos === 0) return
  const refused = reasonCode >= 0x80 && connection.version === 5
  if (frame.qos === 2 && !refused) session.receiver.hold(frame.packetId)
  else session.receiver.acknowledged()
  const firstByte = frame.qos === 1 ? PUBACK : PUBREC
  connection.output.acknowledge(firstByte, frame.packetId, connection.version === 5 ? reasonCode : 0, session.staged)
}
