import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { packetReader, writePacket, type PacketFailure } from './client.ts'
import { decode, encode, FrameScanner, PacketType, StreamDecoder, type DecodeFailure, type Packet } from './index.ts'
import { BAD_VECTORS, bytesOf, chunkings, chunksOf, packets } from './testing/index.ts'
import { hexOf } from './testing/hexadecimal.ts'

const VERSIONS = [3, 4, 5] as const

/** Sent by a Client only. The reader reads it back for whoever watches packets, without the rules that only servers need. */
const OF_CLIENTS: readonly Packet['type'][] = ['connect', 'subscribe', 'unsubscribe', 'pingreq']
const OF_SERVERS: readonly Packet['type'][] = ['connack', 'suback', 'unsuback', 'pingresp']

/** Read with either reader: the packets that came out, and where and why the stream failed. */
const outcome = <Failure extends PacketFailure | DecodeFailure>(
  push: (chunk: Uint8Array, sink: (packet: Packet) => void) => Failure | undefined,
  chunks: Iterable<Uint8Array>,
) => {
  const seen: Packet[] = []
  let failure: Failure | undefined
  for (const chunk of chunks) failure = push(chunk, (packet) => seen.push(structuredClone(packet)))
  return { seen, failure, says: failure && [failure.reasonCode, failure.offset] }
}

describe.each(VERSIONS)('the packets of a client, version %i', (version) => {
  const sent = packets(version).filter(({ type }) => !OF_SERVERS.includes(type))
  const received = packets(version).filter(({ type }) => !OF_CLIENTS.includes(type))
  const several = fc.array(received, { maxLength: 6 })

  it('I30: in any pieces the reader says what StreamDecoder says, also of bytes that were changed', () => {
    fc.assert(
      fc.property(several, chunkings(), fc.nat(), fc.nat({ max: 255 }), (sent, lengths, place, value) => {
        const whole = Uint8Array.from(sent.flatMap((packet) => [...encode(packet, version)]))
        if (value > 0 && whole.length > 0) whole[place % whole.length]! ^= value
        // A CONNACK of two bytes is read as one of 3.1.1 here, and refused there.
        fc.pre(!hasShortConnack(whole))
        const decoder = new StreamDecoder({ version, maximumPacketSizeBytes: 2_000 })
        const expected = outcome((chunk, sink) => decoder.push(chunk, sink), chunksOf(whole, lengths))
        const { seen, says } = outcome(packetReader(version, 2_000), chunksOf(whole, lengths))
        // One that has begun and is not whole is the same to StreamDecoder, which waits for the rest of a CONNECT whatever its flags.
        const scanner = new FrameScanner({ version })
        scanner.push(whole)
        while (scanner.next());
        const begun = scanner.pendingFirstByte >> 4
        const types = [...expected.seen.map(({ type }) => PacketType[type]), expected.failure?.packetType, begun]
        if (OF_CLIENTS.some((type) => types.includes(PacketType[type]))) return
        expect(seen).toEqual(expected.seen)
        expect(says).toEqual(expected.says)
      }),
      { numRuns: 1_000 },
    )
  })

  it('a packet is written as `encode` does, one that does not fit is measured, and what was written is read back', () => {
    fc.assert(
      fc.property(sent, fc.nat({ max: 40 }), (packet, offset) => {
        const bytes = encode(packet, version)
        const target = new Uint8Array(offset + bytes.length)
        expect(writePacket(packet, version, target, offset)).toBe(target.length)
        expect(target.subarray(offset)).toEqual(bytes)
        expect(writePacket(packet, version, new Uint8Array(1), offset)).toBe(target.length)
        expect(outcome(packetReader(version, Infinity), [bytes])).toMatchObject({
          seen: [decode(bytes, version)],
          failure: undefined,
        })
      }),
    )
  })
})

