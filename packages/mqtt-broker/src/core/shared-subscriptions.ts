import type { Core } from './context.ts'
import { deliver, hasRoom } from './delivery.ts'
import { forgetOrigin } from './group-origin.ts'
import type { QueuedMessage } from './queued-message.ts'
import type { GroupOrigin } from './records/queued-record.ts'
import type { RoutedMessage } from './routed-message.ts'
import { dropped } from './sending.ts'
import { mixed, type Session } from './session.ts'
import type { Settings } from './settings.ts'
import { SharedGroup } from './shared-group.ts'
import type { Subscription } from './subscription.ts'

/** The group of a Shared Subscription; it enters the index with its first member. */
export const groupOf = (core: Core, shareName: string, matchedFilter: string): SharedGroup => {
  let group = core.groups.get(`${shareName}/${matchedFilter}`)
  if (group === undefined) {
    group = new SharedGroup(shareName, matchedFilter)
    core.groups.set(group.name, group)
    core.index.add(matchedFilter, group)
  }
  return group
}

export const joinGroup = (core: Core, subscription: Subscription): void => {
  const { group, session } = subscription
  if (group === undefined) return
  group.members.push(subscription)
  if (session.stored !== undefined) {
    group.storedMembers++
    if (group.number === 0) {
      group.number = core.records.nextNumber++
      session.staged = core.records.group(group.name, group.number)
    }
  }
  ;(session.groups ??= new Set()).add(group)
}

/** The last to leave takes the group along, with what still waits in it. */
export const leaveGroup = (core: Core, subscription: Subscription): void => {
  const { group, session } = subscription
  if (group === undefined) return
  const place = group.members.indexOf(subscription)
  if (place !== -1) group.members.splice(place, 1)
  if (session.stored !== undefined) group.storedMembers--
  session.groups?.delete(group)
  if (group.members.length > 0) return
  for (const queued of group.queue.drain()) {
    uncount(core, queued)
    forgetOrigin(core, queued.origin)
    dropped(core, session, queued.message, 'no-group-member')
  }
  if (group.number !== 0) core.records.forgetGroup(group.name)
  core.index.remove(group.matchedFilter, group)
  core.groups.delete(group.name)
}

/**
 * Each message goes to exactly one member. First to one that can take it now; QoS 1 and 2 else wait in the group, which is
 * served when a member has room again; QoS 0 is dropped where nobody is online. False: the group's queue is full.
 */
export const deliverToGroup = (core: Core, group: SharedGroup, message: RoutedMessage): boolean => {
  const member = group.queue.length === 0 ? choose(core, group, message) : undefined
  if (member !== undefined) {
    const qos = Math.min(member.qos, message.frame.qos)
    return deliverToMember(core, group, member, message, qos, undefined)
  }
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
        forgetOrigin(core, queued.origin)
        dropped(core, session, message, 'message-expired')
        continue
      }
      const member = choose(core, group, message)
      if (member === undefined) {
        group.queue.unshift(queued)
        count(core, queued)
        break
      }
      deliverToMember(core, group, member, message, Math.min(member.qos, queued.qos), queued.origin)
    }
  }
}

/** QoS 1 messages of a member whose Session ended, older than what waits: they go to the others first. */
export const returnToGroup = (core: Core, returned: readonly QueuedMessage[]): void => {
  const groups = new Set<SharedGroup>()
  for (const queued of [...returned].reverse()) {
    const { group } = queued
    if (group === undefined || group.members.length === 0) {
      forgetOrigin(core, queued.origin)
      continue
    }
    // The next member gets it as if it were the first: with its own granted QoS [MQTT-3.8.4-8] and identifiers.
    group.queue.unshift({ ...queued, qos: queued.message.frame.qos, identifiers: undefined })
    count(core, queued)
    groups.add(group)
  }
  for (const group of groups) {
    for (const { session } of [...group.members]) pumpGroups(core, session)
  }
}

