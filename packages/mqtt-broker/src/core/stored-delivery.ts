import { SenderOutcome, startWith } from '@godwit/mqtt-qos'
import type { LoadedRecord } from '../ports/stored-message.ts'
import { assert } from './assert.ts'
import { closeConnection } from './close.ts'
import type { Core } from './context.ts'
import { requestLoad } from './loads.ts'
import type { CommitNumber } from './output.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { GroupOrigin } from './records/queued-record.ts'
import { VIOLATIONS } from './refusals.ts'
import type { RoutedMessage } from './routed-message.ts'
import { dropped, mayReceive, send } from './sending.ts'
import type { Session } from './session.ts'
import { readQueued, sequenceOfKey } from './stored-messages.ts'
import { type StoredQueue, packetIdOf } from './stored-queue.ts'

const PUBREL = 0x62

/**
 * A QoS 1 or 2 message for a Session that outlives its connection: written down, and sent at once where nothing waits before
 * it. It leaves after its commit. False: it was dropped because the queue is full.
 */
export const deliverStored = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  message: RoutedMessage,
  qos: 1 | 2,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
  origin: GroupOrigin | undefined,
): boolean => {
  const { records } = core
  const direct = storedHasRoom(core, session, stored)
  if (!direct) {
    if (message.expiresAt <= core.now) return dropped(core, session, message, 'message-expired')
    if (!makeRoom(core, session, stored, message)) return dropped(core, session, message, 'queue-full')
  }
  const body = records.body(message)
  const inMemory = session.connection !== undefined && stored.cacheReachesEnd
  const { sizeBytes } = message
  const sequence = stored.push(sizeBytes, qos, body)
  const staged = records.queued(stored.number, sequence, message, qos, retain, identifiers, origin, body)
  stored.staged.mark(staged, sequence + 1, records.committed)
  if (direct) {
    start(core, session, stored, message, qos, retain, identifiers, commit)
    return true
  }
  core.counters.queuedMessages++
  core.counters.queuedBytes += sizeBytes
  if (inMemory) stored.cache(sequence, { message: message.kept(), qos, retain, identifiers, group: undefined })
  return true
}

/** Whether a new message would go out at once. */
export const storedHasRoom = (core: Core, session: Session, stored: StoredQueue): boolean =>
  session.connection !== undefined && stored.idle && session.sender.quota > 0 && stored.mayStart(core.records.committed)

/** A new connection: what was not acknowledged goes out again, in its order, then what waits (§4.4). */
export const continueStored = (core: Core, session: Session, stored: StoredQueue): void => {
  if (resendStored(core, session, stored)) pumpStored(core, session, stored)
}

/** The exchange of a message has ended, or it never began: its record goes. Returns the commit with which it is gone. */
export const removeStored = (core: Core, stored: StoredQueue, sequence: number): CommitNumber => {
  const { records, counters } = core
  const { length, sizeBytes } = stored
  const body = stored.remove(sequence)
  counters.queuedMessages -= length - stored.length
  counters.queuedBytes -= sizeBytes - stored.sizeBytes
  const commit = records.forgetQueued(stored.number, sequence, body)
  stored.freed.mark(commit, stored.first, records.committed)
  return commit
}

/** PUBREC came: of the message only its PUBREL is left, which leaves after the commit of that. */
export const releaseStored = (core: Core, session: Session, stored: StoredQueue, sequence: number): void => {
  stored.release(sequence)
  session.staged = core.records.awaitingPubcomp(stored.number, sequence, stored.takeBody(sequence))
}

