import { encode, FrameScanner, type ProtocolVersion } from '@godwit/mqtt-codec'
import { BAD_VECTORS, bytesOf, packets } from '@godwit/mqtt-codec/testing'
import fc from 'fast-check'
import { CAPTURED } from './captured.ts'

export interface Seed {
  readonly version: ProtocolVersion
  readonly bytes: Uint8Array
}

const VERSIONS = [3, 4, 5] as const
/** Packets of each version: enough that every type comes with and without each of its properties. */
const PACKETS_OF_A_VERSION = 600

/** Real packets of every type in every version, the wire cases that must be refused, and what others send. */
export const corpus = (): readonly Seed[] => (made ??= make())

let made: readonly Seed[] | undefined

const make = (): readonly Seed[] => [
  ...VERSIONS.flatMap((version) =>
    fc
      .sample(packets(version), { seed: 3, numRuns: PACKETS_OF_A_VERSION })
      .map((packet): Seed => ({ version, bytes: encode(packet, version).slice() })),
  ),
  ...BAD_VECTORS.map(({ version = 5, hex }): Seed => ({ version, bytes: bytesOf(hex) })),
  ...CAPTURED.flatMap(({ version, sent, received }) =>
    [sent, received].flatMap((hex) => [...split(bytesOf(hex), version)].map((bytes): Seed => ({ version, bytes }))),
  ),
]

function* split(stream: Uint8Array, version: ProtocolVersion): Generator<Uint8Array> {
  const scanner = new FrameScanner({ version })
  scanner.push(stream)
  while (scanner.next()) yield scanner.bytes.slice(scanner.start, scanner.end)
}
