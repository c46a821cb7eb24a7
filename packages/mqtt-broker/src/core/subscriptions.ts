import type { SubscriptionRequest } from '@godwit/mqtt-codec'
import type { Core } from './context.ts'
import type { SubscriptionRecord } from './records/subscription-record.ts'
import type { Session } from './session.ts'
import { groupOf, joinGroup, leaveGroup } from './shared-subscriptions.ts'
import type { Subscription } from './subscription.ts'
import type { ParsedFilter } from './topic-filters.ts'

/** [MQTT-3.8.4-3] A filter that is there already is replaced, options and all, in its place. */
export const storeSubscription = (
  core: Core,
  session: Session,
  filter: ParsedFilter,
  request: SubscriptionRequest,
  subscriptionIdentifier: number,
): Subscription => {
  const options = {
    qos: request.qos < core.settings.maximumQos ? request.qos : core.settings.maximumQos,
    noLocal: request.noLocal,
    retainAsPublished: request.retainAsPublished,
    subscriptionIdentifier,
  }
  const before = session.subscriptions?.get(filter.topicFilter)
  if (before !== undefined) {
    Object.assign(before, options)
    record(core, before)
    core.index.invalidate(filter.matchedFilter)
    return before
  }
  const subscription = addSubscription(core, session, filter, options)
  record(core, subscription)
  return subscription
}

/** A Subscription that is new, or that was found in the store. */
export const addSubscription = (
  core: Core,
  session: Session,
  filter: ParsedFilter,
  options: SubscriptionRecord,
): Subscription => {
  const { topicFilter, matchedFilter, shareName } = filter
  const group = shareName === undefined ? undefined : groupOf(core, shareName, matchedFilter)
  const subscription: Subscription = { session, topicFilter, matchedFilter, group, ...options, commit: 0 }
  ;(session.subscriptions ??= new Map()).set(topicFilter, subscription)
  core.counters.subscriptions++
  if (group === undefined) core.index.add(matchedFilter, subscription)
  else joinGroup(core, subscription)
  return subscription
}

/** What is delivered because of it follows its SUBACK, which waits for its record. */
const record = (core: Core, subscription: Subscription): void => {
  const { session } = subscription
  if (session.stored !== undefined) session.staged = core.records.subscription(session.stored.number, subscription)
  subscription.commit = session.staged
}

/** Takes a Subscription out of its Session, the index and its group. */
export const endSubscription = (core: Core, subscription: Subscription): void => {
  const { session, topicFilter, matchedFilter, group } = subscription
  if (session.subscriptions?.delete(topicFilter) !== true) return
  if (session.subscriptions.size === 0) session.subscriptions = undefined
  core.counters.subscriptions--
  if (session.stored !== undefined) {
    session.staged = core.records.forgetSubscription(session.stored.number, topicFilter)
  }
  if (group === undefined) core.index.remove(matchedFilter, subscription)
  else leaveGroup(core, subscription)
}
