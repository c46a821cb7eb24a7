import { denies } from '../rights.ts'
import { matchingOf, mayDrop } from './expectations.ts'
import { mayHaveEnded } from './session-times.ts'
import type { MessageStory, SessionStory, Story, SubscriptionStory } from './story.ts'

/** A message of QoS 1 or 2 that a Session has to get, and the Subscriptions because of which it has to. */
export interface Demand {
  readonly message: MessageStory
  readonly session: SessionStory
}

/** Properties, identifiers and a header that surround topic and payload, at the most. */
const OVERHEAD_BYTES = 60

/**
 * Everything that was promised: a Session that had its SUBACK before the message was sent, and kept its Subscription until the message
 * was acknowledged, where nothing about message or Session allows to leave it out.
 */
export const demandsOf = (story: Story): readonly Demand[] => {
  let demands = KNOWN.get(story)
  if (demands === undefined) {
    demands = mayDrop(story) ? [] : [...story.messages.values()].flatMap((message) => demandsFor(story, message))
    KNOWN.set(story, demands)
  }
  return demands
}

/** Three checkers ask for the same. */
const KNOWN = new WeakMap<Story, readonly Demand[]>()

const demandsFor = (story: Story, message: MessageStory): Demand[] => {
  const demands: Demand[] = []
  if (!isPromised(story, message)) return demands
  for (const session of story.sessions) {
    // Sessions are in the order of their beginnings.
    if (session.began > message.firstSent) break
    if (lastSeen(session) <= message.acknowledged || !isWanted(message, session)) continue
    if (mayHaveEnded(story, session) > message.acknowledged && mayRead(story, message, session)) {
      demands.push({ message, session })
    }
  }
  return demands
}

/** Until then a Session was there for sure: with a connection, or with one that resumed it later. */
const lastSeen = (session: SessionStory): number => {
  let last = LAST_SEEN.get(session)
  if (last === undefined) {
    last = -1
    for (const { connack, goneForBroker, endedByBroker } of session.connections) {
      last = Math.max(last, connack!.place, Math.min(goneForBroker, endedByBroker))
    }
    LAST_SEEN.set(session, last)
  }
  return last
}

const LAST_SEEN = new WeakMap<SessionStory, number>()

const isPromised = (story: Story, { acknowledged, packet, topicName, client }: MessageStory): boolean => {
  if (acknowledged === Infinity || packet.qos === 0) return false
  if (packet.properties?.messageExpiryIntervalSeconds !== undefined) return false
  const from = story.plan.clients.find(({ name }) => name === client)
  // A Packet Identifier that is still in use is no new message, whatever a hostile client means by it.
  if (from?.kind === 'hostile') return false
  // 3.1.1 has no word for a message without the right: it is acknowledged like any other.
  return !story.policies.some(({ policy }) => denies(policy.deniedWrites, from?.principal ?? '', topicName))
}

/** No right is ever missing, and it is not too large. */
export const mayRead = (story: Story, { packet, topicName }: MessageStory, { plan }: SessionStory): boolean => {
  const { maximumPacketSizeBytes, principal } = plan
  const sizeBytes = packet.payload.length + topicName.length + OVERHEAD_BYTES
  if (maximumPacketSizeBytes !== undefined && sizeBytes > maximumPacketSizeBytes) return false
  return !story.policies.some(({ policy }) => denies(policy.deniedReads, principal, topicName))
}

const isWanted = (message: MessageStory, session: SessionStory): boolean =>
  matchingOf(session, message.topicName).some((subscription) => isBecauseOf(message, session, subscription))

const isBecauseOf = (message: MessageStory, session: SessionStory, subscription: SubscriptionStory): boolean =>
  subscription.shareName === undefined &&
  subscription.grantedQos > 0 &&
  subscription.told < message.firstSent &&
  subscription.mayEnd > message.acknowledged &&
  !(subscription.request.noLocal && message.client === session.client)