const publish = {
  type: 'publish',
  topicName: 'a',
  payload: new Uint8Array(),
  qos: 0,
  retain: false,
  dup: false,
} as const
const connect = { type: 'connect', protocolVersion: 5, clientId: 'c', cleanStart: true, keepAliveSeconds: 60 } as const
const subscription = { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const

describe('what no server would accept is not written', () => {
  it.each<[string, object, number?]>([
    ['U+0000 in a Topic Name', { ...publish, topicName: 'a\0' }],
    ['half of a surrogate pair', { ...publish, topicName: '\ud800' }],
    ['a Topic Name of more than 65,535 bytes', { ...publish, topicName: 'é'.repeat(32_768) }],
    ['a wildcard in a Topic Name', { ...publish, topicName: 'a/#' }],
    ['an empty Topic Name', { ...publish, topicName: '' }],
    ['a wildcard in a Response Topic', { ...publish, properties: { responseTopic: '+' } }],
    ['an empty Response Topic', { ...publish, properties: { responseTopic: '' } }],
    ['QoS 3', { ...publish, qos: 3, packetId: 1 }],
    ['DUP at QoS 0', { ...publish, dup: true }],
    ['Packet Identifier 0', { ...publish, qos: 1, packetId: 0 }],
    ['a Packet Identifier of three bytes', { ...publish, qos: 1, packetId: 65_536 }],
    ['half a Packet Identifier', { ...publish, qos: 1, packetId: 1.5 }],
    ['an expiry of five bytes', { ...publish, properties: { messageExpiryIntervalSeconds: 2 ** 32 } }],
    ['Subscription Identifier 0', { ...publish, properties: { subscriptionIdentifiers: [0] } }],
    ['a Subscription Identifier of five bytes', { ...publish, properties: { subscriptionIdentifiers: [2 ** 28] } }],
    ['Payload Format Indicator 2', { ...publish, properties: { payloadFormatIndicator: 2 } }],
    ['Topic Alias 0', { ...publish, properties: { topicAlias: 0 } }],
    ['a Will of QoS 3', { ...connect, will: { ...publish, qos: 3 } }],
    ['a Will to a wildcard', { ...connect, will: { ...publish, topicName: '#' } }],
    ['a Password without a User Name in 3.1.1', { ...connect, protocolVersion: 4, password: new Uint8Array(1) }],
    ['a Password of more than 65,535 bytes', { ...connect, password: new Uint8Array(65_536) }],
    ['a Keep Alive of three bytes', { ...connect, keepAliveSeconds: 65_536 }],
    ['a Reason Code of other packets', { type: 'disconnect', reasonCode: 0x87 + 1 }],
    ['AUTH in 3.1.1', { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } }, 4],
    ['AUTH without a method', { type: 'auth', reasonCode: 0x18 }],
    ['a Subscription of QoS 3', { type: 'subscribe', packetId: 1, subscriptions: [{ ...subscription, qos: 3 }] }],
    ['Retain Handling 3', { type: 'subscribe', packetId: 1, subscriptions: [{ ...subscription, retainHandling: 3 }] }],
  ])('%s', (_, packet, version = 5) => {
    const failure = writePacket(packet as Packet, version as 4 | 5, new Uint8Array(200), 0)
    expect(failure).toMatchObject({ reasonCode: expect.any(Number), message: expect.stringMatching(/./) })
    // The next one is none the worse.
    expect(writePacket({ type: 'pingreq' }, 5, new Uint8Array(2), 0)).toBe(2)
  })
})

/** At any place: more than needed, and never too little. Before 5.0 its length may be written in more bytes than it needs. */
const hasShortConnack = (bytes: Uint8Array) =>
  bytes.some(
    (byte, at) => byte === 0x20 && /^(02|82(80){0,2}00)/.test(Buffer.from(bytes.subarray(at + 1)).toString('hex')),
  )

const refusedHere = BAD_VECTORS.filter(({ version, hex }) => {
  const [firstByte = 0] = bytesOf(hex)
  return version === 5 && !OF_CLIENTS.some((type) => PacketType[type] === firstByte >> 4)
})

it.each(refusedHere)('$title: refused', ({ hex, reasonCode }) => {
  const read = packetReader(5, 1_000_000)
  const failures = [...chunksOf(bytesOf(hex), [1])].map((chunk) => read(chunk, () => {}))
  expect(failures.at(-1)?.reasonCode).toBe(reasonCode)
  expect(read(Uint8Array.of(0xd0, 0), () => expect.unreachable())).toBe(failures.at(-1))
})