/** Room for one more among those that wait: within the limits, or made by dropping the oldest. */
const makeRoom = (core: Core, session: Session, stored: StoredQueue, message: RoutedMessage): boolean => {
  const { limits, settings } = core
  const full = (): boolean =>
    stored.length + session.queue.length >= limits.maximumQueuedMessages ||
    stored.sizeBytes + session.queue.sizeBytes + message.sizeBytes > limits.maximumQueuedBytes
  if (full()) {
    const many = stored.length + session.queue.length >= limits.maximumQueuedMessages
    core.counters.limitsMet[many ? 'maximumQueuedMessages' : 'maximumQueuedBytes']++
  }
  // An unacknowledged message holds the numbers of all that were dropped behind it: they are bounded, too.
  if (stored.spread >= limits.maximumQueuedMessages + MAXIMUM_GAPS) return false
  if (settings.queueOverflow === 'drop-oldest') {
    while (full() && stored.seek()) {
      core.counters.messagesDropped['queue-full']++
      const oldest = stored.cached(stored.cursor)
      if (oldest !== undefined) core.observation?.messageDropped(session.clientId, oldest.message, 'queue-full')
      stored.passedOver = removeStored(core, stored, stored.cursor)
    }
  }
  return !full()
}

const MAXIMUM_GAPS = 1_000_000

/** True: nothing is left that has to be sent again. */
const resendStored = (core: Core, session: Session, stored: StoredQueue): boolean => {
  const { sender, connection } = session
  if (connection === undefined) return false
  for (;;) {
    let { resend } = stored
    if (resend === undefined) {
      if (sender.owed === 0) return true
      if (isBehind(core, session)) return false
      const [item] = sender.resends(1)
      if (item === undefined) return false
      if (item.type === 'pubrel') {
        connection.output.acknowledge(PUBREL, item.packetId, 0, session.staged)
        continue
      }
      const sequence = stored.sequenceOf(item.packetId)
      stored.resend = resend = { sequence, dup: sequence < stored.sentBefore }
    }
    const { sequence, dup } = resend
    // Its acknowledgement came while its body was read.
    if (!stored.has(sequence) || stored.isReleased(sequence)) {
      stored.resend = undefined
      continue
    }
    const queued = stored.cached(sequence)
    if (queued === undefined) {
      load(core, session, stored, sequence)
      return false
    }
    stored.resend = undefined
    sendStored(core, session, stored, sequence, queued, dup, session.staged, true)
  }
}

/** Sends what waits, as far as the window is open and bodies are in memory; asks for those that are not. */
const pumpStored = (core: Core, session: Session, stored: StoredQueue): void => {
  const { sender, connection } = session
  if (connection === undefined) return
  const { records } = core
  while (stored.seek()) {
    if (sender.quota === 0 || isBehind(core, session)) return
    if (!stored.mayStart(records.committed)) {
      if (stored.first > stored.freed.reached(records.committed)) core.stalled.add(session)
      return
    }
    const sequence = stored.cursor
    const queued = stored.cached(sequence)
    if (queued === undefined) return load(core, session, stored, sequence)
    // [MQTT-3.3.2-5] What expired while it waited is not sent.
    const { message } = queued
    const reason =
      message.expiresAt <= core.now ? 'message-expired' : mayReceive(session, message) ? undefined : 'not-authorized'
    if (reason !== undefined) {
      stored.passedOver = removeStored(core, stored, sequence)
      dropped(core, session, message, reason)
      continue
    }
    core.counters.queuedMessages--
    core.counters.queuedBytes -= message.sizeBytes
    start(core, session, stored, message, queued.qos as 1 | 2, queued.retain, queued.identifiers, 0)
  }
}

/** A Client that does not read what it is sent gets nothing more out of the store. */
const isBehind = (core: Core, session: Session): boolean => {
  if (session.connection!.output.pendingBytes <= core.limits.outputPauseBytes) return false
  core.stalled.add(session)
  return true
}

/** The message at the cursor leaves for the first time on this connection. */
const start = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  message: RoutedMessage,
  qos: 1 | 2,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
): void => {
  const sequence = stored.cursor
  const dup = sequence < stored.sentBefore
  const started = startWith(session.sender, qos, packetIdOf(sequence), undefined, dup)
  assert(started, 'a Packet Identifier is free where no older sequence has it')
  stored.advance()
  sendOne(core, session, stored, sequence, message, qos, retain, identifiers, dup, commit, false)
}

