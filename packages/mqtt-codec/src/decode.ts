import { decodeFailure, MALFORMED, VIOLATION, type DecodeFailure, type DecodeLimits } from './failures.ts'
import { judgeFirstByte } from './first-byte.ts'
import { FrameScanner } from './frame-scanner.ts'
import { PacketReader } from './packet-reader.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { Packet } from './packet.ts'
import { readAcknowledgement } from './packets/acknowledgement.ts'
import { readAuth } from './packets/auth.ts'
import { readConnack } from './packets/connack.ts'
import { readConnect } from './packets/connect.ts'
import { readDisconnect } from './packets/disconnect.ts'
import { decodePublish } from './packets/publish.ts'
import { readSuback, readSubscribe } from './packets/subscribe.ts'
import { readUnsuback, readUnsubscribe } from './packets/unsubscribe.ts'
import { pureText, type TextCodec } from './text.ts'

const NO_LIMITS: DecodeLimits = {}

/**
 * Decodes one whole packet that a FrameScanner has found at `start`..`end`, its body at `bodyStart`. Payloads and other
 * binary data in it are views into `bytes`. A CONNECT names its own version; without `version` only CONNECT is legal.
 */
export const decodeFrame = (
  bytes: Uint8Array,
  start: number,
  bodyStart: number,
  end: number,
  version: ProtocolVersion | undefined,
  text: TextCodec = pureText,
  limits: DecodeLimits = NO_LIMITS,
): Packet | DecodeFailure => {
  const firstByte = bytes[start]!
  const type = firstByte >> 4
  if (type !== 1) {
    const failure = judgeFirstByte(firstByte, version)
    if (failure !== undefined) return failure
    if (version === undefined) {
      return decodeFailure(VIOLATION, 'CONNECT must come first', 0, firstByte, version, '3.1.0-1')
    }
    if (type === 3 && (version !== 5 || bytes[bodyStart - 1] !== 0)) {
      return decodePublish(bytes, start, bodyStart, end, version, text, limits)
    }
  }
  const reader = new PacketReader(bytes, start, bodyStart, end, type === 1 ? undefined : version, text, limits)
  const packet = readBody(reader, type)
  // For CONNECT the version is known only now.
  if (reader.version === 5 && bodyStart > start + 2 && bytes[bodyStart - 1] === 0) {
    reader.malformed('Remaining Length is not in the fewest bytes', '1.5.5-1', bodyStart - 1)
  }
  if (reader.position < reader.end) reader.malformed('bytes behind the packet')
  return reader.failure ?? packet!
}

/** Decodes bytes that are exactly one packet. What lies behind it is a failure, as is anything missing. */
export const decode = (
  bytes: Uint8Array,
  version?: ProtocolVersion,
  text?: TextCodec,
  limits?: DecodeLimits,
): Packet | DecodeFailure => {
  const scanner = new FrameScanner({ version })
  scanner.push(bytes)
  const whole = scanner.next()
  if (scanner.failure !== undefined) return scanner.failure
  if (!whole || scanner.unread) {
    const message = whole ? 'bytes behind the packet' : 'cut off'
    return decodeFailure(MALFORMED, message, whole ? scanner.end : bytes.length, bytes[0] ?? 0, version)
  }
  return decodeFrame(bytes, 0, scanner.bodyStart, bytes.length, version, text, limits)
}

const readBody = (reader: PacketReader, type: number): Packet | undefined => {
  switch (type) {
    case 1:
      return readConnect(reader)
    case 2:
      return readConnack(reader)
    case 4:
      return readAcknowledgement(reader, 'puback')
    case 5:
      return readAcknowledgement(reader, 'pubrec')
    case 6:
      return readAcknowledgement(reader, 'pubrel')
    case 7:
      return readAcknowledgement(reader, 'pubcomp')
    case 8:
      return readSubscribe(reader)
    case 9:
      return readSuback(reader)
    case 10:
      return readUnsubscribe(reader)
    case 11:
      return readUnsuback(reader)
    case 12:
      return { type: 'pingreq' }
    case 13:
      return { type: 'pingresp' }
    case 14:
      return readDisconnect(reader)
    default:
      return readAuth(reader)
  }
}
