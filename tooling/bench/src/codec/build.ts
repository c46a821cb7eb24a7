import { encode, encodeInto, type ProtocolVersion, type PublishPacket, type TextCodec } from '@godwit/mqtt-codec'
import { encodePublishHeader } from '@godwit/mqtt-codec/relay'
import { generate, writeToStream } from 'mqtt-packet'
import type { Contest } from '../harness/contest.ts'
import {
  connects,
  pubacks,
  publishes,
  publishesOfOneMebibyte,
  publishesWithProperties,
  subscribes,
  type Twin,
} from './inputs.ts'

/** To bytes of their own: `encode` against `generate`. */
export const encodeContests = (text: TextCodec): readonly Contest[] => {
  const row = (name: string, leastRatio: number, twins: readonly Twin[], version: ProtocolVersion = 4): Contest => ({
    name,
    leastRatio,
    operations: twins.length,
    ours() {
      let sum = 0
      for (const { ours } of twins) sum += checksum(encode(ours, version, text))
      return sum
    },
    peer() {
      let sum = 0
      for (const { peer } of twins) sum += checksum(generate(peer, { protocolVersion: version }))
      return sum
    },
  })
  return [
    row('PUBLISH QoS 0, 64 B', 5, publishes(0, 64)),
    row('PUBLISH QoS 1, 64 B', 5, publishes(1, 64)),
    row('PUBLISH QoS 0, 1 KiB', 1, publishes(0, 1024)),
    row('PUBLISH QoS 1, 1 KiB', 1, publishes(1, 1024)),
    row('PUBLISH QoS 1, 1 MiB', 1, publishesOfOneMebibyte()),
    row('PUBLISH 5.0, six properties', 7, publishesWithProperties(), 5),
    row('CONNECT with will and login', 1, connects()),
    row('SUBSCRIBE, ten filters', 1, subscribes()),
    row('PUBACK', 1, pubacks()),
  ]
}

/** To where the bytes go: `encodeInto` a buffer that is used again, against `writeToStream` with a sink that drops all. */
export const encodeIntoContests = (text: TextCodec): readonly Contest[] => {
  const row = (name: string, twins: readonly Twin[], version: ProtocolVersion = 4): Contest => ({
    name,
    leastRatio: 1,
    operations: twins.length,
    ours() {
      let sum = 0
      for (const { ours } of twins) sum += encodeInto(ours, version, SLAB, 0, text)
      return sum
    },
    peer: () => writeAll(twins, version),
  })
  const long = publishesOfOneMebibyte()
  return [
    row('PUBLISH QoS 0, 64 B', publishes(0, 64)),
    row('PUBLISH QoS 1, 64 B', publishes(1, 64)),
    row('PUBLISH 5.0, six properties', publishesWithProperties(), 5),
    row('PUBACK', pubacks()),
    {
      name: 'PUBLISH of 1 MiB, payload by reference',
      leastRatio: 1,
      operations: long.length,
      ours() {
        let sum = 0
        for (const { ours } of long) {
          sum += encodePublishHeader(ours as PublishPacket, 4, text).length + (ours as PublishPacket).payload.length
        }
        return sum
      },
      peer: () => writeAll(long, 4),
    },
  ]
}

const SLAB = new Uint8Array(65_536)

const checksum = (bytes: Uint8Array): number => bytes.length + bytes[bytes.length - 1]!

let written = 0
const sink = {
  write(bytes: Uint8Array) {
    written += bytes.length
    return true
  },
} as unknown as NodeJS.WritableStream

const writeAll = (twins: readonly Twin[], version: ProtocolVersion): number => {
  written = 0
  for (const { peer } of twins) writeToStream(peer, sink, { protocolVersion: version })
  return written
}
