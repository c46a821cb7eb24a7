import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packetReader, writePacket } from './client.ts'
import { encode, StreamDecoder, type Packet } from './index.ts'
import { BAD_VECTORS, bytesOf, chunkings, chunksOf, packets } from './testing/index.ts'

const VERSIONS = [4, 5] as const

/** Read with either reader: the packets that came out, and where and why the stream failed. */
const outcome = (
  push: (chunk: Uint8Array, sink: (packet: Packet) => void) => { reasonCode: number; offset: number } | undefined,
  chunks: Iterable<Uint8Array>,
) => {
  const seen: Packet[] = []
  let failure: { reasonCode: number; offset: number } | undefined
  for (const chunk of chunks) failure = push(chunk, (packet) => seen.push(structuredClone(packet)))
  return { seen, failure: failure && [failure.reasonCode, failure.offset] }
}

describe.each(VERSIONS)('the packets of a client, version %i', (version) => {
  const several = fc.array(
    packets(version).filter(({ type }) => type !== 'connect'),
    { maxLength: 6 },
  )

  it('I30: in any pieces the reader says what StreamDecoder says, also of bytes that were changed', () => {
    fc.assert(
      fc.property(several, chunkings(), fc.nat(), fc.nat({ max: 255 }), (sent, lengths, place, value) => {
        const whole = Uint8Array.from(sent.flatMap((packet) => [...encode(packet, version)]))
        if (value > 0 && whole.length > 0) whole[place % whole.length]! ^= value
        // A CONNACK of two bytes is read as one of 3.1.1 here, and refused there.
        fc.pre(!hasShortConnack(whole))
        const decoder = new StreamDecoder({ version, maximumPacketSizeBytes: 2_000 })
        const read = packetReader(version, 2_000)
        expect(outcome(read, chunksOf(whole, lengths))).toEqual(
          outcome((chunk, sink) => decoder.push(chunk, sink), chunksOf(whole, lengths)),
        )
      }),
      { numRuns: 1_000 },
    )
  })

  it('a packet is written as `encode` does, and one that does not fit is measured', () => {
    fc.assert(
      fc.property(packets(version), fc.nat({ max: 40 }), (packet, offset) => {
        const bytes = encode(packet, version)
        const target = new Uint8Array(offset + bytes.length)
        expect(writePacket(packet, version, target, offset)).toBe(target.length)
        expect(target.subarray(offset)).toEqual(bytes)
        expect(writePacket(packet, version, new Uint8Array(1), offset)).toBe(target.length)
      }),
    )
  })
})

/** At any place: more than needed, and never too little. */
const hasShortConnack = (bytes: Uint8Array) => bytes.some((byte, at) => byte === 0x20 && bytes[at + 1] === 2)

it.each(BAD_VECTORS.filter(({ version }) => version === 5))('$title: refused', ({ hex, reasonCode }) => {
  const read = packetReader(5, 1_000_000)
  const failures = [...chunksOf(bytesOf(hex), [1])].map((chunk) => read(chunk, () => {}))
  expect(failures.at(-1)?.reasonCode).toBe(reasonCode)
  expect(read(Uint8Array.of(0xd0, 0), () => expect.unreachable())).toBe(failures.at(-1))
})

it('hostile #1: a Remaining Length of five bytes is refused at the fourth, in any pieces', () => {
  for (const lengths of [[1], [2], [6]]) {
    const read = packetReader(5, 1_000_000)
    const bytes = bytesOf('30ffffffff01')
    const failures = [...chunksOf(bytes, lengths)].map((chunk) => read(chunk, () => expect.unreachable()))
    expect(failures.at(-1)).toEqual({ reasonCode: 0x81, offset: 4, message: 'too long' })
  }
})

it('a server of 3.1.1 that refuses 5.0 is understood', () => {
  const seen: Packet[] = []
  expect(packetReader(5, 100)(Uint8Array.of(0x20, 2, 0, 1), (packet) => seen.push(packet))).toBeUndefined()
  expect(seen).toEqual([{ type: 'connack', sessionPresent: false, reasonCode: 0x84 }])
})

it('hostile #6: what is promised is not allocated, and what was read is not kept', () => {
  const read = packetReader(5, 268_435_460)
  expect(read(Uint8Array.of(0x30, 0xff, 0xff, 0xff, 0x7f, 0), () => expect.unreachable())).toBeUndefined()
  expect(packetReader(5, 100)(Uint8Array.of(0x30, 0xff, 0x01), () => {})).toMatchObject({ reasonCode: 0x95, offset: 1 })
})
