import type { Will } from '@godwit/mqtt-codec'
import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import { publishOwn } from './own-messages.ts'
import { isReservedTopic } from './rights.ts'
import type { Session } from './session.ts'
import { recordSession } from './stored-session.ts'
import { encodeWill } from './will-packet.ts'

/** A Will that its Client left behind, and when it is due (§3.1.2.5). */
export interface PendingWill {
  readonly will: Will
  /** False: its Client had no right to the topic when it connected, and that was before a restart. */
  readonly allowed: boolean
  /** Armed while the Will Delay Interval runs. */
  deadline: Deadline | undefined
}

export const setWill = (session: Session, will: Will | undefined): void => {
  session.will = will === undefined ? undefined : { will, allowed: true, deadline: undefined }
}

/** [MQTT-3.14.4-3] A DISCONNECT in order, or a new connection before the delay is over [MQTT-3.1.3-9]. */
export const removeWill = (core: Core, session: Session): void => {
  if (session.will?.deadline !== undefined) core.deadlines.cancel(session.will.deadline)
  session.will = undefined
}

/** The connection ended without a DISCONNECT in order: published now, or when the delay is over (§3.1.3.2.2). */
export const willDue = (core: Core, session: Session, atOnce: boolean): void => {
  const pending = session.will
  if (pending === undefined || pending.deadline !== undefined) return
  const delaySeconds = pending.will.properties?.willDelayIntervalSeconds ?? 0
  if (atOnce || delaySeconds === 0 || session.expiryIntervalSeconds === 0) return publishWill(core, session)
  armWill(core, session, pending, core.now + delaySeconds * 1000)
}

/** Should the Session end before that, its end publishes the Will and cancels this. */
export const armWill = (core: Core, session: Session, pending: PendingWill, at: number): void => {
  pending.deadline = new Deadline(() => publishWill(core, session))
  core.deadlines.arm(pending.deadline, at)
}

/** Once: what has been published is forgotten first. */
export const publishWill = (core: Core, session: Session): void => {
  const pending = session.will
  if (pending === undefined) return
  removeWill(core, session)
  // I14: that it has been published is on disk before anybody sees it, or a crash would publish it again.
  const before = core.leastCommit
  if (session.stored !== undefined) core.leastCommit = Math.max(before, recordSession(core, session))
  try {
    publishOnce(core, session, pending)
  } finally {
    core.leastCommit = before
  }
}

const publishOnce = (core: Core, session: Session, pending: PendingWill): void => {
  const { will } = pending
  const { topicName } = will
  // The right is the one of this moment, not of the CONNECT.
  if (isReservedTopic(topicName) || !pending.allowed || !mayStillPublish(core, session, topicName)) {
    core.counters.messagesDropped['not-authorized']++
    core.logger.info({ clientId: session.clientId, topicName }, 'a Will was not published: no right to its topic')
    return
  }
  core.counters.willsPublished++
  const retain = will.retain && core.settings.retainAvailable
  publishOwn(core, encodeWill({ ...will, retain }), topicName, session)
}

const mayStillPublish = (core: Core, session: Session, topicName: string): boolean => {
  try {
    if (session.grant.canPublish !== undefined && session.grant.canPublish(topicName) !== true) return false
    const { authorizePublish } = core.edges
    return (
      authorizePublish === undefined || session.info === undefined || authorizePublish(session.info, topicName) === true
    )
  } catch (error) {
    core.logger.error({ error }, 'a check of the right to publish threw: refused')
    return false
  }
}
