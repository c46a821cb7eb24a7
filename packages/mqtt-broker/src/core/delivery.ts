import type { QoS } from '@godwit/mqtt-codec'
import { SenderOutcome } from '@godwit/mqtt-qos'
import type { DropReason } from '../ports/observer.ts'
import type { Core } from './context.ts'
import type { CommitNumber } from './output.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Session } from './session.ts'
import type { SharedGroup } from './shared-group.ts'

const PUBLISH = 0x30
const DUP = 0x08
const RETAIN = 0x01

/**
 * Gives a message to one Session: out at once where its window is open and nothing waits before it, else into its queue.
 * False: it was dropped because the queue is full.
 */
export const deliver = (
  core: Core,
  session: Session,
  message: RoutedMessage,
  qos: number,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
  group: SharedGroup | undefined,
): boolean => {
  const { connection } = session
  if (qos === 0) {
    deliverQos0(core, session, message, retain, identifiers, commit)
    return true
  }
  if (connection !== undefined && session.queue.length === 0) {
    // Only what may have to be sent again, to this Session or to another of its group, is copied.
    const kept =
      session.outlivesConnection || group !== undefined
        ? { message: message.kept(), qos: qos as QoS, retain, identifiers, group }
        : undefined
    const packetId = session.sender.start(qos as 1 | 2, kept)
    if (packetId !== 0) {
      send(core, session, message, qos as 1 | 2, retain, identifiers, packetId, false, commit)
      return true
    }
  }
  if (message.expiresAt <= core.now) return dropped(core, session, message, 'message-expired')
  return enqueue(core, session, { message: message.kept(), qos: qos as QoS, retain, identifiers, group })
}

/** Whether the next QoS 1 or 2 message would go out at once. */
export const hasRoom = (core: Core, session: Session): boolean => {
  const { connection } = session
  return (
    connection !== undefined &&
    session.queue.length === 0 &&
    session.sender.quota > 0 &&
    connection.output.pendingBytes < core.limits.outputPauseBytes
  )
}

/** Sends what waits, as far as the window is open. */
export const pump = (core: Core, session: Session): void => {
  const { connection, queue, sender } = session
  if (connection === undefined) return
  for (let next = queue.first; next !== undefined; next = queue.first) {
    // [MQTT-3.3.2-5] What expired while it waited is not sent.
    if (next.message.expiresAt <= core.now) {
      take(core, session)
      dropped(core, session, next.message, 'message-expired')
      continue
    }
    if (!mayReceive(session, next.message)) {
      take(core, session)
      dropped(core, session, next.message, 'not-authorized')
      continue
    }
    if (next.qos === 0) {
      take(core, session)
      deliverQos0(core, session, next.message, next.retain, next.identifiers, 0)
      continue
    }
    const packetId = sender.start(next.qos, session.outlivesConnection || next.group !== undefined ? next : undefined)
    if (packetId === 0) return
    take(core, session)
    send(core, session, next.message, next.qos, next.retain, next.identifiers, packetId, false, 0)
  }
}

/** After a reconnect, and never else: PUBLISH and PUBREL that were not acknowledged, in their order [MQTT-4.4.0-1]. */
export const resend = (core: Core, session: Session): void => {
  const { connection, sender } = session
  if (connection === undefined) return
  for (const item of sender.resends(Infinity)) {
    if (item.type === 'pubrel') {
      connection.output.acknowledge(0x62, item.packetId, 0, session.staged)
      continue
    }
    const { message: queued } = item
    if (queued === undefined) continue
    if (!mayReceive(session, queued.message)) {
      abandon(session, item.packetId)
      dropped(core, session, queued.message, 'not-authorized')
      continue
    }
    send(
      core,
      session,
      queued.message,
      item.qos,
      queued.retain,
      queued.identifiers,
      item.packetId,
      item.dup,
      session.staged,
    )
  }
}

/** A right that was taken away holds for what waits, too. */
const mayReceive = (session: Session, message: RoutedMessage): boolean =>
  session.grant.canReceive === undefined || session.grant.canReceive(message.topicName) === true

