import type { Checker } from './checker.ts'
import { demandsOf } from './demands.ts'
import { mayHaveEnded, timeOf } from './session-times.ts'
import type { MessageStory, SessionStory, Story } from './story.ts'
import { tellStory } from './tell-story.ts'

/** What two runs do at almost the same time they may do in another order: what is asked for here was settled so long before. */
const MARGIN_MS = 1_000

/** I23. Their order is that of publishing in both runs, which I10 asks of each. */
export const nonInterference: Checker = {
  name: 'I23',
  says: 'whatever a hostile client does, others get what they get without it',
  *check(story) {
    if (story.without === undefined) return
    const alone = tellStory(story.without)
    const place = Math.min(story.leaving, story.history.length - 1)
    // Which topics found room depends on which of two messages was a millisecond earlier.
    const isTight = story.plan.limits.maximumRetainedTopics !== undefined
    for (const { message, session } of demandsOf(alone)) {
      if (isTight && message.packet.retain) continue
      if (Math.min(session.ended, mayHaveEnded(alone, session)) < alone.leaving || !isSettled(alone, message, session))
        continue
      if (!alone.messages.get(message.name)!.deliveries.some((each) => each.session === session)) continue
      const there = story.messages.get(message.name)
      if (there?.deliveries.some((each) => each.connection.client === session.client && each.received) === true)
        continue
      if (there !== undefined && mayBeLost(story, there)) continue
      yield { place, text: `${session.client} gets ${message.name} only where nobody is hostile` }
    }
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

/** Whether every connection that it was sent on ended so soon that a millisecond decided whether it was read. */
const mayBeLost = (story: Story, { acknowledged, sent }: MessageStory): boolean =>
  acknowledged === Infinity &&
  sent.every(({ place, connection }) => timeOf(story, connection.goneForClient) < timeOf(story, place) + MARGIN_MS)
