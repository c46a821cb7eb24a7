import { straightReading } from '#fast-paths'
import { NOTHING } from './body.ts'
import type { LimitJudge } from './decode-limits.ts'
import type { ReadPacket } from './directions.ts'
import { decodeFailure, type DecodeFailure } from './failures.ts'
import { judgeFirstByte } from './first-byte.ts'
import { FrameScanner } from './frame-scanner.ts'
import { TYPES, type ProtocolVersion } from './packet-type.ts'
import { BODIES, type Packet } from './packet.ts'
import { BYTES_BEHIND, CUT_OFF, MALFORMED, OVERLONG } from './rules.ts'
import { pureText, type TextCodec } from './text.ts'
import { beginReading, endReading, refuse, version as packetVersion } from './wire.ts'

/**
 * Decodes one whole packet that a FrameScanner has found at `start`..`end`, its body at `bodyStart`. Payloads and other
 * binary data in it are views into `bytes`. A CONNECT names its own version; without `version` only CONNECT is legal.
 */
export const decodeFrame: ReadPacket = /* @__PURE__ */ straightReading(
  (bytes, start, bodyStart, end, version, text = pureText, limits) => {
    const firstByte = bytes[start]!
    const type = firstByte >> 4
    const failure = judgeFirstByte(firstByte, version)
    if (failure !== undefined) return failure
    beginReading(bytes, start, bodyStart, end, type === 1 ? undefined : version, text, limits)
    const packet = BODIES[type]!(NOTHING as Packet, TYPES[type - 1]!, firstByte & 15)
    // For CONNECT the version is known only now.
    if (packetVersion === 5 && bodyStart > start + 2 && bytes[bodyStart - 1] === 0) refuse(OVERLONG, bodyStart - 1)
    const refusal = endReading()
    return refusal ? decodeFailure(refusal, firstByte, packetVersion) : packet
  },
)

/** Decodes bytes that are exactly one packet. What lies behind it is a failure, as is anything missing. */
export const decode = (
  bytes: Uint8Array,
  version?: ProtocolVersion,
  text?: TextCodec,
  limits?: LimitJudge,
): Packet | DecodeFailure => {
  const scanner = new FrameScanner({ version })
  scanner.push(bytes)
  const whole = scanner.next()
  if (scanner.failure !== undefined) return scanner.failure
  if (!whole || scanner.unread) {
    const rule = whole ? BYTES_BEHIND : CUT_OFF
    const offset = whole ? scanner.end : bytes.length
    return decodeFailure({ reasonCode: MALFORMED, rule, offset }, bytes[0] ?? 0, version)
  }
  return decodeFrame(bytes, 0, scanner.bodyStart, bytes.length, version, text, limits)
}
