import { straightReading, straightWriting } from '#fast-paths'
import { NO_BYTES } from './bytes.ts'
import {
  begin,
  CUT_OFF,
  end as packetEnd,
  failure,
  integer,
  position,
  refuse,
  variableByteInteger,
  withLength,
  type PacketFailure,
} from './client/fields.ts'
import { body, numberOf } from './client/packets.ts'
import type { WritePacket } from './directions.ts'
import { flagsOf } from './first-byte.ts'
import type { ProtocolVersion } from './packet-type.ts'
import type { Packet } from './packet.ts'
import { publishFlags } from './packets/publish.ts'

export type { PacketFailure }

/** Takes the next bytes of the stream and hands every packet that they complete to `sink`, in order. */
export type PacketReader = (chunk: Uint8Array, sink: (packet: Packet) => void) => PacketFailure | undefined

/**
 * Reads one direction of a connection whose version is known, in whatever pieces it comes: what a Client needs of `StreamDecoder`, in half of
 * its bytes. Payloads and other binary data are views of a copy of the stream that nothing else is written into: they may be kept, and keep what
 * came with them. Once the stream has failed it stays so, and nothing behind the failure was looked at. `sink` must not throw. What only a Client
 * sends is read, too, but not judged by all of its rules.
 *
 * A CONNACK of two bytes is one of 3.1.1, also where 5.0 was asked for: so servers refuse a version that they do not know.
 */
export const packetReader = (version: ProtocolVersion, maximumPacketSizeBytes: number): PacketReader => {
  let held = NO_BYTES
  let heldLength = 0
  let failed: PacketFailure | undefined

  /** Reads the packet at `at` and returns where it ends; `at` where more bytes are needed, or none will do. */
  const read = (bytes: Uint8Array, at: number, end: number, sink: (packet: Packet) => void): number => {
    begin(false, bytes, at, end, version)
    const firstByte = integer(1, 0)
    checkFirstByte(firstByte, version, at)
    const length = variableByteInteger(0, true)
    const bodyStart = position
    if (bodyStart + length - at > maximumPacketSizeBytes) refuse(`${bodyStart + length - at} bytes`, at + 1, 0x95)
    if (failure?.message !== CUT_OFF) failed = failure
    if (failure || bodyStart + length > end) return at
    const as = firstByte >> 4 === 2 && length === 2 ? 4 : version
    const found = readPacket(bytes, at, bodyStart, bodyStart + length, as)
    if ('type' in found) sink(found)
    else failed = found
    return bodyStart + length
  }

  return (chunk, sink) => {
    const end = heldLength + chunk.length
    // Twice as much each time: whatever the pieces, each byte is copied three times at most.
    if (end > held.length) held = copied(held, heldLength, Math.max(end, held.length * 2))
    held.set(chunk, heldLength)
    let at = 0
    for (let next = -1; !failed && at < end && next !== at;) {
      next = at
      at = read(held, at, end, sink)
    }
    heldLength = failed ? 0 : end - at
    // Packets that were handed out have views of it.
    if (at > 0) held = heldLength ? copied(held.subarray(at), heldLength, heldLength) : NO_BYTES
    return failed
  }
}

const readPacket = /* @__PURE__ */ straightReading<PacketFailure>((bytes, start, bodyStart, end, version) => {
  begin(false, bytes, start, end, version!, bodyStart)
  const packet = body(bytes[start]!)
  if (position < packetEnd) refuse('bytes behind the packet')
  return failure ?? packet
})

/**
 * Writes a packet of a Client at `offset` and returns where it ends, also where that is past the target: then it is only measured. Or returns
 * why no server would accept it; the target may then hold part of it. A CONNECT is written in its own `protocolVersion`. Before 5.0 properties,
 * and Reason Codes where there are none, are left out. Topic Filters are not judged.
 */
export const writePacket: WritePacket<PacketFailure> = /* @__PURE__ */ straightWriting<PacketFailure>(
  (packet, ofConnection, target, offset) => {
    const { type } = packet
    const version = type === 'connect' ? packet.protocolVersion : ofConnection
    const number = numberOf(type)
    const firstByte = (number << 4) | (type === 'publish' ? publishFlags(packet) : flagsOf(number))
    begin(true, target, offset, Infinity, version)
    checkFirstByte(firstByte, version, offset)
    integer(1, firstByte)
    withLength(() => body(firstByte, packet))
    return failure ?? position
  },
)

const checkFirstByte = (firstByte: number, version: ProtocolVersion, at: number): void => {
  const type = firstByte >> 4
  const isRight =
    type === 3
      ? (firstByte & 6) < 6 && (firstByte & 14) !== 8
      : type > 0 && (type < 15 || version > 4) && flagsOf(type) === (firstByte & 15)
  if (!isRight) refuse('no such packet', at)
}

const copied = (bytes: Uint8Array, length: number, room: number): Uint8Array => {
  const target = new Uint8Array(room)
  target.set(bytes.subarray(0, length))
  return target
}
