import type { TopicRefusal } from '@godwit/mqtt-topics'
import { isShared, isTopicRefusal, parseSharedSubscription, parseTopicFilter } from '@godwit/mqtt-topics'
import type { Core } from './context.ts'
import { VIOLATIONS, type Violation } from './refusals.ts'

/** A Topic Filter as the Client wrote it and what it matches. */
export interface ParsedFilter {
  readonly topicFilter: string
  readonly matchedFilter: string
  readonly shareName: string | undefined
}

export const matchedFilterOf = (core: Core, topicFilter: string): string => {
  const parsed = parseFilter(core, topicFilter)
  return 'reasonCode' in parsed ? topicFilter : parsed.matchedFilter
}

/** What a Topic Filter matches (§4.7), or the rule that it breaks. */
export const parseFilter = (core: Core, topicFilter: string): ParsedFilter | Violation => {
  const limits = { maximumLevels: core.limits.maximumTopicLevels, maximumBytes: core.limits.maximumTopicBytes }
  if (isShared(topicFilter)) {
    const shared = parseSharedSubscription(topicFilter, limits)
    if (isTopicRefusal(shared)) return violationOf(core, shared, VIOLATIONS.sharedFilterInvalid)
    return { topicFilter, matchedFilter: shared.topicFilter, shareName: shared.shareName }
  }
  const parsed = parseTopicFilter(topicFilter, limits)
  if (isTopicRefusal(parsed)) return violationOf(core, parsed, VIOLATIONS.topicFilterInvalid)
  return { topicFilter, matchedFilter: topicFilter, shareName: undefined }
}

/** True: it is a limit of ours that is in the way, which has been counted. */
export const countTopicRefusal = (core: Core, reason: TopicRefusal['reason']): boolean => {
  if (reason !== 'too-long' && reason !== 'too-many-levels') return false
  core.counters.limitsMet[reason === 'too-long' ? 'maximumTopicBytes' : 'maximumTopicLevels']++
  return true
}

const violationOf = (core: Core, refusal: TopicRefusal, otherwise: Violation): Violation =>
  countTopicRefusal(core, refusal.reason) ? VIOLATIONS.topicFilterTooLong : otherwise
