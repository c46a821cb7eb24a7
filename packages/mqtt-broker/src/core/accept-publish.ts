import type { ReasonProperties } from '@godwit/mqtt-codec'
import type { PublishFrame } from '@godwit/mqtt-codec/relay'
import { PacketType, ReasonCode } from '@godwit/mqtt-codec'
import { isWellFormedUtf8 } from '@godwit/mqtt-codec/relay'
import type { TopicEntry } from '@godwit/mqtt-topics'
import type { Refusal } from '../ports/grant.ts'
import type { DropReason } from '../ports/observer.ts'
import type { Connection } from './connection.ts'
import type { Core } from './context.ts'
import { legalReasonCode } from './legal-reason-code.ts'
import { problemInformation } from './problem-information.ts'
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
    if (core.settings.publishDenied === 'disconnect' && !isReservedTopic(topicName)) {
      drop(core, connection, message, 'not-authorized')
      return VIOLATIONS.publishDenied
    }
    refuse(core, connection, message, 'not-authorized', NO_RIGHT)
    return undefined
  }
  if (
    core.settings.checkPayloadFormat &&
    frame.payloadFormatIndicator === 1 &&
    !isWellFormedUtf8(frame.bytes, frame.payloadStart, frame.end)
  ) {
    refuse(core, connection, message, 'payload-format-invalid', NO_TEXT)
    return undefined
  }
  const { records } = core
  records.touched = 0
  if (frame.retain) core.effort += EFFORT_OF_RETAINING
  if (frame.retain && !core.retained.retain(message)) {
    // I4: refused whole. One that was delivered and refused would be delivered again where the PUBREC is lost.
    if (frame.qos > 0 && connection.version === 5) {
      refuse(core, connection, message, 'retained-limit', RETAINED_FULL)
      return undefined
    }
    core.counters.messagesDropped['retained-limit']++
  }
  core.observation?.messagePublished(connection.info, message)
  const routed = routeMessage(core, entry.resolved, message, session)
  if (frame.qos > 0) {
    // A QoS 0 message is written where it is retained, and never waited for.
    if (records.touched !== 0) session.staged = records.touched
    const reasonCode =
      routed === Routed.queuesFull
        ? ReasonCode.QuotaExceeded
        : routed === Routed.toNobody
          ? ReasonCode.NoMatchingSubscribers
          : ReasonCode.Success
    const quota = reasonCode === ReasonCode.QuotaExceeded ? problemInformation(connection, QUOTA) : undefined
    answer(core, connection, session, frame, reasonCode, quota)
  }
  return undefined
}

/** A new place among the retained messages takes the time of some twenty deliveries (measured), an old one of fewer. */
const EFFORT_OF_RETAINING = 16

const no = (reasonCode: number, reasonString: string): Refusal => Object.freeze({ reasonCode, reasonString })

const NO_RIGHT = no(ReasonCode.NotAuthorized, 'no right to publish to this topic')
const RETAINED_FULL = no(ReasonCode.QuotaExceeded, 'as much is retained as may be')
const QUOTA = 'as much waits as may wait'
const NO_TEXT = no(ReasonCode.PayloadFormatInvalid, 'a payload that says it is text and is not')

/** Drops a message; who sent it learns why in 5.0, and in 3.1.1 gets the acknowledgement of any other [MQTT-3.3.5-2]. */
export const refuse = (
  core: Core,
  connection: Connection,
  message: RoutedMessage,
  reason: DropReason,
  refusal: Refusal,
): void => {
  drop(core, connection, message, reason)
  if (message.frame.qos === 0) return
  const reasonCode = legalReasonCode(core.logger, PacketType.puback, refusal.reasonCode)
  const properties = problemInformation(connection, refusal.reasonString, refusal.userProperties)
  answer(core, connection, connection.session!, message.frame, reasonCode, properties)
}

const drop = (core: Core, connection: Connection, message: RoutedMessage, reason: DropReason): void => {
  core.counters.messagesDropped[reason]++
  core.observation?.messageDropped(connection.session!.clientId, message, reason)
}

/** PUBACK or PUBREC. A refused QoS 2 identifier is free at once in 5.0 [MQTT-4.3.3-9]; 3.1.1 knows no refusal. */
const answer = (
  core: Core,
  connection: Connection,
  session: Session,
  frame: PublishFrame,
  reasonCode: number,
  properties?: ReasonProperties,
): void => {
  if (frame.qos === 0) return
  const refused = reasonCode >= 0x80 && connection.version === 5
  if (frame.qos === 2 && !refused) {
    session.receiver.hold(frame.packetId)
    // I4: in the same batch as what it was routed to, or a crash between the two would route it twice or never.
    if (session.stored !== undefined) session.staged = core.records.received(session.stored.number, frame.packetId)
  } else session.receiver.acknowledged()
  if (properties !== undefined) {
    const type = frame.qos === 1 ? 'puback' : 'pubrec'
    if (connection.output.packet({ type, packetId: frame.packetId, reasonCode, properties }, session.staged)) return
  }
  const firstByte = frame.qos === 1 ? PUBACK : PUBREC
  connection.output.acknowledge(firstByte, frame.packetId, connection.version === 5 ? reasonCode : 0, session.staged)
}
