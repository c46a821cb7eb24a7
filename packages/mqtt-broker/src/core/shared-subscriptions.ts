import type { Core } from './context.ts'
import { deliver, dropped, hasRoom } from './delivery.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { RoutedMessage } from './routed-message.ts'
import { mixed, type Session } from './session.ts'
import type { Settings } from './settings.ts'
import { SharedGroup } from './shared-group.ts'
import type { Subscription } from './subscription.ts'

const keyOf = (shareName: string, matchedFilter: string): string => `${shareName}/${matchedFilter}`

/** The group of a Shared Subscription; it enters the index with its first member. */
export const groupOf = (core: Core, shareName: string, matchedFilter: string): SharedGroup => {
  const key = keyOf(shareName, matchedFilter)
  let group = core.groups.get(key)
  if (group === undefined) {
    group = new SharedGroup(shareName, matchedFilter)
    core.groups.set(key, group)
    core.index.add(matchedFilter, group)
  }
  return group
}

export const joinGroup = (subscription: Subscription): void => {
  const { group, session } = subscription
  if (group === undefined) return
  group.members.push(subscription)
  ;(session.groups ??= new Set()).add(group)
}

/** The last to leave takes the group along, with what still waits in it. */
export const leaveGroup = (core: Core, subscription: Subscription): void => {
  const { group, session } = subscription
  if (group === undefined) return
  const place = group.members.indexOf(subscription)
  if (place !== -1) group.members.splice(place, 1)
  session.groups?.delete(group)
  if (group.members.length > 0) return
  for (const queued of group.queue.drain()) {
    uncount(core, queued)
    dropped(core, session, queued.message, 'no-group-member')
  }
  core.index.remove(group.matchedFilter, group)
  core.groups.delete(keyOf(group.shareName, group.matchedFilter))
}

/**
 * Each message goes to exactly one member. First to one that can take it now; QoS 1 and 2 else wait in the group, which is
 * served when a member has room again; QoS 0 is dropped where nobody is online. False: the group's queue is full.
 */
export const deliverToGroup = (core: Core, group: SharedGroup, message: RoutedMessage): boolean => {
  const member = group.queue.length === 0 ? choose(core, group, message) : undefined
  if (member !== undefined) return deliverToMember(core, member, message, Math.min(member.qos, message.frame.qos))
  if (message.frame.qos === 0 || group.members.every(({ qos }) => qos === 0)) {
    core.counters.messagesDropped['no-group-member']++
    core.observation?.messageDropped(`$share/${group.shareName}`, message, 'no-group-member')
    return true
  }
  return enqueueForGroup(core, group, message)
}

/** Gives a Session what waits in its groups, while it has room. */
export const pumpGroups = (core: Core, session: Session): void => {
  if (session.groups === undefined) return
  for (const group of session.groups) {
    while (group.queue.length > 0 && hasRoom(core, session)) {
      const queued = group.queue.shift()!
      uncount(core, queued)
      const { message } = queued
      if (message.expiresAt <= core.now) {
        dropped(core, session, message, 'message-expired')
        continue
      }
      const member = choose(core, group, message)
      if (member === undefined) {
        group.queue.unshift(queued)
        count(core, queued)
        break
      }
      deliverToMember(core, member, message, Math.min(member.qos, queued.qos))
    }
  }
}

/** QoS 1 messages of a member whose Session ended, older than what waits: they go to the others first. */
export const returnToGroup = (core: Core, returned: readonly QueuedMessage[]): void => {
  const groups = new Set<SharedGroup>()
  for (const queued of [...returned].reverse()) {
    const { group } = queued
    if (group === undefined || group.members.length === 0) continue
    group.queue.unshift(queued)
    count(core, queued)
    groups.add(group)
  }
  for (const group of groups) {
    for (const { session } of [...group.members]) pumpGroups(core, session)
  }
}

const enqueueForGroup = (core: Core, group: SharedGroup, message: RoutedMessage): boolean => {
  const { queue } = group
  const { limits } = core
  const full = () =>
    queue.length >= limits.maximumQueuedMessages || queue.sizeBytes + message.sizeBytes > limits.maximumQueuedBytes
  if (full()) dropExpired(core, group)
  if (full()) {
    core.counters.messagesDropped['queue-full']++
    core.observation?.messageDropped(`$share/${group.shareName}`, message, 'queue-full')
    return false
  }
  const queued = {
    message: message.kept(),
    qos: message.frame.qos,
    retain: message.frame.retain,
    identifiers: undefined,
    group,
  }
  queue.push(queued)
  count(core, queued)
  return true
}

/** What expired while it waited makes room for what has not. */
const dropExpired = (core: Core, group: SharedGroup): void => {
  for (const queued of group.queue.takeExpired(core.now)) {
    uncount(core, queued)
    core.counters.messagesDropped['message-expired']++
    core.observation?.messageDropped(`$share/${group.shareName}`, queued.message, 'message-expired')
  }
}

const deliverToMember = (core: Core, member: Subscription, message: RoutedMessage, qos: number): boolean => {
  const identifiers = member.subscriptionIdentifier === 0 ? undefined : [member.subscriptionIdentifier]
  const retain = member.retainAsPublished && message.frame.retain
  return deliver(core, member.session, message, qos, retain, identifiers, member.commit, member.group)
}

/** A member that is online, may read the topic and has room (for QoS 0: is not behind). */
const choose = (core: Core, group: SharedGroup, message: RoutedMessage): Subscription | undefined => {
  const { members } = group
  const { sharedSubscriptionChoice } = core.settings
  let best: Subscription | undefined
  let bestWeight = Infinity
  let bestPlace = 0
  for (let step = 0; step < members.length; step++) {
    const place = (group.turn + step) % members.length
    const member = members[place]!
    if (!canTake(core, member, message)) continue
    const weight = weightOf(sharedSubscriptionChoice, member.session, message)
    if (weight >= bestWeight) continue
    best = member
    bestWeight = weight
    bestPlace = place
    if (sharedSubscriptionChoice === 'round-robin') break
  }
  if (best !== undefined) group.turn = bestPlace + 1
  return best
}

/**
 * The lightest member gets the message; of equals the one whose turn it is. `sticky` weighs each pair of publisher and member
 * by itself, so that a member who comes or goes moves nobody but its own publishers.
 */
const weightOf = (choice: Settings['sharedSubscriptionChoice'], session: Session, message: RoutedMessage): number => {
  if (choice === 'round-robin') return 0
  return choice === 'least-in-flight' ? session.sender.outstanding : mixed(session.hash, message.publisherHash)
}

const canTake = (core: Core, member: Subscription, message: RoutedMessage): boolean => {
  const { session } = member
  const { connection } = session
  if (connection === undefined) return false
  if (session.grant.canReceive?.(message.topicName) === false) return false
  if (Math.min(member.qos, message.frame.qos) > 0) return hasRoom(core, session)
  return connection.output.pendingBytes <= core.limits.outputDropBytes
}

const count = (core: Core, queued: QueuedMessage): void => {
  core.counters.queuedMessages++
  core.counters.queuedBytes += queued.message.sizeBytes
}

const uncount = (core: Core, queued: QueuedMessage): void => {
  core.counters.queuedMessages--
  core.counters.queuedBytes -= queued.message.sizeBytes
}
