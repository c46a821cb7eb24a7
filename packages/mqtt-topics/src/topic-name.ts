import { refusal, type TopicRefusal } from './refusals.ts'
import { HASH, judgeCommon, PLUS, type TopicLimits } from './topic-limits.ts'

declare const brand: unique symbol

/** What a message is published to (§4.7). */
export type TopicName = string & { readonly [brand]: 'TopicName' }

/** The text as a Topic Name, or why it is none. */
export const parseTopicName = (text: string, limits: TopicLimits = {}): TopicName | TopicRefusal => {
  const refused = judgeCommon(text, limits)
  if (refused !== undefined) return refused
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // [MQTT-3.3.2-2]
    if (unit === PLUS || unit === HASH) return refusal('wildcard-in-name', at)
  }
  return text as TopicName
}

/** Whether a text may be published to. Judges no lengths: `parseTopicName` does, and says why not. */
export const isTopicName = (text: string): text is TopicName => /^[^+#\0]+$/.test(text)
