import * as paths from '#fast-paths'
import fc from 'fast-check'
import { describe, expect, it, vi } from 'vitest'
import { decodeFailure } from './failures.ts'
import {
  decode,
  decodeFrame,
  encode,
  encodeInto,
  FrameScanner,
  isDecodeFailure,
  type Packet,
  type PublishPacket,
} from './index.ts'
import { nodeText } from './node.ts'
import { straightReading, straightWriting } from './straight-publish.ts'
import { packets } from './testing/index.ts'

// Here the codec itself has the general description alone, as in a browser.
vi.mock('#fast-paths', () => import('./no-fast-paths.ts'))

const LEFT = decodeFailure({ reasonCode: 0x80, rule: 'left to the general description', offset: 0 }, 0, undefined)
const write = straightWriting(() => -1)
const read = straightReading(() => LEFT)

it('is held against the general description alone', () => {
  expect(paths.straightReading(read)).toBe(read)
})

const VERSIONS = [3, 4, 5] as const

it('an acknowledgement of two bytes is read as by the general description, and any other is left to it', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(...VERSIONS),
      fc.constantFrom(0x40, 0x50, 0x62, 0x70, 0x41, 0x60, 0x72),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
      (version, firstByte, body) => {
        const bytes = Uint8Array.of(firstByte, body.length, ...body)
        const general = decode(bytes, version)
        const straight = read(bytes, 0, 2, bytes.length, version)
        const isUsual = body.length === 2 && !isDecodeFailure(general)
        expect(straight).toEqual(isUsual ? general : LEFT)
      },
    ),
  )
})

const usual: PublishPacket = {
  type: 'publish',
  topicName: 'site/10/room/3/temp',
  payload: Uint8Array.of(1, 2, 3),
  qos: 1,
  retain: true,
  dup: true,
  packetId: 0xfffe,
}

const usualProperties = {
  payloadFormatIndicator: 1,
  messageExpiryIntervalSeconds: 0xfffffffe,
  contentType: '',
  responseTopic: 'answers/1',
  correlationData: Uint8Array.of(0, 0xff),
  userProperties: [
    ['', 'a+b#'],
    ['trace', 'x'.repeat(120)],
  ],
} as const

/** Half of them with text in ASCII alone, some of it long. */
const publishes = (version: 3 | 4 | 5) => {
  const all = packets(version).filter((packet): packet is PublishPacket => packet.type === 'publish')
  return fc.oneof(
    all,
    fc.tuple(all, fc.integer({ min: 1, max: 20 })).map(([packet, times]) => inAscii(packet, times)),
  )
}

const inAscii = <Value>(value: Value, times: number): Value =>
  (typeof value === 'string' && value !== 'publish'
    ? value.replaceAll(/[^ -~]/g, 'x').repeat(times)
    : value instanceof Uint8Array || typeof value !== 'object' || value === null
      ? value
      : Array.isArray(value)
        ? value.map((each) => inAscii(each, times))
        : Object.fromEntries(Object.entries(value).map(([key, each]) => [key, inAscii(each, times)]))) as Value

const readWhole = (bytes: Uint8Array, version: 3 | 4 | 5, how: typeof read) => {
  const scanner = new FrameScanner({ version })
  scanner.push(bytes)
  return scanner.next()
    ? how(scanner.bytes, scanner.start, scanner.bodyStart, scanner.end, version, nodeText)
    : undefined
}

describe.each(VERSIONS)('version %i', (version) => {
  it('what is written straight on is what the general description writes', () => {
    fc.assert(
      fc.property(publishes(version), fc.nat(10), (packet, offset) => {
        const bytes = encode(packet, version)
        const end = offset + bytes.length
        const target = new Uint8Array(end)
        if (write(packet, version, target, offset) === -1) return
        expect(target.subarray(offset)).toEqual(bytes)
        expect(write(packet, version, target.subarray(0, end - 1), offset)).toBe(-1)
      }),
      { numRuns: 1000 },
    )
  })

  it('what is read straight on is what the general description reads, whatever the bytes', () => {
    const damage = fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 2 })
    fc.assert(
      fc.property(publishes(version), damage, (packet, changes) => {
        const bytes = encode(packet, version).slice()
        for (const [at, value] of changes) bytes[at % bytes.length] = value
        const straight = readWhole(bytes, version, read)
        if (straight === undefined || straight === LEFT) return
        expect(straight).toEqual(readWhole(bytes, version, decodeFrame))
      }),
      { numRuns: 3000 },
    )
  })

  it('what is usual is not left to the general description', () => {
    const packet: PublishPacket = version === 5 ? { ...usual, properties: usualProperties } : usual
    const { packetId, ...unacknowledged } = packet
    expect(packetId).toBe(0xfffe)
    for (const each of [packet, { ...unacknowledged, qos: 0, dup: false }] as const) {
      const bytes = encode(each, version)
      expect(write(each, version, new Uint8Array(bytes.length), 0)).toBe(bytes.length)
      expect(readWhole(bytes, version, read)).toEqual(readWhole(bytes, version, decodeFrame))
      expect(readWhole(bytes, version, read)).not.toBe(LEFT)
    }
  })
})

