import type { QoS } from '@godwit/mqtt-codec'
import { SenderOutcome } from '@godwit/mqtt-qos'
import type { Core } from './context.ts'
import { forgetOrigin } from './group-origin.ts'
import type { CommitNumber } from './output.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Session } from './session.ts'
import { dropped, mayReceive, send, sendQos0 } from './sending.ts'
import type { SharedGroup } from './shared-group.ts'
import { continueStored, deliverStored, storedHasRoom } from './stored-delivery.ts'
import type { GroupOrigin } from './records/queued-record.ts'

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
  origin?: GroupOrigin,
): boolean => {
  const { connection } = session
  if (qos === 0) {
    deliverQos0(core, session, message, retain, identifiers, commit)
    return true
  }
  if (session.stored !== undefined) {
    return deliverStored(core, session, session.stored, message, qos as 1 | 2, retain, identifiers, commit, origin)
  }
  if (connection !== undefined && session.queue.length === 0) {
    // Only what may have to be sent again, to this Session or to another of its group, is copied.
    const kept =
      session.outlivesConnection || group !== undefined
        ? queuedOf(message, qos as QoS, retain, identifiers, group, origin)
        : undefined
    const packetId = session.sender.start(qos as 1 | 2, kept)
    if (packetId !== 0) {
      if (!send(core, session, message, qos as 1 | 2, retain, identifiers, packetId, false, commit)) {
        abandon(core, session, packetId, origin)
      }
      return true
    }
  }
  if (message.expiresAt <= core.now) return dropped(core, session, message, 'message-expired')
  return enqueue(core, session, queuedOf(message, qos as QoS, retain, identifiers, group, origin))
}

const queuedOf = (
  message: RoutedMessage,
  qos: QoS,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  group: SharedGroup | undefined,
  origin: GroupOrigin | undefined,
): QueuedMessage => {
  const queued = { message: message.kept(), qos, retain, identifiers, group }
  return origin === undefined ? queued : { ...queued, origin }
}

/** Whether the next QoS 1 or 2 message would go out at once. */
export const hasRoom = (core: Core, session: Session): boolean => {
  const { connection, stored } = session
  if (stored !== undefined && !storedHasRoom(core, session, stored)) return false
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
      sendQos0(core, session, next.message, next.retain, next.identifiers, 0)
      continue
    }
    const packetId = sender.start(next.qos, session.outlivesConnection || next.group !== undefined ? next : undefined)
    if (packetId === 0) return
    take(core, session)
    if (!send(core, session, next.message, next.qos, next.retain, next.identifiers, packetId, false, 0)) {
      abandon(core, session, packetId, next.origin)
    }
  }
  if (session.stored !== undefined) continueStored(core, session, session.stored)
}

/** After a reconnect, and never else: PUBLISH and PUBREL that were not acknowledged, in their order [MQTT-4.4.0-1]. */
export const resend = (core: Core, session: Session): void => {
  const { connection, sender, stored } = session
  if (connection === undefined) return
  if (stored !== undefined) return continueStored(core, session, stored)
  for (const item of sender.resends(Infinity)) {
    if (item.type === 'pubrel') {
      connection.output.acknowledge(0x62, item.packetId, 0, session.staged)
      continue
    }
    const { message: queued } = item
    if (queued === undefined) continue
    if (!mayReceive(session, queued.message)) {
      abandon(core, session, item.packetId, queued.origin)
      dropped(core, session, queued.message, 'not-authorized')
      continue
    }
    const { message, retain, identifiers } = queued
    if (!send(core, session, message, item.qos, retain, identifiers, item.packetId, item.dup, session.staged)) {
      abandon(core, session, item.packetId, queued.origin)
    }
  }
}

/** Puts a message behind those that wait, within the limits of the Session. */
export const enqueue = (core: Core, session: Session, queued: QueuedMessage): boolean => {
  const { queue } = session
  const { limits, settings } = core
  const full = () => queue.exceeded(limits, queued.message.sizeBytes)
  if (full() !== undefined) dropExpired(core, session)
  const exceeded = full()
  if (exceeded !== undefined) core.counters.limitsMet[exceeded]++
  if (settings.queueOverflow === 'drop-oldest') {
    while (full() !== undefined && queue.length > 0) dropped(core, session, take(core, session)!.message, 'queue-full')
  }
  if (full() !== undefined) return dropped(core, session, queued.message, 'queue-full')
  queue.push(queued)
  core.counters.queuedMessages++
  core.counters.queuedBytes += queued.message.sizeBytes
  return true
}

/** What expired while it waited makes room for what has not. */
const dropExpired = (core: Core, session: Session): void => {
  for (const { message, origin } of session.queue.takeExpired(core.now)) {
    forgetOrigin(core, origin)
    core.counters.queuedMessages--
    core.counters.queuedBytes -= message.sizeBytes
    dropped(core, session, message, 'message-expired')
  }
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
  // [MQTT-4.6.0-5] What came while the Client was away goes first.
  if (session.connection !== undefined && session.queue.waitingQos0 === 0) {
    return sendQos0(core, session, message, retain, identifiers, commit)
  }
  if (core.settings.queueQos0) {
    enqueue(core, session, { message: message.kept(), qos: 0, retain, identifiers, group: undefined })
  } else dropped(core, session, message, 'session-offline')
}

/**
 * A QoS 2 message that may have reached its Client before is ended by PUBREL; anything else is free at once. Nobody else of
 * its group is sent it, now or after a restart.
 */
const abandon = (core: Core, session: Session, packetId: number, origin: GroupOrigin | undefined): void => {
  forgetOrigin(core, origin)
  if (session.sender.abandon(packetId) !== SenderOutcome.sendPubrel) return
  session.connection?.output.acknowledge(0x62, packetId, 0, session.staged)
}
