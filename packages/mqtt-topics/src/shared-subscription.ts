import { isTopicRefusal, refusal, type TopicRefusal } from './refusals.ts'
import { parseTopicFilter, type TopicFilter } from './topic-filter.ts'
import type { TopicLimits } from './topic-limits.ts'

const PREFIX = '$share'

/** `$share/{ShareName}/{filter}` (§4.8.2). */
export interface SharedSubscription {
  readonly shareName: string
  readonly topicFilter: TopicFilter
}

export const isShared = (text: string): boolean => text === PREFIX || text.startsWith(`${PREFIX}/`)

/** The parts of a Shared Subscription, or why it is none. The text begins with `$share`. */
export const parseSharedSubscription = (text: string, limits: TopicLimits = {}): SharedSubscription | TopicRefusal => {
  const nameAt = PREFIX.length + 1
  const end = text.indexOf('/', nameAt)
  const shareName = text.slice(nameAt, end === -1 ? undefined : end)
  // [MQTT-4.8.2-1]
  if (shareName === '') return refusal('share-name-empty', Math.min(nameAt, text.length))
  const wildcardAt = shareName.search(/[+#]/)
  // [MQTT-4.8.2-2]
  if (wildcardAt !== -1) return refusal('share-name-wildcard', nameAt + wildcardAt)
  if (end === -1 || end === text.length - 1) return refusal('share-filter-missing', text.length)
  const topicFilter = parseTopicFilter(text.slice(end + 1), limits)
  if (isTopicRefusal(topicFilter)) return refusal(topicFilter.reason, topicFilter.at + end + 1)
  if (shareName.includes('\u0000')) return refusal('null-character', nameAt + shareName.indexOf('\u0000'))
  return { shareName, topicFilter }
}
