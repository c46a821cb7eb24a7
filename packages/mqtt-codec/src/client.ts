import { straightReading } from '#fast-paths'
import { NOTHING } from './body.ts'
import { NO_BYTES } from './bytes.ts'
import type { ReadPacket } from './directions.ts'
import { ruleText, type DecodeFailure, type Refusal } from './failures.ts'
import { brokenByFirstByte } from './first-byte.ts'
import { TYPES, type ProtocolVersion } from './packet-type.ts'
import { BODIES, type Packet } from './packet.ts'
import { LENGTH_TOO_LONG, MALFORMED, OVERLONG } from './rules.ts'
import { pureText } from './text.ts'
import { beginReading, endReading } from './wire.ts'

export { write as writePacket } from './encode.ts'

/** What a Client is told about a stream that has failed: enough for a DISCONNECT and for a log. */
export interface ReadFailure {
  readonly reasonCode: number
  /** In the packet, from its first byte. */
  readonly offset: number
  /** The statement that was broken, or what is wrong in words. */
  readonly message: string
}

/** Takes the next bytes of the stream and hands every packet that they complete to `sink`, in order. */
export type PacketReader = (chunk: Uint8Array, sink: (packet: Packet) => void) => ReadFailure | undefined

/**
 * Reads one direction of a connection whose version is known, in whatever pieces it comes: what a Client needs of `StreamDecoder`, in half of
 * its bytes. Payloads and other binary data are views, valid only until `sink` returns. Once the stream has failed it stays so, and nothing
 * behind the failure was looked at. `sink` must not throw.
 *
 * A CONNACK of two bytes is one of 3.1.1, also where 5.0 was asked for: so servers refuse a version that they do not know.
 */
export const packetReader = (version: ProtocolVersion, maximumPacketSizeBytes: number): PacketReader => {
  let held: Uint8Array = NO_BYTES
  let heldLength = 0
  let failure: ReadFailure | undefined

  const refused = ({ rule, reasonCode, offset }: Refusal): void => {
    failure ??= { reasonCode, offset, message: ruleText(rule, version) }
  }
  const malformed = (rule: string, offset: number): void => refused({ rule, reasonCode: MALFORMED, offset })

  /** Reads the packet at `at` and returns where it ends; `at` where more bytes are needed. */
  const read = (bytes: Uint8Array, at: number, end: number, sink: (packet: Packet) => void): number => {
    const firstByte = bytes[at]!
    const rule = brokenByFirstByte(firstByte, version)
    if (rule) malformed(rule, 0)
    let body = at
    let length = 0
    let byte = 0x80
    for (let shift = 0; byte >= 0x80; shift += 7) {
      if (shift > 21) malformed(LENGTH_TOO_LONG, 4)
      if (failure || ++body === end) return at
      byte = bytes[body]!
      length |= (byte & 0x7f) << shift
      if (shift && !byte && version === 5) malformed(OVERLONG, body - at)
    }
    const packetEnd = ++body + length
    if (packetEnd - at > maximumPacketSizeBytes)
      refused({ rule: `bytes: ${packetEnd - at}`, reasonCode: 0x95, offset: 1 })
    if (failure || packetEnd > end) return at
    const type = firstByte >> 4
    const as = type === 2 && length === 2 ? 4 : version
    const found = readPacket(bytes, at, body, packetEnd, as, pureText)
    if ('type' in found) sink(found)
    else refused(found as unknown as Refusal)
    return packetEnd
  }

  return (chunk, sink) => {
    let bytes = chunk
    let end = chunk.length
    if (heldLength > 0) {
      end += heldLength
      // Twice as much each time: whatever the pieces, each byte is copied twice at most.
      if (end > held.length) held = copied(held, heldLength, end * 2)
      held.set(chunk, heldLength)
      bytes = held
    }
    let at = 0
    for (let next = -1; !failure && at < end && next !== at;) {
      next = at
      at = read(bytes, at, end, sink)
    }
    heldLength = failure ? 0 : end - at
    if (heldLength === 0) held = NO_BYTES
    else if (at > 0 || bytes === chunk) held = copied(bytes.subarray(at, end), heldLength, heldLength)
    return failure
  }
}

/** Or a Refusal, which says in less what a DecodeFailure says. */
const readPacket: ReadPacket = /* @__PURE__ */ straightReading((bytes, start, bodyStart, end, version, text) => {
  const firstByte = bytes[start]!
  const type = firstByte >> 4
  beginReading(bytes, start, bodyStart, end, version, text!, undefined)
  const packet = BODIES[type]!(NOTHING as Packet, TYPES[type - 1]!, firstByte & 15)
  return (endReading() as unknown as DecodeFailure) ?? packet
})

const copied = (bytes: Uint8Array, length: number, room: number): Uint8Array => {
  const target = new Uint8Array(room)
  target.set(bytes.subarray(0, length))
  return target
}
