import type { Core } from './context.ts'
import { Deadline } from './deadlines.ts'
import type { Session } from './session.ts'
import { endSubscription } from './subscriptions.ts'
import { returnToGroup } from './shared-subscriptions.ts'
import { publishWill } from './wills.ts'

/** The Client has gone: its Session waits for it as long as it may (§4.1.0). */
export const sessionWaits = (core: Core, session: Session): void => {
  const seconds = session.expiryIntervalSeconds
  if (seconds === 0) return endSession(core, session)
  if (seconds === Infinity) return
  session.expiry ??= new Deadline(() => endSession(core, session))
  core.deadlines.arm(session.expiry, core.now + seconds * 1000)
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
  const returned = [...session.sender.messages()].filter(({ qos, group }) => group !== undefined && qos === 1)
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
