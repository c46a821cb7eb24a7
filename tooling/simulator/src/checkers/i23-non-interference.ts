import type { Checker } from './checker.ts'
import { demandsOf } from './demands.ts'
import { timeOf } from './session-times.ts'
import type { MessageStory, SessionStory, Story } from './story.ts'
import { tellStory } from './tell-story.ts'

/** What two runs do at almost the same time they may do in another order: what is asked for here was settled so long before. */
const MARGIN_MS = 1_000

/** I23 */
export const nonInterference: Checker = {
  name: 'I23',
  says: 'whatever a hostile client does, others get what they get without it, in the same order',
  *check(story) {
    if (story.without === undefined) return
    const alone = tellStory(story.without)
    const place = Math.min(story.leaving, story.history.length - 1)
    for (const { message, session } of demandsOf(alone)) {
      if (session.ended < alone.leaving || !isSettled(alone, message, session)) continue
      if (!alone.messages.get(message.name)!.deliveries.some((each) => each.session === session)) continue
      const there = story.messages.get(message.name)
      if (there?.deliveries.some((each) => each.connection.client === session.client && each.received) === true)
        continue
      yield { place, text: `${session.client} gets ${message.name} only where nobody is hostile` }
    }
    yield* otherOrder(story, alone, place)
  },
}

/** Whether a Subscription was there for a while before the message, and stayed for a while after it. */
const isSettled = (story: Story, message: MessageStory, { subscriptions }: SessionStory): boolean => {
  const sentAt = timeOf(story, message.firstSent)
  const acknowledgedAt = timeOf(story, message.acknowledged)
  return subscriptions.some(
    ({ told, mayEnd }) =>
      told < message.firstSent &&
      timeOf(story, told) + MARGIN_MS < sentAt &&
      timeOf(story, mayEnd) > acknowledgedAt + MARGIN_MS,
  )
}

/** First deliveries of one publisher's connection, topic and QoS, as far as both runs have them. */
const otherOrder: (story: Story, alone: Story, place: number) => ReturnType<Checker['check']> = function* (
  story,
  alone,
  place,
) {
  const before = ordersOf(alone)
  for (const [key, names] of ordersOf(story)) {
    const there = before.get(key) ?? []
    const common = names.filter((name) => there.includes(name))
    const expected = there.filter((name) => names.includes(name))
    const differs = common.findIndex((name, at) => name !== expected[at])
    if (differs !== -1) yield { place, text: `${key}: ${common[differs]} where ${expected[differs]} comes without it` }
  }
}

const ordersOf = ({ deliveries }: Story): Map<string, string[]> => {
  const orders = new Map<string, string[]>()
  const seen = new Set<string>()
  for (const { message, session, packet } of deliveries) {
    if (message === undefined || session === undefined || packet.qos === 0 || packet.retain || message.isWill) continue
    // Sent once, on one connection, and not through a group, which may have chosen another member.
    if (message.sent.length !== 1 || message.topicName.startsWith('g/')) continue
    const key = `${session.client} gets of ${message.client} (${message.topicName}, QoS ${message.packet.qos} as ${packet.qos})`
    const once = `${key} ${message.name}`
    if (seen.has(once)) continue
    seen.add(once)
    const names = orders.get(key)
    if (names === undefined) orders.set(key, [message.name])
    else names.push(message.name)
  }
  return orders
}
