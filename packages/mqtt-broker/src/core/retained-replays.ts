import type { RetainedCursor } from '@godwit/mqtt-topics'
import type { Core } from './context.ts'
import { deliver, hasRoom } from './delivery.ts'
import type { RetainedMessage } from './retained-messages.ts'
import type { Session } from './session.ts'
import type { Subscription } from './subscription.ts'

/** Retained messages that a new subscription is still owed (§3.3.1.3). */
export interface Replay {
  readonly subscription: Subscription
  readonly cursor: RetainedCursor<RetainedMessage>
  /** A turn had its share of it; whether anything is left the next one will see. */
  interrupted: boolean
}

export const beginReplay = (core: Core, subscription: Subscription): void => {
  const { session } = subscription
  ;(session.replays ??= []).push({
    subscription,
    cursor: core.retained.match(subscription.matchedFilter),
    interrupted: false,
  })
  core.replaying.add(session)
}

/** Its window has opened, or it reads again, or it is back: what it is still owed goes on in the next turn. */
export const wakeReplays = (core: Core, session: Session): void => {
  if (session.replays !== undefined) core.replaying.add(session)
}

/**
 * A turn of the loop for those that can take more. Who cannot leaves the set until `wakeReplays`: to look at them again and
 * again would cost every turn. True: somebody could go on at once.
 */
export const continueReplays = (core: Core): boolean => {
  const { maximumReplays } = core.limits
  if (core.replaying.size > maximumReplays) core.counters.limitsMet.maximumReplays++
  for (const session of oldest(core.replaying, maximumReplays)) {
    // Who has been served goes behind the others: a set keeps the order in which its members came.
    core.replaying.delete(session)
    if (session.connection === undefined || session.connection.held) continue
    if (continueReplay(core, session) && hasRoom(core, session)) core.replaying.add(session)
  }
  return core.replaying.size > 0
}

const oldest = (sessions: ReadonlySet<Session>, count: number): Session[] => {
  const taken: Session[] = []
  for (const session of sessions) {
    if (taken.length === count) break
    taken.push(session)
  }
  return taken
}

/** True: something is left. */
const continueReplay = (core: Core, session: Session): boolean => {
  let budget = core.limits.retainedReplayPerTurn
  while (session.replays !== undefined) {
    const [replay] = session.replays
    if (replay === undefined) {
      session.replays = undefined
      return false
    }
    if (session.subscriptions?.get(replay.subscription.topicFilter) !== replay.subscription) {
      session.replays.shift()
      continue
    }
    let more = true
    while (more && budget > 0) {
      if (!hasRoom(core, session)) return true
      budget--
      more = replay.cursor.take(1, (_topicName, { message }) => {
        if (replay.interrupted) core.counters.limitsMet.retainedReplayPerTurn++
        replay.interrupted = false
        deliverRetained(core, replay.subscription, message)
      })
    }
    replay.interrupted = more
    if (more) return true
    session.replays.shift()
  }
  return false
}

const deliverRetained = (core: Core, subscription: Subscription, message: RetainedMessage['message']): void => {
  const { session } = subscription
  if (message.expiresAt <= core.now) return
  if (session.grant.canReceive?.(message.topicName) === false) return
  const identifiers = subscription.subscriptionIdentifier === 0 ? undefined : [subscription.subscriptionIdentifier]
  // [MQTT-3.3.1-8] RETAIN is 1 on what answers a subscription, whatever Retain As Published says.
  deliver(
    core,
    session,
    message,
    Math.min(message.frame.qos, subscription.qos),
    true,
    identifiers,
    subscription.commit,
    undefined,
  )
}
