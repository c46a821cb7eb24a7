import {
  isShared,
  isTopicRefusal,
  parseSharedSubscription,
  parseTopicFilter,
  parseTopicName,
  type TopicRefusalReason,
} from '@godwit/mqtt-topics'
import { usageError } from '../cli-error.ts'

/** @throws CliError usage error for what no message can be published to */
export function checkTopicName(flag: string, topicName: string): string {
  const parsed = parseTopicName(topicName)
  if (isTopicRefusal(parsed)) throw refusal(flag, 'topic', topicName, parsed.reason, parsed.at)
  return topicName
}

/** @throws CliError usage error for what nobody can subscribe to */
export function checkTopicFilter(flag: string, topicFilter: string): string {
  const parsed = isShared(topicFilter) ? parseSharedSubscription(topicFilter) : parseTopicFilter(topicFilter)
  if (isTopicRefusal(parsed)) throw refusal(flag, 'topic filter', topicFilter, parsed.reason, parsed.at)
  return topicFilter
}

function refusal(flag: string, kind: string, text: string, reason: TopicRefusalReason, at: number): Error {
  const what = reason === 'empty' ? `the ${kind} is empty` : `'${text}' is no ${kind}, see character ${at + 1}`
  return usageError(`${flag}: ${what}`, REASONS[reason])
}

const REASONS: Readonly<Record<TopicRefusalReason, string | undefined>> = {
  empty: undefined,
  'wildcard-in-name': 'a message goes to one topic; + and # are for mqtt sub',
  'null-character': 'a topic has no null character',
  'wildcard-not-alone': '+ and # stand alone in their level, between two slashes: a/+/b, a/#',
  'multi-level-not-last': '# is the last level',
  'too-many-levels': 'at most 201 levels',
  'too-long': 'at most 65535 bytes of UTF-8',
  'control-character': 'a topic has no control characters',
  'ill-formed-utf8': 'it is not well-formed Unicode',
  'share-name-empty': 'a shared subscription is $share/NAME/filter',
  'share-name-wildcard': 'the share name has no wildcard: $share/NAME/filter',
  'share-filter-missing': 'a shared subscription is $share/NAME/filter',
}
