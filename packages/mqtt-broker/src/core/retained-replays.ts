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
}

export const beginReplay = (core: Core, subscription: Subscription): void => {
  const { session } = subscription
  ;(session.replays ??= []).push({ subscription, cursor: core.retained.match(subscription.matchedFilter) })
  core.replaying.add(session)
}

/** A turn of the loop for those that can take more. True: somebody could go on at once. */
export const continueReplays = (core: Core): boolean => {
  let more = core.replaying.size > core.limits.maximumReplays
  for (const session of oldest(core.replaying, core.limits.maximumReplays)) {
    if (session.connection === undefined || session.connection.held) continue
    // Who has been served goes behind the others: a set keeps the order in which its members came.
    core.replaying.delete(session)
    if (!continueReplay(core, session)) continue
    core.replaying.add(session)
    if (hasRoom(core, session)) more = true
  }
  return more
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
      more = replay.cursor.take(1, (_topicName, { message }) => deliverRetained(core, replay.subscription, message))
    }
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
