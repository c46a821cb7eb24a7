import { SubscriptionIndex } from '@godwit/mqtt-topics'
import type { Contest } from '../harness/contest.ts'
import { backgroundFilters, hotTopics } from './hot-topics.ts'

/** Topics that are asked for in turn. */
const HOT_TOPICS = 500

/**
 * The index beside itself: the same hot topics, each with a Subscription of its own, among many Subscriptions and among few. As
 * a broker does, it is asked with the bytes of a packet. Times of 0.5 mean that a look-up costs twice as much among many.
 */
export const growthContest = (many: number, few: number): Contest => ({
  name: `${HOT_TOPICS} hot topics among ${many.toLocaleString('en')} filters; peer: among ${few.toLocaleString('en')}`,
  operations: HOT_TOPICS,
  leastRatio: 0.5,
  ours: lookUpAmong(many),
  peer: lookUpAmong(few),
})

const lookUpAmong = (subscriptions: number): (() => number) => {
  const encoder = new TextEncoder()
  const encoded = hotTopics(0, HOT_TOPICS, subscriptions).map((topic) => encoder.encode(topic))
  // A million filters are added only where somebody asks.
  let index: SubscriptionIndex<number> | undefined
  return () => {
    index ??= indexOf(subscriptions)
    let sum = 0
    for (const bytes of encoded) {
      const entry = index.entryOfBytes(bytes, 0, bytes.length)
      if (entry.refused === undefined) sum += entry.resolved.length
    }
    return sum
  }
}

const indexOf = (subscriptions: number): SubscriptionIndex<number> => {
  const index = new SubscriptionIndex<number>()
  hotTopics(0, HOT_TOPICS, subscriptions).forEach((topic, value) => index.add(topic, value))
  backgroundFilters(subscriptions - HOT_TOPICS).forEach((filter, value) => index.add(filter, value))
  return index
}
