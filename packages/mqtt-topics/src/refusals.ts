/** Why a text is no Topic Name, Topic Filter or Shared Subscription (§4.7, §4.8.2). */
export type TopicRefusalReason =
  | 'empty'
  | 'wildcard-in-name'
  | 'null-character'
  | 'wildcard-not-alone'
  | 'multi-level-not-last'
  | 'too-many-levels'
  | 'too-long'
  | 'control-character'
  | 'ill-formed-utf8'
  | 'share-name-empty'
  | 'share-name-wildcard'
  | 'share-filter-missing'

/** A 'no' with its reason; `at` counts UTF-16 units (of bytes: bytes) from the start. */
export interface TopicRefusal {
  readonly refused: true
  readonly reason: TopicRefusalReason
  readonly at: number
}

export const refusal = (reason: TopicRefusalReason, at: number): TopicRefusal => ({ refused: true, reason, at })

export const isTopicRefusal = (value: unknown): value is TopicRefusal =>
  typeof value === 'object' && value !== null && (value as { refused?: unknown }).refused === true