const sendStored = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  sequence: number,
  queued: QueuedMessage,
  dup: boolean,
  commit: CommitNumber,
  again: boolean,
): void => {
  const { message, retain, identifiers } = queued
  const qos = queued.qos as 1 | 2
  if (mayReceive(session, message)) {
    sendOne(core, session, stored, sequence, message, qos, retain, identifiers, dup, commit, again)
    return
  }
  giveUp(core, session, stored, sequence, dup, again)
  dropped(core, session, message, 'not-authorized')
}

const sendOne = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  sequence: number,
  message: RoutedMessage,
  qos: 1 | 2,
  retain: boolean,
  identifiers: readonly number[] | undefined,
  dup: boolean,
  commit: CommitNumber,
  again: boolean,
): void => {
  const { committed } = core.records
  const { output } = session.connection!
  const waits = Math.max(commit, core.leastCommit, stored.passedOver, stored.staged.commitOf(sequence, committed))
  if (send(core, session, message, qos, retain, identifiers, packetIdOf(sequence), dup, waits)) {
    stored.sent.mark(output.waitsFor, sequence + 1, committed)
  } else giveUp(core, session, stored, sequence, dup, again)
}

/** [MQTT-3.1.2-25] It counts as sent and done. A QoS 2 message that may have reached its Client is ended by PUBREL. */
const giveUp = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  sequence: number,
  dup: boolean,
  again: boolean,
): void => {
  const packetId = packetIdOf(sequence)
  const { sender } = session
  // Sent by an earlier process: the Sender cannot know, the record does.
  const outcome = dup && !again ? sender.onPubrec(packetId, 0) : sender.abandon(packetId)
  if (outcome === SenderOutcome.sendPubrel) {
    releaseStored(core, session, stored, sequence)
    stored.passedOver = session.staged
    session.connection?.output.acknowledge(PUBREL, packetId, 0, session.staged)
    return
  }
  if (outcome === SenderOutcome.violation) sender.abandon(packetId)
  stored.passedOver = removeStored(core, stored, sequence)
}

/** Asks for the bodies from a sequence on, once at a time, and only for what the store can already show. */
const load = (core: Core, session: Session, stored: StoredQueue, sequence: number): void => {
  if (stored.ticket !== 0) return
  if (stored.staged.commitOf(sequence, core.records.committed) !== 0) {
    core.stalled.add(session)
    return
  }
  const ticket = requestLoad(core, stored.number, sequence, (records) => {
    // A ticket of an earlier connection: what it brings is not asked for any more.
    if (stored.ticket !== ticket || session.connection === undefined) return undefined
    stored.ticket = 0
    if (records === undefined) {
      closeConnection(core, session.connection, VIOLATIONS.storeUnreadable)
      return undefined
    }
    fill(core, session, stored, sequence, records)
    continueStored(core, session, stored)
    return session
  })
  stored.ticket = ticket
}

const fill = (
  core: Core,
  session: Session,
  stored: StoredQueue,
  from: number,
  records: readonly LoadedRecord[],
): void => {
  stored.beginCache(from)
  for (const record of records) {
    const sequence = sequenceOfKey(record.key)
    if (!stored.has(sequence) || stored.isReleased(sequence)) continue
    const queued = readQueued(core, record)
    if (queued === undefined) damaged(core, session, stored, sequence)
    else if (!stored.cache(sequence, queued)) break
  }
  if (stored.cached(from) === undefined && stored.has(from) && !stored.isReleased(from)) {
    damaged(core, session, stored, from)
  }
}

/** A message that was written down cannot be read: it is lost, and that is said aloud. */
const damaged = (core: Core, session: Session, stored: StoredQueue, sequence: number): void => {
  core.logger.error({ clientId: session.clientId, sequence }, 'a stored message is damaged: it is not delivered')
  core.counters.messagesDropped['store-damaged']++
  const packetId = packetIdOf(sequence)
  if (sequence < stored.cursor) session.sender.abandon(packetId)
  removeStored(core, stored, sequence)
}
