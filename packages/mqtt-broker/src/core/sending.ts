import type { DropReason } from '../ports/observer.ts'
import type { Core } from './context.ts'
import type { CommitNumber } from './output.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Session } from './session.ts'

const PUBLISH = 0x30
const DUP = 0x08
const RETAIN = 0x01

/** A PUBLISH of QoS 1 or 2 to the connection of a Session. False: it is too large for the Client [MQTT-3.1.2-25]. */
export const send = (
  core: Core,
  session: Session,
  message: RoutedMessage,
  qos: 1 | 2,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  packetId: number,
  dup: boolean,
  commit: CommitNumber,
): boolean => {
  const firstByte = PUBLISH | (dup ? DUP : 0) | (qos << 1) | (retain ? RETAIN : 0)
  const expiry = remainingExpirySeconds(core, message)
  if (session.connection!.output.publish(message, firstByte, packetId, identifiers, expiry, commit)) {
    delivered(core, session, message)
    return true
  }
  dropped(core, session, message, 'packet-too-large')
  return false
}

/** A PUBLISH of QoS 0 to a connected Client; dropped where the Client is behind. */
export const sendQos0 = (
  core: Core,
  session: Session,
  message: RoutedMessage,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
): void => {
  const { output } = session.connection!
  if (output.pendingBytes > core.pressure.dropBytes) {
    core.counters.limitsMet.outputDropBytes++
    dropped(core, session, message, 'slow-client')
    return
  }
  const firstByte = retain ? PUBLISH | RETAIN : PUBLISH
  const expiry = remainingExpirySeconds(core, message)
  if (output.publish(message, firstByte, 0, identifiers, expiry, commit)) delivered(core, session, message)
  else dropped(core, session, message, 'packet-too-large')
}

/** A right that was taken away holds for what waits, too. */
export const mayReceive = (session: Session, message: RoutedMessage): boolean =>
  session.grant.canReceive === undefined || session.grant.canReceive(message.topicName) === true

/** Counts a message that a Session does not get. Always false, so that a caller can return it. */
export const dropped = (core: Core, session: Session, message: RoutedMessage, reason: DropReason): false => {
  core.counters.messagesDropped[reason]++
  core.observation?.messageDropped(session.clientId, message, reason)
  return false
}

const delivered = (core: Core, session: Session, message: RoutedMessage): void => {
  core.effort++
  core.counters.messagesDelivered++
  core.observation?.messageDelivered(session.clientId, message)
}

/** [MQTT-3.3.2-6] What is left of the interval; -1: as it came, because it did not wait or never expires. */
const remainingExpirySeconds = (core: Core, message: RoutedMessage): number => {
  const interval = message.frame.messageExpiryIntervalSeconds
  if (interval === -1) return -1
  const waitedSeconds = Math.floor((core.now - message.arrivedAt) / 1000)
  // The time of a stored message is a whole millisecond, which may not be over yet.
  return waitedSeconds <= 0 ? -1 : Math.max(0, interval - waitedSeconds)
}
