import { randomFrom } from '../harness/random.ts'

export interface Population {
  /** Each Subscription: its Topic Filter; its value is its place. */
  readonly filters: readonly string[]
  readonly topicNames: readonly string[]
}

const KINDS = ['temp', 'humidity', 'power', 'state']

/**
 * Organisations with devices that publish four kinds of measurements. Of the filters 70 % are exact, 23 % `t/o/d/+`, 1 %
 * `t/o/+/m`, 5.8 % `t/o/d/#` and 0.2 % `t/o/#`; about five match a topic.
 */
export const populate = (filterCount: number, topicCount: number): Population => {
  const random = randomFrom(filterCount)
  const below = (limit: number) => Math.floor(random() * limit)
  const organisations = Math.max(1, Math.round(filterCount / 400))
  const device = () => `t/org-${below(organisations)}/device-${below(100)}`
  const kind = () => KINDS[below(KINDS.length)]!
  const filter = (): string => {
    const share = random()
    if (share < 0.7) return `${device()}/${kind()}`
    if (share < 0.93) return `${device()}/+`
    if (share < 0.94) return `t/org-${below(organisations)}/+/${kind()}`
    if (share < 0.998) return `${device()}/#`
    return `t/org-${below(organisations)}/#`
  }
  const topics = new Set<string>()
  while (topics.size < topicCount) topics.add(`${device()}/${kind()}`)
  return { filters: Array.from({ length: filterCount }, filter), topicNames: [...topics] }
}
