// What makes this package fast and is no part of what it does. `imports` in package.json gives browsers no-fast-paths.ts
// instead: there bytes that have to be loaded cost more than microseconds.
import type { PublishPacket } from '@godwit/mqtt-codec'
import type { PacketReader } from '@godwit/mqtt-codec/client'
import type { PublishOptions, PublishResult } from './api/publish.ts'
import type { Payload } from './api/structural.ts'
import type { OutgoingMessages } from './core/outgoing.ts'

export { InFlight } from './core/in-flight.ts'

/**
 * A message that asks for nothing but QoS 0 leaves with this turn's bytes and settles with them: nothing is made for it alone. Undefined: it has to
 * go the usual way, which also knows why.
 */
export function sendAtOnce(
  client: { readonly outgoing: OutgoingMessages; isOver(): boolean },
  toBytes: (payload: Payload) => Uint8Array,
  topicName: string,
  payload: Payload,
  options: PublishOptions,
): Promise<PublishResult> | undefined {
  for (const name in options) if (name !== 'retain' && name !== 'qos') return undefined
  const { qos, retain = false } = options
  if (qos || client.isOver()) return undefined
  const bytes = payload instanceof Uint8Array ? payload : toBytes(payload)
  const packet: PublishPacket = { type: 'publish', topicName, payload: bytes, qos: 0, retain, dup: false }
  const connection = client.outgoing.readyFor(packet)
  if (!connection?.server || connection.aliases || (retain && !connection.server.retainAvailable)) return undefined
  // Before it is sent, since a burst is written while it is.
  const { whenWritten } = connection
  return connection.send(packet) ? undefined : whenWritten
}

type Read = Pick<PublishPacket, 'topicName' | 'payload' | 'qos' | 'retain' | 'dup'>

/** `Object.assign` takes ten times as long. */
export function fill(message: { -readonly [Key in keyof Read]: Read[Key] }, packet: Read): void {
  message.topicName = packet.topicName
  message.payload = packet.payload
  message.qos = packet.qos
  message.retain = packet.retain
  message.dup = packet.dup
}

/** A small payload that is kept keeps what was read with it: no more than about this. Measured, smaller and larger pieces make no difference. */
const PIECE_BYTES = 8_192

export const inPieces =
  (read: PacketReader): PacketReader =>
  (chunk, sink) => {
    let failure
    for (let at = 0; at < chunk.length; at += PIECE_BYTES) failure = read(chunk.subarray(at, at + PIECE_BYTES), sink)
    return failure
  }

/** More is not kept for short packets. */
const SPARE_BYTES = 131_072
let spare: Uint8Array<ArrayBuffer> | undefined

/** Memory to write packets into that another connection, or an earlier turn of this one, is done with. */
export const spareOr = (buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const taken = spare ?? buffer
  spare = undefined
  return taken
}

export const keepSpare = ({ buffer }: Uint8Array): void => {
  if (buffer instanceof ArrayBuffer && buffer.byteLength && buffer.byteLength <= SPARE_BYTES)
    spare = new Uint8Array(buffer)
}

/** Most messages have none, and are then written without a look for them. */
export function mayHaveProperties(options: PublishOptions): boolean {
  for (const name in options) if (!NOT_OF_THE_MESSAGE.includes(name)) return true
  return false
}

/** Options that say how a message is sent, not what is in it. */
const NOT_OF_THE_MESSAGE = ['qos', 'retain', 'until', 'offline', 'topicAlias', 'signal', 'timeoutMs']