/** Puts a message behind those that wait, within the limits of the Session. */
export const enqueue = (core: Core, session: Session, queued: QueuedMessage): boolean => {
  const { queue } = session
  const { limits, settings } = core
  const full = () =>
    queue.length >= limits.maximumQueuedMessages ||
    queue.sizeBytes + queued.message.sizeBytes > limits.maximumQueuedBytes
  if (full()) dropExpired(core, session)
  if (full() && settings.queueOverflow === 'drop-oldest') {
    while (full() && queue.length > 0) dropped(core, session, take(core, session)!.message, 'queue-full')
  }
  if (full()) return dropped(core, session, queued.message, 'queue-full')
  queue.push(queued)
  core.counters.queuedMessages++
  core.counters.queuedBytes += queued.message.sizeBytes
  return true
}

/** What expired while it waited makes room for what has not. */
const dropExpired = (core: Core, session: Session): void => {
  for (const { message } of session.queue.takeExpired(core.now)) {
    core.counters.queuedMessages--
    core.counters.queuedBytes -= message.sizeBytes
    dropped(core, session, message, 'message-expired')
  }
}

/** Counts a message that a Session does not get. Always false, so that a caller can return it. */
export const dropped = (core: Core, session: Session, message: RoutedMessage, reason: DropReason): false => {
  core.counters.messagesDropped[reason]++
  core.observation?.messageDropped(session.clientId, message, reason)
  return false
}

/** Takes the first of what waits, and keeps the gauges right. */
export const take = (core: Core, session: Session): QueuedMessage | undefined => {
  const taken = session.queue.shift()
  if (taken !== undefined) {
    core.counters.queuedMessages--
    core.counters.queuedBytes -= taken.message.sizeBytes
  }
  return taken
}

const deliverQos0 = (
  core: Core,
  session: Session,
  message: RoutedMessage,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
): void => {
  const { connection } = session
  if (connection === undefined) {
    if (core.settings.queueQos0) {
      enqueue(core, session, { message: message.kept(), qos: 0, retain, identifiers, group: undefined })
    } else dropped(core, session, message, 'session-offline')
    return
  }
  if (connection.output.pendingBytes > core.limits.outputDropBytes) {
    dropped(core, session, message, 'slow-client')
    return
  }
  const firstByte = retain ? PUBLISH | RETAIN : PUBLISH
  const expiry = remainingExpirySeconds(core, message)
  if (!connection.output.publish(message, firstByte, 0, identifiers, expiry, commit)) {
    dropped(core, session, message, 'packet-too-large')
    return
  }
  delivered(core, session, message)
}

const send = (
  core: Core,
  session: Session,
  message: RoutedMessage,
  qos: 1 | 2,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  packetId: number,
  dup: boolean,
  commit: CommitNumber,
): void => {
  const firstByte = PUBLISH | (dup ? DUP : 0) | (qos << 1) | (retain ? RETAIN : 0)
  const expiry = remainingExpirySeconds(core, message)
  if (session.connection!.output.publish(message, firstByte, packetId, identifiers, expiry, commit)) {
    delivered(core, session, message)
    return
  }
  // [MQTT-3.1.2-25] It counts as sent and done.
  abandon(session, packetId)
  dropped(core, session, message, 'packet-too-large')
}

/** A QoS 2 message that may have reached its Client before is ended by PUBREL; anything else is free at once. */
const abandon = (session: Session, packetId: number): void => {
  if (session.sender.abandon(packetId) !== SenderOutcome.sendPubrel) return
  session.connection?.output.acknowledge(0x62, packetId, 0, session.staged)
}

const delivered = (core: Core, session: Session, message: RoutedMessage): void => {
  core.deliveries++
  core.counters.messagesDelivered++
  core.observation?.messageDelivered(session.clientId, message)
}

/** [MQTT-3.3.2-6] What is left of the interval; -1: as it came, because it did not wait or never expires. */
const remainingExpirySeconds = (core: Core, message: RoutedMessage): number => {
  const interval = message.frame.messageExpiryIntervalSeconds
  if (interval === -1) return -1
  const waitedSeconds = Math.floor((core.now - message.arrivedAt) / 1000)
  return waitedSeconds === 0 ? -1 : Math.max(0, interval - waitedSeconds)
}
