import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { Session } from './session.ts'
import { endSubscription } from './subscriptions.ts'
import { forgetOrigin } from './group-origin.ts'
import { returnToGroup } from './shared-subscriptions.ts'
import { leaveStore } from './stored-session.ts'
import { publishWill } from './wills.ts'

/** What a Client asks for, as far as it gets it. */
export const withinMaximumExpiry = (core: Core, seconds: number): number => {
  const maximum = core.limits.maximumSessionExpirySeconds
  if (seconds <= maximum) return seconds
  core.counters.limitsMet.maximumSessionExpirySeconds++
  return maximum
}

/** The Client has gone: its Session waits for it as long as it may (§4.1.0). */
export const sessionWaits = (core: Core, session: Session): void => {
  const seconds = session.expiryIntervalSeconds
  if (seconds === 0) return endSession(core, session)
  if (session.stored !== undefined) core.records.waiting(session.stored.number, core.now, session.stored.sentBefore)
  armExpiry(core, session, core.now)
}

/** `since`: milliseconds of the monotonic clock at which its connection ended. */
export const armExpiry = (core: Core, session: Session, since: number): void => {
  if (session.expiryIntervalSeconds === Infinity) return
  session.expiry ??= new Deadline(() => endSession(core, session))
  core.deadlines.arm(session.expiry, since + session.expiryIntervalSeconds * 1000)
}

export const sessionResumes = (core: Core, session: Session): void => {
  if (session.expiry !== undefined) core.deadlines.cancel(session.expiry)
}

/** Nothing is left of it: not a subscription, not a queued message, not a timer. Its Will is published if it still waits. */
export const endSession = (core: Core, session: Session): void => {
  if (session.ended) return
  session.ended = true
  sessionResumes(core, session)
  core.sessions.delete(session.clientId)
  core.counters.sessions = core.sessions.size
  core.replaying.delete(session)
  const returned: QueuedMessage[] = []
  for (const queued of session.sender.messages()) {
    if (queued.group === undefined) continue
    // [MQTT-4.8.2-5] QoS 2 that was sent to one member never goes to another.
    if (queued.qos === 1) returned.push(queued)
    else forgetOrigin(core, queued.origin)
  }
  if (session.stored !== undefined) leaveStore(core, session, session.stored)
  for (const queued of session.queue.drain()) {
    core.counters.queuedMessages--
    core.counters.queuedBytes -= queued.message.sizeBytes
    if (queued.group !== undefined) returned.push(queued)
  }
  for (const subscription of [...(session.subscriptions?.values() ?? [])]) endSubscription(core, subscription)
  session.sender.clear()
  session.receiver.clear()
  returnToGroup(core, returned)
  publishWill(core, session)
}
