import { NO_BYTES, view } from './bytes.ts'
import { EncodeError } from './failures.ts'
import type { ProtocolVersion } from './packet-type.ts'
import { PacketWriter } from './packet-writer.ts'
import type { Packet } from './packet.ts'
import { writeAcknowledgement } from './packets/acknowledgement.ts'
import { writeAuth } from './packets/auth.ts'
import { writeConnack } from './packets/connack.ts'
import { writeConnect } from './packets/connect.ts'
import { writeDisconnect } from './packets/disconnect.ts'
import { writePublish, type PublishPacket } from './packets/publish.ts'
import { writeSuback, writeSubscribe } from './packets/subscribe.ts'
import { writeUnsuback, writeUnsubscribe } from './packets/unsubscribe.ts'
import { pureText, type TextCodec } from './text.ts'

/** A fresh ArrayBuffer costs ten times what a view does, so short packets share one of this many bytes. */
const SLAB_BYTES = 8192

/** What `encode` writes into next, and how much of it is taken. */
let slab: Uint8Array = NO_BYTES
let slabUsed = 0

/**
 * Encodes a packet. Short ones share an ArrayBuffer of 8 KiB: whoever keeps one for long copies it. A CONNECT is encoded in
 * its own `protocolVersion`. Before 5.0 properties, and Reason Codes where there are none, are left out.
 *
 * @throws {EncodeError} where no peer would accept the packet, such as a lone surrogate or a Packet Identifier of 0
 */
export const encode = (packet: Packet, version: ProtocolVersion, text: TextCodec = pureText): Uint8Array =>
  encodeApart(packet, version, text, false)

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
  text: TextCodec = pureText,
): number => {
  const end = write(packet, version, target, offset, text, false)
  if (end > target.length) throw new EncodeError('BUFFER_TOO_SMALL', 'packet does not fit')
  return end
}

/** How many bytes a packet takes. @throws {EncodeError} as `encode` does */
export const encodedLength = (packet: Packet, version: ProtocolVersion, text: TextCodec = pureText): number =>
  write(packet, version, NO_BYTES, 0, text, false)

/**
 * Encodes all of a PUBLISH but its payload, which belongs right behind it: a long payload can go out without a copy.
 *
 * @throws {EncodeError} as `encode` does
 */
export const encodePublishHeader = (
  packet: PublishPacket,
  version: ProtocolVersion,
  text: TextCodec = pureText,
): Uint8Array => encodeApart(packet, version, text, true)

/** Encodes into the slab, or into memory of its own where that is long. */
const encodeApart = (packet: Packet, version: ProtocolVersion, text: TextCodec, headerOnly: boolean): Uint8Array => {
  let start = slabUsed
  let end = write(packet, version, slab, start, text, headerOnly)
  if (end > slab.length) {
    // Writing past the end has counted how long it is.
    const length = end - start
    const own = length > SLAB_BYTES >> 1
    const target = new Uint8Array(own ? length : SLAB_BYTES)
    start = 0
    end = write(packet, version, target, 0, text, headerOnly)
    if (own) return target
    slab = target
  }
  slabUsed = end
  return view(slab, start, end)
}

const write = (
  packet: Packet,
  version: ProtocolVersion,
  target: Uint8Array,
  offset: number,
  text: TextCodec,
  headerOnly: boolean,
): number => {
  const writer = new PacketWriter(
    target,
    offset,
    packet.type === 'connect' ? packet.protocolVersion : version,
    text,
    headerOnly,
  )
  switch (packet.type) {
    case 'connect':
      writeConnect(writer, packet)
      break
    case 'connack':
      writeConnack(writer, packet)
      break
    case 'publish':
      writePublish(writer, packet)
      break
    case 'puback':
    case 'pubrec':
    case 'pubrel':
    case 'pubcomp':
      writeAcknowledgement(writer, packet)
      break
    case 'subscribe':
      writeSubscribe(writer, packet)
      break
    case 'suback':
      writeSuback(writer, packet)
      break
    case 'unsubscribe':
      writeUnsubscribe(writer, packet)
      break
    case 'unsuback':
      writeUnsuback(writer, packet)
      break
    case 'pingreq':
      writer.begin(0xc0, 0)
      break
    case 'pingresp':
      writer.begin(0xd0, 0)
      break
    case 'disconnect':
      writeDisconnect(writer, packet)
      break
    case 'auth':
      writeAuth(writer, packet)
      break
  }
  return writer.finish()
}
