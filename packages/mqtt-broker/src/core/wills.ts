import type { Will } from '@godwit/mqtt-codec'
import { encode } from '@godwit/mqtt-codec'
import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import { publishOwn } from './own-messages.ts'
import { isReservedTopic } from './rights.ts'
import type { Session } from './session.ts'

/** A Will that its Client left behind, and when it is due (§3.1.2.5). */
export interface PendingWill {
  readonly will: Will
  /** Armed while the Will Delay Interval runs. */
  deadline: Deadline | undefined
}

export const setWill = (session: Session, will: Will | undefined): void => {
  session.will = will === undefined ? undefined : { will, deadline: undefined }
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
  // Should the Session end before that, its end publishes the Will and cancels this.
  pending.deadline = new Deadline(() => publishWill(core, session))
  core.deadlines.arm(pending.deadline, core.now + delaySeconds * 1000)
}

/** Once: what has been published is forgotten first. */
export const publishWill = (core: Core, session: Session): void => {
  const pending = session.will
  if (pending === undefined) return
  removeWill(core, session)
  const { will } = pending
  const { topicName } = will
  // The right is the one of this moment, not of the CONNECT.
  if (isReservedTopic(topicName) || !mayStillPublish(core, session, topicName)) {
    core.counters.messagesDropped['not-authorized']++
    core.logger.info({ clientId: session.clientId, topicName }, 'a Will was not published: no right to its topic')
    return
  }
  const { willDelayIntervalSeconds: _, ...properties } = will.properties ?? {}
  const packet = {
    type: 'publish',
    topicName,
    payload: will.payload,
    qos: will.qos,
    retain: will.retain && core.settings.retainAvailable,
    dup: false,
    ...(will.qos > 0 && { packetId: 1 }),
    properties,
  } as const
  core.counters.willsPublished++
  publishOwn(core, encode(packet, 5), topicName, session)
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