describe('what is left to the general description', () => {
  const properties = (given: object) => ({ ...usual, properties: { ...usualProperties, ...given } })

  it.each<[string, object]>([
    ['an empty Topic Name', { ...usual, topicName: '' }],
    ['a wildcard in the Topic Name', { ...usual, topicName: 'a/+' }],
    ['U+0000 in the Topic Name', { ...usual, topicName: 'a\0' }],
    ['a Topic Name that is not ASCII', { ...usual, topicName: 'é' }],
    ['a long Topic Name that is not ASCII', { ...usual, topicName: `${'a'.repeat(100)}é` }],
    ['a Topic Name of 65,536 bytes', { ...usual, topicName: 'a'.repeat(65_536) }],
    ['Packet Identifier 0', { ...usual, packetId: 0 }],
    ['no Packet Identifier', { ...usual, packetId: undefined }],
    ['Packet Identifier 65,536', { ...usual, packetId: 65_536 }],
    ['half a Packet Identifier', { ...usual, packetId: 1.5 }],
    ['a Packet Identifier with QoS 0', { ...usual, qos: 0, dup: false }],
    ['DUP with QoS 0', { ...usual, qos: 0, packetId: undefined }],
    ['QoS 3', { ...usual, qos: 3 }],
    ['a Payload Format Indicator of 2', properties({ payloadFormatIndicator: 2 })],
    ['a Message Expiry Interval of 2^32', properties({ messageExpiryIntervalSeconds: 2 ** 32 })],
    ['a negative Message Expiry Interval', properties({ messageExpiryIntervalSeconds: -1 })],
    ['a Content Type that is not ASCII', properties({ contentType: 'é' })],
    ['an empty Response Topic', properties({ responseTopic: '' })],
    ['a wildcard in the Response Topic', properties({ responseTopic: '#' })],
    ['65,536 bytes of Correlation Data', properties({ correlationData: new Uint8Array(65_536) })],
    ['a Topic Alias', properties({ topicAlias: 1 })],
    ['Subscription Identifiers', properties({ subscriptionIdentifiers: [1] })],
    ['a User Property with half of a surrogate pair', properties({ userProperties: [['a', '\ud800']] })],
    ['any other packet', { type: 'pingreq' }],
  ])('writing %s', (_, packet) => {
    expect(write(packet as Packet, 5, new Uint8Array(200_000), 0)).toBe(-1)
  })

  it.each<[string, number[]]>([
    ['QoS 3', [0x36, 6, 0, 1, 0x61, 0, 1, 0]],
    ['DUP with QoS 0', [0x38, 4, 0, 1, 0x61, 0]],
    ['a Remaining Length in two bytes instead of one', [0x30, 0x84, 0, 0, 1, 0x61, 0]],
    ['an empty Topic Name', [0x30, 3, 0, 0, 0]],
    ['a Topic Name that runs past the packet', [0x30, 4, 0, 3, 0x61, 0, 0x61]],
    ['a long Topic Name that is not ASCII', [0x30, 43, 0, 40, ...Array.from({ length: 40 }, () => 0x80), 0]],
    ['a long Topic Name with a wildcard', [0x30, 43, 0, 40, ...Array.from({ length: 40 }, () => 0x23), 0]],
    ['half of a length', [0x30, 1, 0]],
    ['no properties', [0x30, 3, 0, 1, 0x61]],
    ['Packet Identifier 0', [0x32, 6, 0, 1, 0x61, 0, 0, 0]],
    ['properties that run past the packet', [0x30, 5, 0, 1, 0x61, 2, 1]],
    ['a length of properties in two bytes instead of one', [0x30, 7, 0, 1, 0x61, 0x82, 0, 1, 1]],
    ['a property that is cut off', [0x30, 5, 0, 1, 0x61, 1, 1]],
    ['a property that runs past the properties', [0x30, 10, 0, 1, 0x61, 3, 2, 0, 0, 0, 9, 9]],
    ['a property twice', [0x30, 8, 0, 1, 0x61, 4, 1, 0, 1, 0]],
    ['a Payload Format Indicator of 2', [0x30, 6, 0, 1, 0x61, 2, 1, 2]],
    ['an empty Response Topic', [0x30, 7, 0, 1, 0x61, 3, 8, 0, 0]],
    ['a property of another packet', [0x30, 7, 0, 1, 0x61, 3, 0x13, 0, 0]],
  ])('reading %s', (_, bytes) => {
    const source = Uint8Array.from(bytes)
    // Behind the packet lies something that would make it whole.
    const scanned = Uint8Array.of(...source, 0, 0, 0, 0, 0)
    expect(read(scanned, 0, 2 + Number(bytes[1]! > 0x7f), source.length, 5)).toBe(LEFT)
  })

  it('reading with limits, which judge every name', () => {
    const bytes = encode(usual, 4)
    const limits = { exceeded: () => undefined, refusesName: () => false }
    expect(read(bytes, 0, 2, bytes.length, 4, undefined, limits)).toBe(LEFT)
    expect(read(bytes, 0, 2, bytes.length, undefined)).toBe(LEFT)
  })
})

it('payloads out of a chunk are views of its memory, also when it has another size or place', () => {
  for (const size of [64, 300_000]) {
    const memory = new Uint8Array(size)
    for (const offset of [0, 16]) {
      const chunk = memory.subarray(offset)
      const end = encodeInto(usual, 4, chunk, 0)
      const packet = read(chunk, 0, 2, end, 4)
      if (isDecodeFailure(packet) || packet.type !== 'publish') throw new TypeError('not read')
      expect(packet.payload).toEqual(usual.payload)
      expect(packet.payload.buffer).toBe(memory.buffer)
      expect(packet.payload.byteOffset).toBe(offset + end - 3)
    }
  }
})
