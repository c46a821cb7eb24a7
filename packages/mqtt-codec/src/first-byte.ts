import { decodeFailure, type DecodeFailure } from './failures.ts'
import { PUBREL, SUBSCRIBE, UNSUBSCRIBE } from './packet-sets.ts'
import type { ProtocolVersion } from './packet-type.ts'
import { CONNECT_FIRST, DUP_WITH_QOS_0, MALFORMED, NO_SUCH_TYPE, QOS_3, VIOLATION, WRONG_FLAGS } from './rules.ts'

/** The flags that each Message Type must have, 2 or 0; those of PUBLISH are judged apart. @see MQTT 5.0 §2.1.3 */
export const flagsOf = (type: number): number => ((PUBREL | SUBSCRIBE | UNSUBSCRIBE) >> type) & 1 && 2

/**
 * Judges the first byte of a packet alone. CONNECT passes with any flags: those of MQTT 3.1 are ignored, so they are judged
 * after the protocol name. While there is no version nothing else may come.
 */
export const judgeFirstByte = (firstByte: number, version: ProtocolVersion | undefined): DecodeFailure | undefined => {
  const flags = firstByte & 0x0f
  const type = firstByte >> 4
  let reasonCode = MALFORMED
  let rule: string | undefined
  if (type === 0 || (type === 15 && version! < 5)) rule = NO_SUCH_TYPE
  else if (type === 3) {
    if ((flags & 6) === 6) rule = QOS_3
    else if ((flags & 14) === 8) rule = DUP_WITH_QOS_0
  } else if (type !== 1 && flagsOf(type) !== flags) rule = WRONG_FLAGS
  if (rule === undefined && version === undefined && type !== 1) {
    reasonCode = VIOLATION
    rule = CONNECT_FIRST
  }
  return rule === undefined ? undefined : decodeFailure(reasonCode, rule, 0, firstByte, version)
}