it('a value of four bytes that is cut off is refused where it begins, as by StreamDecoder', () => {
  // A DISCONNECT with a Session Expiry Interval, of which two bytes lie within the properties.
  const whole = bytesOf('e00700031100000000')
  const decoder = new StreamDecoder({ version: 5 })
  expect(outcome(packetReader(5, 2_000), [whole]).says).toEqual([0x81, 5])
  expect(outcome((chunk, sink) => decoder.push(chunk, sink), [whole]).says).toEqual([0x81, 5])
})

it('hostile #1: a Remaining Length of five bytes is refused at the fourth, in any pieces', () => {
  for (const lengths of [[1], [2], [6]]) {
    const read = packetReader(5, 1_000_000)
    const bytes = bytesOf('30ffffffff01')
    const failures = [...chunksOf(bytes, lengths)].map((chunk) => read(chunk, () => expect.unreachable()))
    expect(failures.at(-1)).toMatchObject({ reasonCode: 0x81, offset: 4 })
  }
})

it.each<[string, 4 | 5, string]>([
  ['bytes behind the fields', 5, 'c00100'],
  ['properties that run past the packet', 5, '3004000161 05'],
  ['a Property Length of five bytes', 5, 'e0070080808080 0100'],
  ['a Property Length in more bytes than it needs', 5, 'e003008000'],
  ['a SUBACK without a Reason Code', 5, '9003000100'],
  ['reserved flags of a CONNACK', 5, '2003020000'],
  ['reserved flags of a CONNACK of 3.1.1', 4, '20020200'],
  ['Session Present in a refusal', 5, '2003018700'],
  ['Session Present in a refusal of 3.1.1', 4, '20020105'],
  ['a Return Code that is none', 4, '20020006'],
  ['a Reason Code that may not stand in a CONNACK', 5, '2003009200'],
  ['a SUBACK of 3.1.1 with a code of 5.0', 4, '9003000187'],
  ['Authentication Data without its method', 5, 'f00618041600 0161'],
  ['an AUTH without its method', 5, 'f00118'],
])('%s: refused where and as StreamDecoder refuses it, version %i', (_title, version, hex) => {
  const bytes = bytesOf(hex.replaceAll(' ', ''))
  const decoder = new StreamDecoder({ version })
  const refused = outcome((chunk, sink) => decoder.push(chunk, sink), [bytes])
  expect(refused.says).toHaveLength(2)
  expect(outcome(packetReader(version, 1_000), [bytes])).toMatchObject({ seen: [], says: refused.says })
})

it('an empty AUTH is Success, read and written', () => {
  const seen: Packet[] = []
  expect(packetReader(5, 100)(Uint8Array.of(0xf0, 0), (packet) => seen.push(packet))).toBeUndefined()
  expect(seen).toEqual([{ type: 'auth', reasonCode: 0 }])
  const target = new Uint8Array(2)
  expect([writePacket({ type: 'auth', reasonCode: 0 }, 5, target, 0), ...target]).toEqual([2, 0xf0, 0])
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

it('what was handed out stays as it was, whatever becomes of the chunk and whatever comes behind it', () => {
  const payloads = Array.from({ length: 40 }, (_, length) => new Uint8Array(length * 7).fill(length))
  const expected = payloads.map(hexOf)
  const whole = Uint8Array.from(payloads.flatMap((payload) => [...encode({ ...publish, payload }, 5)]))
  fc.assert(
    fc.property(chunkings(), (lengths) => {
      const read = packetReader(5, 1_000)
      const seen: Packet[] = []
      // There are thousands of chunks, and an `expect` costs far more than reading one.
      let failures = 0
      for (const chunk of chunksOf(whole, lengths)) {
        const own = chunk.slice()
        if (read(own, (packet) => seen.push(packet)) !== undefined) failures++
        own.fill(0xff)
      }
      expect(failures).toBe(0)
      expect(seen.map((packet) => 'payload' in packet && hexOf(packet.payload))).toEqual(expected)
    }),
  )
})

it('views are plain Uint8Arrays, also of a Buffer', () => {
  const seen: Packet[] = []
  const bytes = Buffer.from(encode({ ...publish, topicName: 'é', payload: Uint8Array.of(1, 2) }, 5))
  packetReader(5, 100)(bytes, (packet) => seen.push(packet))
  expect(seen).toEqual([{ ...publish, topicName: 'é', payload: Uint8Array.of(1, 2) }])
  expect(seen.map((packet) => 'payload' in packet && packet.payload.constructor)).toEqual([Uint8Array])
})