/** A message that a member left behind in the store: back under its group, in its old place, for the others. */
export const restoreToGroup = (core: Core, queued: QueuedMessage): void => {
  const { origin, message, retain } = queued
  const group = [...core.groups.values()].find(({ number }) => number !== 0 && number === origin?.number)
  if (group === undefined || origin === undefined) return
  core.records.queued(origin.number, origin.sequence, message, message.frame.qos, retain, undefined, undefined, 0)
  restoreQueued(core, group, queued)
  for (const { session } of [...group.members]) pumpGroups(core, session)
}

/** Puts a message that the store has for a group back into its queue, in the order of its sequence. */
export const restoreQueued = (core: Core, group: SharedGroup, queued: QueuedMessage): void => {
  const sequence = queued.origin?.sequence ?? 0
  const back = { ...queued, qos: queued.message.frame.qos, identifiers: undefined, group }
  group.queue.insert(back, (other) => (other.origin?.sequence ?? Infinity) > sequence)
  group.nextSequence = Math.max(group.nextSequence, sequence + 1)
  count(core, back)
}

const enqueueForGroup = (core: Core, group: SharedGroup, message: RoutedMessage): boolean => {
  const { queue } = group
  const { limits } = core
  if (queue.exceeded(limits, message.sizeBytes) !== undefined) dropExpired(core, group)
  const exceeded = queue.exceeded(limits, message.sizeBytes)
  if (exceeded !== undefined) {
    core.counters.limitsMet[exceeded]++
    core.counters.messagesDropped['queue-full']++
    core.observation?.messageDropped(`$share/${group.shareName}`, message, 'queue-full')
    return false
  }
  const { qos, retain } = message.frame
  const waiting = { message: message.kept(), qos, retain, identifiers: undefined, group }
  const queued = group.storedMembers === 0 ? waiting : { ...waiting, origin: store(core, group, message) }
  queue.push(queued)
  count(core, queued)
  return true
}

/** What expired while it waited makes room for what has not. */
const dropExpired = (core: Core, group: SharedGroup): void => {
  for (const queued of group.queue.takeExpired(core.now)) {
    uncount(core, queued)
    forgetOrigin(core, queued.origin)
    core.counters.messagesDropped['message-expired']++
    core.observation?.messageDropped(`$share/${group.shareName}`, queued.message, 'message-expired')
  }
}

/** Writes a message down for its group: whoever gets it, it is there until it has been acknowledged. */
const store = (core: Core, group: SharedGroup, message: RoutedMessage): GroupOrigin => {
  const origin = { number: group.number, sequence: group.nextSequence++ }
  const { qos, retain } = message.frame
  core.records.queued(origin.number, origin.sequence, message, qos, retain, undefined, undefined, 0)
  return origin
}

/** `stored`: where the group's own record of it is, if it has one. */
const deliverToMember = (
  core: Core,
  group: SharedGroup,
  member: Subscription,
  message: RoutedMessage,
  qos: number,
  stored: GroupOrigin | undefined,
): boolean => {
  const identifiers = member.subscriptionIdentifier === 0 ? undefined : [member.subscriptionIdentifier]
  const retain = member.retainAsPublished && message.frame.retain
  const commit = Math.max(member.commit, core.leastCommit)
  if (group.storedMembers === 0 && stored === undefined) {
    return deliver(core, member.session, message, qos, retain, identifiers, commit, group)
  }
  if (qos === 0) {
    forgetOrigin(core, stored)
    return deliver(core, member.session, message, 0, retain, identifiers, commit, group)
  }
  if (member.session.stored === undefined) {
    const origin = stored ?? store(core, group, message)
    return deliver(core, member.session, message, qos, retain, identifiers, commit, group, origin)
  }
  // From the group's records to the member's, in one batch; should its Session end, it goes back from there.
  const origin = stored ?? { number: group.number, sequence: group.nextSequence++ }
  forgetOrigin(core, stored)
  return deliver(core, member.session, message, qos, retain, identifiers, commit, group, origin)
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
  return connection.output.pendingBytes <= core.pressure.dropBytes
}

const count = (core: Core, queued: QueuedMessage): void => {
  core.counters.queuedMessages++
  core.counters.queuedBytes += queued.message.sizeBytes
}

const uncount = (core: Core, queued: QueuedMessage): void => {
  core.counters.queuedMessages--
  core.counters.queuedBytes -= queued.message.sizeBytes
}
