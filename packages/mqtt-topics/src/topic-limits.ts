import { refusal, type TopicRefusal } from './refusals.ts'

/** What a topic may be at the most. */
export interface TopicLimits {
  /** Default: 201, which is 200 separators. */
  readonly maximumLevels?: number
  /** UTF-8 bytes. Default: 65,535, the most that a packet can carry (§1.5.4). */
  readonly maximumBytes?: number
}

export const SEPARATOR = 0x2f
export const PLUS = 0x2b
export const HASH = 0x23

/** The rules that names and filters share: at least one character, no U+0000, within the limits. */
export const judgeCommon = (text: string, limits: TopicLimits): TopicRefusal | undefined => {
  // [MQTT-4.7.3-1]
  if (text.length === 0) return refusal('empty', 0)
  const maximumLevels = limits.maximumLevels ?? 201
  const maximumBytes = limits.maximumBytes ?? 65_535
  let levels = 1
  let bytes = 0
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at)
    // [MQTT-4.7.3-2]
    if (unit === 0) return refusal('null-character', at)
    if (unit === SEPARATOR && ++levels > maximumLevels) return refusal('too-many-levels', at)
    // A surrogate is half of a character of four bytes.
    bytes += unit < 0x80 ? 1 : unit < 0x800 || (unit & 0xf800) === 0xd800 ? 2 : 3
    if (bytes > maximumBytes) return refusal('too-long', at)
  }
  return undefined
}
