import { decodeFailure, type DecodeFailure } from './failures.ts'
import { PUBREL, SUBSCRIBE, UNSUBSCRIBE } from './packet-sets.ts'
import type { ProtocolVersion } from './packet-type.ts'
import { CONNECT_FIRST, DUP_WITH_QOS_0, MALFORMED, NO_SUCH_TYPE, QOS_3, VIOLATION, WRONG_FLAGS } from './rules.ts'

/** The flags that each Message Type must have, 2 or 0; those of PUBLISH are judged apart. @see MQTT 5.0 §2.1.3 */
export const flagsOf = (type: number): number => ((PUBREL | SUBSCRIBE | UNSUBSCRIBE) >> type) & 1 && 2

/** The rule that the first byte of a packet breaks. @see MQTT 5.0 §2.1.2 */
export const brokenByFirstByte = (firstByte: number, version: ProtocolVersion | undefined): string | undefined => {
  const flags = firstByte & 0x0f
  const type = firstByte >> 4
  if (type === 0 || (type === 15 && version! < 5)) return NO_SUCH_TYPE
  if (type === 3) {
    if ((flags & 6) === 6) return QOS_3
    if ((flags & 14) === 8) return DUP_WITH_QOS_0
  } else if (type !== 1 && flagsOf(type) !== flags) return WRONG_FLAGS
  return version === undefined && type !== 1 ? CONNECT_FIRST : undefined
}

/**
 * Judges the first byte of a packet alone. CONNECT passes with any flags: those of MQTT 3.1 are ignored, so they are judged
 * after the protocol name. While there is no version nothing else may come.
 */
export const judgeFirstByte = (firstByte: number, version: ProtocolVersion | undefined): DecodeFailure | undefined => {
  const rule = brokenByFirstByte(firstByte, version)
  if (rule === undefined) return undefined
  const reasonCode = rule === CONNECT_FIRST ? VIOLATION : MALFORMED
  return decodeFailure({ reasonCode, rule, offset: 0 }, firstByte, version)
}
