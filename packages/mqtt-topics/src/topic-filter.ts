import { refusal, type TopicRefusal } from './refusals.ts'
import { HASH, judgeCommon, PLUS, SEPARATOR, type TopicLimits } from './topic-limits.ts'

declare const brand: unique symbol

/** What a Client subscribes to (§4.7.1). */
export type TopicFilter = string & { readonly [brand]: 'TopicFilter' }

/** The text as a Topic Filter, or why it is none. A Shared Subscription is not judged as one here. */
export const parseTopicFilter = (text: string, limits: TopicLimits = {}): TopicFilter | TopicRefusal => {
  const refused = judgeCommon(text, limits)
  if (refused !== undefined) return refused
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    if (unit !== PLUS && unit !== HASH) continue
    const beginsLevel = at === 0 || text.charCodeAt(at - 1) === SEPARATOR
    const endsLevel = at === text.length - 1 || text.charCodeAt(at + 1) === SEPARATOR
    // [MQTT-4.7.1-1] [MQTT-4.7.1-2]
    if (!beginsLevel || !endsLevel) return refusal('wildcard-not-alone', at)
    if (unit === HASH && at !== text.length - 1) return refusal('multi-level-not-last', at)
  }
  return text as TopicFilter
}

/** What begins with `$share/` has a ShareName and a filter behind it; then levels, each without wildcards or one alone, # only at the end. */
const FILTER = /^(\$share\/[^+#/\0]+\/|(?!\$share(\/|$)))(?=.)((\+|[^+#/\0]*)\/)*(\+|#|[^+#/\0]*)$/s

/** Whether a text may be subscribed to: a Topic Filter, or a Shared Subscription with one. Judges no lengths. */
export const isTopicFilter = (text: string): boolean => FILTER.test(text)

export const hasWildcard = (topicFilter: string): boolean => topicFilter.includes('+') || topicFilter.includes('#')
