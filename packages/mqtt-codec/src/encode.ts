import { straightWriting } from '#fast-paths'
import { NO_BYTES } from './bytes.ts'
import type { WritePacket } from './directions.ts'
import { EncodeError, ruleText } from './failures.ts'
import { brokenByFirstByte, flagsOf } from './first-byte.ts'
import { PacketType, type ProtocolVersion } from './packet-type.ts'
import { BODIES, type Packet } from './packet.ts'
import { publishFlags } from './packets/publish.ts'
import { pureText, type TextCodec } from './text.ts'
import { beginWriting, endWriting } from './wire.ts'

/** A fresh ArrayBuffer costs ten times what a view does, so short packets share one of this many bytes. */
const SLAB_BYTES = 16_384

/** What `encode` writes into next, and how much of it is taken. */
let slab = NO_BYTES
let slabBuffer = slab.buffer
let slabUsed = 0

/**
 * Encodes a packet. Short ones share an ArrayBuffer of 16 KiB: whoever keeps one for long copies it. A CONNECT is encoded in its
 * own `protocolVersion`. Before 5.0 properties, and Reason Codes where there are none, are left out.
 *
 * @throws {EncodeError} where no peer would accept the packet, such as a lone surrogate or a Packet Identifier of 0
 */
export const encode = (packet: Packet, version: ProtocolVersion, text?: TextCodec): Uint8Array => {
  let start = slabUsed
  let end = write(packet, version, slab, start, text)
  if (end > slab.length) {
    // Writing past the end has counted how long it is.
    const length = end - start
    if (length > SLAB_BYTES) {
      const whole = text?.allocate?.(length) ?? new Uint8Array(length)
      write(packet, version, whole, 0, text)
      return whole
    }
    slab = new Uint8Array(SLAB_BYTES)
    slabBuffer = slab.buffer
    end = write(packet, version, slab, (start = 0), text)
  }
  slabUsed = end
  return new Uint8Array(slabBuffer, start, end - start)
}

/**
 * Encodes a packet into a buffer of the caller's and returns where it ends. After an error the buffer may hold part of it.
 *
 * @throws {EncodeError} as `encode` does, and with `BUFFER_TOO_SMALL` where it does not fit
 */
export const encodeInto = (
  packet: Packet,
  version: ProtocolVersion,
  target: Uint8Array,
  offset: number,
  text?: TextCodec,
): number => {
  const end = write(packet, version, target, offset, text)
  if (end > target.length) throw new EncodeError('BUFFER_TOO_SMALL', 'packet does not fit')
  return end
}

/** How many bytes a packet takes. @throws {EncodeError} as `encode` does */
export const encodedLength = (packet: Packet, version: ProtocolVersion, text?: TextCodec): number =>
  write(packet, version, NO_BYTES, 0, text)

/** Where the packet ends, also where that is past the target: then nothing but its length is of use. */
export const write: WritePacket = /* @__PURE__ */ straightWriting<never>(
  (packet, ofConnection, target, offset, text = pureText) => {
    const { type } = packet
    const version = type === 'connect' ? packet.protocolVersion : ofConnection
    const number = PacketType[type]
    let firstByte = (number << 4) | flagsOf(number)
    if (type === 'publish') firstByte |= publishFlags(packet)
    const rule = brokenByFirstByte(firstByte, version)
    if (rule) throw new EncodeError(type === 'auth' ? 'NOT_IN_THIS_VERSION' : 'INVALID_VALUE', ruleText(rule, version))
    beginWriting(target, offset, version, text)
    BODIES[number]!(packet, type, firstByte & 15)
    return endWriting(firstByte)
  },
)
