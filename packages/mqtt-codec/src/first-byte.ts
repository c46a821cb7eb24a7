import { decodeFailure, MALFORMED, type DecodeFailure } from './failures.ts'
import type { ProtocolVersion } from './packet-type.ts'

/** The flags that each Message Type must have; -1: any, or judged apart; -2: there is no such type. @see MQTT 5.0 §2.1.3 */
const FLAGS = [-2, -1, 0, -1, 0, 0, 2, 0, 2, 0, 2, 0, 0, 0, 0, 0]

/**
 * Judges the first byte of a packet alone. CONNECT passes with any flags: those of MQTT 3.1 are ignored, so they are
 * judged after the protocol name.
 */
export const judgeFirstByte = (firstByte: number, version: ProtocolVersion | undefined): DecodeFailure | undefined => {
  const flags = firstByte & 0x0f
  const type = firstByte >> 4
  const wanted = FLAGS[type]!
  let message: string
  let statements: string | undefined
  if (wanted === -2 || (type === 15 && version !== undefined && version < 5)) message = 'no such packet type'
  else if (type === 3) {
    if ((flags & 6) === 6) {
      message = 'QoS 3'
      statements = '3.3.1-4'
    } else if ((flags & 14) === 8) {
      message = 'DUP with QoS 0'
      statements = '3.3.1-2'
    } else return undefined
  } else if (wanted === -1 || wanted === flags) return undefined
  else {
    message = 'wrong flags'
    statements = '2.1.3-1 2.2.2-2'
  }
  return decodeFailure(MALFORMED, message, 0, firstByte, version, statements)
}
