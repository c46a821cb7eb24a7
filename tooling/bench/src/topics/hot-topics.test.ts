import { matches, SubscriptionIndex } from '@godwit/mqtt-topics'
import { expect, it } from 'vitest'
import { backgroundFilters, hotTopics } from './hot-topics.ts'

it('has as many different filters as are asked for, a third of them with wildcards', () => {
  const filters = backgroundFilters(10_000)
  expect(new Set(filters).size).toBe(10_000)
  expect(filters.filter((filter) => /[+#]/.test(filter))).toHaveLength(3000)
})

it('has different topics in each group, and no filter that matches one', () => {
  const topics = [...hotTopics(0, 100, 10_000), ...hotTopics(1, 100, 10_000)]
  expect(new Set(topics).size).toBe(200)
  const index = new SubscriptionIndex<number>()
  for (const filter of backgroundFilters(10_000)) index.add(filter, 1)
  for (const topic of topics) expect(index.match(topic)).toEqual([])
  expect(backgroundFilters(2000).some((filter) => matches(filter, topics[0]!))).toBe(false)
  // Yet it lies among them.
  expect(index.match('t/org-1/device-1/temp').length).toBeGreaterThan(0)
})
