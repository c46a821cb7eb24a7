import { encode, type ProtocolVersion, StreamDecoder, type TextCodec } from '@godwit/mqtt-codec'
import { parser } from 'mqtt-packet'
import type { Contest } from '../harness/contest.ts'
import { randomFrom } from '../harness/random.ts'
import {
  connects,
  mixedPublishes,
  pubacks,
  publishes,
  publishesOfOneMebibyte,
  publishesWithProperties,
  subscribes,
  type Twin,
} from './inputs.ts'
import { readOurs, readPeer } from './reads.ts'

/** What a browser has: the pure text codec is measured on plain Uint8Arrays, Node's own on Buffers. */
export type Chunk = (bytes: Buffer) => Uint8Array

/** A stream of 600 PUBLISH packets in different pieces. */
export const streamContests = (text: TextCodec, chunk: Chunk): readonly Contest[] => {
  const twins = mixedPublishes()
  const stream = bytesOf(twins, 4)
  const random = randomFrom(300)
  const parse = (name: string, leastRatio: number, pieces: readonly Buffer[]) =>
    parsing(name, leastRatio, twins.length, pieces, 4, text, chunk)
  return [
    parse('one chunk of 64 KiB', 8, [stream]),
    parse(
      'segments of 1,460 bytes',
      1,
      cut(stream, () => 1460),
    ),
    parse(
      'pieces of 1 to 300 bytes',
      1,
      cut(stream, () => 1 + Math.floor(random() * 300)),
    ),
    parse(
      'one byte at a time',
      1,
      cut(stream, () => 1),
    ),
  ]
}

/** One packet to a chunk, fifty of a kind. */
export const parseContests = (text: TextCodec, chunk: Chunk): readonly Contest[] => {
  const parse = (name: string, leastRatio: number, twins: readonly Twin[], version: ProtocolVersion = 4) =>
    parsing(
      name,
      leastRatio,
      twins.length,
      twins.map((twin) => bytesOf([twin], version)),
      version,
      text,
      chunk,
    )
  const mebibyte = bytesOf(publishesOfOneMebibyte(), 4)
  return [
    parse('PUBLISH QoS 0, 64 B', 1, publishes(0, 64)),
    parse('PUBLISH QoS 1, 64 B', 1, publishes(1, 64)),
    parse('PUBLISH QoS 0, 1 KiB', 1, publishes(0, 1024)),
    parse('PUBLISH QoS 1, 1 KiB', 1, publishes(1, 1024)),
    parse('PUBLISH 5.0, six properties', 7, publishesWithProperties(), 5),
    parse('CONNECT with will and login', 1, connects()),
    parse('SUBSCRIBE, ten filters', 1, subscribes()),
    parse('PUBACK', 1, pubacks()),
    parsing(
      'PUBLISH of 1 MiB in chunks of 64 KiB',
      1,
      1,
      cut(mebibyte, () => 65_536),
      4,
      text,
      chunk,
    ),
  ]
}

const parsing = (
  name: string,
  leastRatio: number,
  operations: number,
  pieces: readonly Buffer[],
  version: ProtocolVersion,
  text: TextCodec,
  chunk: Chunk,
): Contest => {
  const own = pieces.map(chunk)
  const decoder = new StreamDecoder({ version, text })
  const peer = parser({ protocolVersion: version })
  let sum = 0
  peer.on('packet', (packet) => (sum += readPeer(packet)))
  peer.on('error', (error) => {
    throw error
  })
  return {
    name,
    leastRatio,
    operations,
    ours() {
      let mine = 0
      for (const piece of own) {
        const failure = decoder.push(piece, (packet) => (mine += readOurs(packet)))
        if (failure !== undefined) throw new TypeError(failure.message)
      }
      return mine
    },
    peer() {
      sum = 0
      for (const piece of pieces) peer.parse(piece)
      return sum
    },
  }
}

const bytesOf = (twins: readonly Twin[], version: ProtocolVersion): Buffer =>
  Buffer.concat(twins.map(({ ours }) => encode(ours, version)))

const cut = (bytes: Buffer, size: () => number): Buffer[] => {
  const pieces: Buffer[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + size()
    pieces.push(bytes.subarray(at, end))
    at = end
  }
  return pieces
}
