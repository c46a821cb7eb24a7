import type { QoS } from '@godwit/mqtt-codec'
import type { Core } from './context.ts'
import { deliver } from './delivery.ts'
import { SHARED_BODY_BYTES } from './records/body-record.ts'
import type { CommitNumber } from './output.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Session } from './session.ts'
import { SharedGroup } from './shared-group.ts'
import { deliverToGroup } from './shared-subscriptions.ts'
import type { Settings } from './settings.ts'
import type { Route, Subscriber, Subscription, Target } from './subscription.ts'

/** What became of a message: nobody wanted it, somebody has it, or everybody who wanted it was full. */
export const Routed = { toNobody: 0, toSomebody: 1, queuesFull: 2 } as const

/**
 * Gives a message to everyone who subscribed to its topic. Delivered QoS: the lower of the message's and the granted one
 * [MQTT-3.8.4-8]; RETAIN is 0 unless Retain As Published [MQTT-3.3.1-12].
 */
export const routeMessage = (core: Core, route: Route, message: RoutedMessage, from: Session | undefined): number => {
  const { frame } = message
  const qos = frame.qos
  const least = core.leastCommit
  const { records } = core
  message.forOne = route.targets.length === 1 && route.groups.length === 0
  if (records.durable && qos > 0 && message.sizeBytes > SHARED_BODY_BYTES) records.bodies.begin(isForSeveral(route))
  let somebody = false
  let full = false
  for (const target of route.targets) {
    const aimed = target.session === from ? target.own : target
    if (aimed === undefined) continue
    const granted = aimed.qos < qos ? aimed.qos : qos
    const retain = aimed.retainAsPublished && frame.retain
    const commit = aimed.commit > least ? aimed.commit : least
    if (deliver(core, aimed.session, message, granted, retain, aimed.identifiers, commit, undefined)) somebody = true
    else full = true
  }
  for (const group of route.groups) {
    if (deliverToGroup(core, group, message)) somebody = true
    else full = true
  }
  if (records.bodies.shared) records.endBody()
  return somebody ? Routed.toSomebody : full ? Routed.queuesFull : Routed.toNobody
}

/** Whether more than one Session writes it down: then its body is stored once. */
const isForSeveral = (route: Route): boolean => {
  let stored = 0
  for (const { session, qos } of route.targets) if (qos > 0 && session.stored !== undefined && ++stored > 1) return true
  return false
}

/** Works out once where messages of a topic go. */
export const resolveRoute = (settings: Settings, topicName: string, subscribers: readonly Subscriber[]): Route => {
  const [first] = subscribers
  if (first === undefined) return TO_NOBODY
  // The usual case, where nothing overlaps.
  if (subscribers.length === 1 && !(first instanceof SharedGroup)) {
    return first.session.grant.canReceive?.(topicName) === false
      ? TO_NOBODY
      : { targets: [targetOf(first)], groups: NO_GROUPS }
  }
  const groups: SharedGroup[] = []
  const bySession = new Map<Session, Subscription[]>()
  for (const subscriber of subscribers) {
    if (subscriber instanceof SharedGroup) groups.push(subscriber)
    else {
      const { session } = subscriber
      if (session.grant.canReceive?.(topicName) === false) continue
      const overlapping = bySession.get(session)
      if (overlapping === undefined) bySession.set(session, [subscriber])
      else overlapping.push(subscriber)
    }
  }
  const targets: Target[] = []
  for (const overlapping of bySession.values()) {
    if (settings.overlappingSubscriptions === 'one-copy') targets.push(targetOfAll(overlapping))
    else for (const subscription of overlapping) targets.push(targetOf(subscription))
  }
  return { targets, groups }
}

const targetOf = ({
  session,
  qos,
  retainAsPublished,
  subscriptionIdentifier,
  commit,
  noLocal,
}: Subscription): Target => {
  const identifiers = subscriptionIdentifier === 0 ? undefined : [subscriptionIdentifier]
  const target = made(session, qos, retainAsPublished, identifiers, commit)
  if (!noLocal) target.own = target
  return target
}

/** [MQTT-3.3.4-2] One copy with the highest QoS and all Subscription Identifiers. */
const targetOfAll = (overlapping: readonly Subscription[]): Target => {
  if (overlapping.length === 1) return targetOf(overlapping[0]!)
  const target = merged(overlapping)
  const local = overlapping.filter(({ noLocal }) => !noLocal)
  if (local.length === overlapping.length) target.own = target
  else if (local.length > 0) target.own = merged(local)
  return target
}

const merged = (subscriptions: readonly Subscription[]): MadeTarget => {
  let qos: QoS = 0
  let commit = 0
  let retainAsPublished = false
  const identifiers: number[] = []
  for (const subscription of subscriptions) {
    if (subscription.qos > qos) qos = subscription.qos
    if (subscription.commit > commit) commit = subscription.commit
    if (subscription.retainAsPublished) retainAsPublished = true
    if (subscription.subscriptionIdentifier !== 0) identifiers.push(subscription.subscriptionIdentifier)
  }
  const { session } = subscriptions[0]!
  return made(session, qos, retainAsPublished, identifiers.length === 0 ? undefined : identifiers, commit)
}

type MadeTarget = Omit<Target, 'own'> & { own: Target | undefined }

/** Made in one place, so that all targets have one shape: the hot path reads them. */
const made = (
  session: Session,
  qos: QoS,
  retainAsPublished: boolean,
  identifiers: readonly number[] | undefined,
  commit: CommitNumber,
): MadeTarget => ({ session, qos, retainAsPublished, identifiers, commit, own: undefined })

const TO_NOBODY: Route = { targets: [], groups: [] }
const NO_GROUPS: readonly SharedGroup[] = []
