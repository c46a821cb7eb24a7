import { matches } from '@godwit/mqtt-topics'
import { mayHaveEnded } from './session-times.ts'
import type { MessageStory, SessionStory, Story, SubscriptionStory } from './story.ts'

export const filterMatches = ({ matchedFilter }: SubscriptionStory, topicName: string): boolean => {
  let answers = MATCHES.get(matchedFilter)
  if (answers === undefined) {
    if (MATCHES.size > MATCHES_KEPT) MATCHES.clear()
    MATCHES.set(matchedFilter, (answers = new Map()))
  }
  let answer = answers.get(topicName)
  if (answer === undefined) answers.set(topicName, (answer = matches(matchedFilter, topicName)))
  return answer
}

/** Few filters meet few topics many times. */
const MATCHES = new Map<string, Map<string, boolean>>()
const MATCHES_KEPT = 1_000

/** Whether a limit may have dropped messages on their way, so that none can be demanded. */
export const mayDrop = (story: Story): boolean => story.plan.limits.maximumQueuedMessages !== undefined

/** The Subscriptions that a Session ever had and that match. */
export const matchingOf = (
  { subscriptions, matching }: SessionStory,
  topicName: string,
): readonly SubscriptionStory[] => {
  let some = matching.get(topicName)
  if (some === undefined) {
    some = subscriptions.filter((subscription) => filterMatches(subscription, topicName))
    matching.set(topicName, some)
  }
  return some
}

/** How many copies of a message a Session may get, by all the Subscriptions that it ever had. */
export const copiesFor = (story: Story, session: SessionStory, topicName: string): number => {
  const matching = matchingOf(session, topicName)
  if (matching.length < 2) return matching.length
  const distinct = (some: readonly SubscriptionStory[]): number =>
    new Set(some.map(({ request }) => request.topicFilter)).size
  const shared = distinct(matching.filter(({ shareName }) => shareName !== undefined))
  const own = distinct(matching.filter(({ shareName }) => shareName === undefined))
  const each = story.plan.settings.overlappingSubscriptions === 'one-per-subscription'
  return shared + (each ? own : Math.min(1, own))
}

/**
 * How often the broker may have taken a message as new: QoS 1 with each repeat, QoS 2 in each Session of its publisher, also in one that
 * was begun anew without a word.
 */
export const timesRouted = (story: Story, { packet, reads, sent }: MessageStory): number => {
  if (packet.qos === 1) return Math.max(1, reads.length)
  if (sent.length < 2) return 1
  const sessions = new Set(sent.map(({ connection }) => connection.session))
  const anew = [...sessions].filter(
    (session) => session !== undefined && mayHaveEnded(story, session) < sent.at(-1)!.place,
  )
  return sessions.size + anew.length
}

/** Counts by a key. */
export const tally = <Value, Key>(values: Iterable<Value>, key: (value: Value) => Key): Map<Key, Value[]> => {
  const groups = new Map<Key, Value[]>()
  for (const value of values) {
    const of = key(value)
    const group = groups.get(of)
    if (group === undefined) groups.set(of, [value])
    else group.push(value)
  }
  return groups
}
