import type { Core } from './context.ts'
import { bury } from './graves.ts'
import type { CommitNumber } from './output.ts'
import type { WillRecord } from './records/session-record.ts'
import type { Session } from './session.ts'
import { StoredQueue } from './stored-queue.ts'
import { encodeWill } from './will-packet.ts'

/** A Session that outlives its connection gets a number with its first one, and with it a place in the store. */
export const enterStore = (core: Core, session: Session): void => {
  const { records } = core
  if (session.stored === undefined) {
    if (!records.durable || session.expiryIntervalSeconds === 0) return
    session.stored = new StoredQueue(records.nextNumber++)
  } else records.connected(session.stored.number)
  // Its CONNACK waits for this one.
  session.staged = recordSession(core, session)
}

/** Writes down what the Session is now: its expiry interval, its Will or that it has none any more. */
export const recordSession = (core: Core, session: Session): CommitNumber => {
  const { stored, info } = session
  if (session.ended || stored === undefined) return session.recorded
  session.recorded = core.records.session(session.clientId, {
    number: stored.number,
    principal: session.principal,
    username: info?.username,
    protocolVersion: info?.protocolVersion ?? 5,
    keepAliveSeconds: info?.keepAliveSeconds ?? 0,
    expiryIntervalSeconds: session.expiryIntervalSeconds,
    will: willRecordOf(core, session),
  })
  return session.recorded
}

/** The Session has ended: its records go at once, its messages piece by piece. */
export const leaveStore = (core: Core, session: Session, stored: StoredQueue): void => {
  const { records, counters } = core
  counters.queuedMessages -= stored.length
  counters.queuedBytes -= stored.sizeBytes
  for (const packetId of session.receiver.values()) records.forgetReceived(stored.number, packetId)
  session.recorded = records.forgetSession(session.clientId, stored.number)
  session.staged = session.recorded
  if (!stored.empty) bury(core, stored.number, session.recorded)
}

/** The connection has ended: which messages left on it decides about their DUP [MQTT-3.3.1-1]. */
export const detachStored = (core: Core, session: Session, stored: StoredQueue): void => {
  core.stalled.delete(session)
  // What waits with a CONNACK at the gate leaves with it, although the connection has ended.
  stored.detach(Math.max(core.records.committed, session.connection?.output.leavesUpTo ?? 0))
  for (const { packetId } of session.sender.inFlight()) {
    const sequence = stored.sequenceOf(packetId)
    if (sequence !== -1 && sequence < stored.sentBefore) session.sender.markSent(packetId)
  }
}

const willRecordOf = (core: Core, session: Session): WillRecord | undefined => {
  if (session.will === undefined) return undefined
  const { will } = session.will
  return {
    delaySeconds: will.properties?.willDelayIntervalSeconds ?? 0,
    allowed: session.will.allowed && isAllowed(core, session, will.topicName),
    publish: encodeWill(will),
  }
}

/** A Grant cannot be asked after a restart, so it is asked before. */
const isAllowed = (core: Core, session: Session, topicName: string): boolean => {
  try {
    return session.grant.canPublish === undefined || session.grant.canPublish(topicName) === true
  } catch (error) {
    core.logger.error({ error }, 'a check of the right to publish threw: refused')
    return false
  }
}
