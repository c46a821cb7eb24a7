import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decode,
  decodeLimits,
  encode,
  encodedLength,
  encodeInto,
  FrameScanner,
  isDecodeFailure,
  type Packet,
  StreamDecoder,
} from './index.ts'
import { PublishFrame, readPublishFrame } from './relay.ts'
import { nodeText } from './node.ts'
import { BAD_VECTORS, bytesOf, chunkings, chunksOf, packets } from './testing/index.ts'

const VERSIONS = [3, 4, 5] as const

/** Binary data in packets are views: a test compares what they hold. */
const plain = (packet: unknown): unknown =>
  packet instanceof Uint8Array
    ? [...packet]
    : Array.isArray(packet)
      ? packet.map(plain)
      : typeof packet === 'object' && packet !== null
        ? Object.fromEntries(Object.entries(packet).map(([key, value]) => [key, plain(value)]))
        : packet

const versionOf = (packet: Packet, version: 3 | 4 | 5): 3 | 4 | 5 | undefined =>
  packet.type === 'connect' ? undefined : version

describe.each(VERSIONS)('version %i', (version) => {
  it('I30: decode(encode(p)) = p, and the length is known before', () => {
    fc.assert(
      fc.property(packets(version), (packet) => {
        const bytes = encode(packet, version)
        expect(encodedLength(packet, version)).toBe(bytes.length)
        expect(plain(decode(bytes, versionOf(packet, version)))).toEqual(plain(packet))
        expect(encode(packet, version, nodeText)).toEqual(bytes)
        expect(plain(decode(bytes, versionOf(packet, version), nodeText))).toEqual(plain(packet))
      }),
      { numRuns: 1000 },
    )
  })

  it('I30: encode(decode(b)) = b for canonical b, also into memory of another', () => {
    fc.assert(
      fc.property(packets(version), fc.nat(10), (packet, offset) => {
        const bytes = encode(packet, version)
        const again = decode(bytes, versionOf(packet, version))
        if (isDecodeFailure(again)) throw new TypeError(again.message)
        const target = new Uint8Array(offset + bytes.length)
        expect(encodeInto(again, version, target, offset)).toBe(offset + bytes.length)
        expect(target.subarray(offset)).toEqual(bytes)
      }),
      { numRuns: 500 },
    )
  })

  it('I29 hostile #4: any segmentation gives the same packets', () => {
    const several = fc.array(
      packets(version).filter(({ type }) => type !== 'connect'),
      { minLength: 1, maxLength: 5 },
    )
    fc.assert(
      fc.property(several, chunkings(), (sent, lengths) => {
        const whole = Uint8Array.from(sent.flatMap((packet) => [...encode(packet, version)]))
        const decoder = new StreamDecoder({ version })
        const seen: unknown[] = []
        const failures: unknown[] = []
        for (const chunk of chunksOf(whole, lengths)) {
          const failure = decoder.push(chunk, (packet) => seen.push(plain(packet)))
          // An `expect` for each chunk would cost far more than decoding it.
          if (failure !== undefined) failures.push(failure)
        }
        expect(failures).toEqual([])
        expect(seen).toEqual(sent.map(plain))
      }),
      { numRuns: 500 },
    )
  })

  it('hostile #5 #16: cut short it is refused, and a neighbour is never part of it', () => {
    fc.assert(
      fc.property(packets(version), fc.nat(), (packet, cut) => {
        const bytes = encode(packet, version)
        const known = versionOf(packet, version)
        expect(isDecodeFailure(decode(bytes.subarray(0, cut % bytes.length), known))).toBe(true)
        const scanner = new FrameScanner({ version: known })
        scanner.push(Uint8Array.of(...bytes, 0xc0, 0))
        expect(scanner.next()).toBe(true)
        expect(scanner.end - scanner.start).toBe(bytes.length)
        expect(isDecodeFailure(decode(Uint8Array.of(...bytes, 0xc0, 0), known))).toBe(true)
      }),
      { numRuns: 500 },
    )
  })

  it('I30: changed anywhere, it is a packet that encodes, or a failure inside of its bounds; nothing throws', () => {
    fc.assert(
      fc.property(packets(version), fc.nat(), fc.nat(255), (packet, at, value) => {
        const bytes = encode(packet, version)
        bytes[at % bytes.length] = value
        const known = packet.type === 'connect' && bytes[0]! >> 4 === 1 ? undefined : version
        const decoded = decode(bytes, known)
        if (isDecodeFailure(decoded)) {
          expect(decoded.offset).toBeGreaterThanOrEqual(0)
          expect(decoded.offset).toBeLessThanOrEqual(bytes.length)
          expect(decoded.reasonCode).toBeGreaterThanOrEqual(0x80)
        } else encode(decoded, decoded.type === 'connect' ? decoded.protocolVersion : version)
      }),
      { numRuns: 2000 },
    )
  })

  it('reads a PUBLISH in place as it decodes it', () => {
    const onlyPublish = packets(version).filter((packet) => packet.type === 'publish')
    fc.assert(
      fc.property(onlyPublish, (packet) => {
        const bytes = encode(packet, version)
        const scanner = new FrameScanner({ version })
        scanner.push(bytes)
        scanner.next()
        const frame = new PublishFrame()
        expect(
          readPublishFrame(frame, scanner.bytes, scanner.start, scanner.bodyStart, scanner.end, version),
        ).toBeUndefined()
        const { topicStart, topicEnd, payloadStart, end } = frame
        expect(Buffer.from(scanner.bytes.subarray(topicStart, topicEnd)).toString()).toBe(packet.topicName)
        expect(Uint8Array.from(scanner.bytes.subarray(payloadStart, end))).toEqual(packet.payload)
        expect([frame.qos, frame.retain, frame.dup]).toEqual([packet.qos, packet.retain, packet.dup])
        expect(frame.packetId).toBe(packet.packetId ?? 0)
        expect(frame.topicAlias).toBe(packet.properties?.topicAlias ?? 0)
        expect(frame.messageExpiryIntervalSeconds).toBe(packet.properties?.messageExpiryIntervalSeconds ?? -1)
        expect(frame.userPropertyCount).toBe(packet.properties?.userProperties?.length ?? 0)
      }),
      { numRuns: 300 },
    )
  })
})

describe('bytes that are no packet', () => {
  it.each(BAD_VECTORS)('$title', ({ version, hex, reasonCode }) => {
    const whole = decode(bytesOf(hex), version)
    if (!isDecodeFailure(whole)) throw new TypeError(`${hex} was accepted as ${whole.type}`)
    expect(whole.reasonCode.toString(16)).toBe(reasonCode.toString(16))
    const decoder = new StreamDecoder({ version })
    let failure
    for (const chunk of chunksOf(bytesOf(hex), [1])) failure ??= decoder.push(chunk, () => {})
    expect(failure?.reasonCode).toBe(reasonCode)
    const after: Packet[] = []
    decoder.push(Uint8Array.of(0xc0, 0), (packet) => after.push(packet))
    expect(after).toEqual([])
  })

  it('hostile #6: a size above the maximum is refused on the header, with nothing kept', () => {
    const scanner = new FrameScanner({ version: 5, maximumPacketSizeBytes: 100 })
    scanner.push(Uint8Array.of(0x30, 0xff, 0x01))
    expect(scanner.next()).toBe(false)
    expect(scanner.failure).toMatchObject({ kind: 'packet-too-large', reasonCode: 0x95 })
  })

  it('hostile #40: User Properties are bounded where a limit says so', () => {
    const userProperties = Array.from({ length: 3 }, () => ['a', 'b'] as const)
    const bytes = encode({ type: 'disconnect', reasonCode: 0, properties: { userProperties } }, 5)
    expect(decode(bytes, 5, undefined, decodeLimits({ maximumUserProperties: 2 }))).toMatchObject({
      kind: 'quota-exceeded',
      reasonCode: 0x97,
    })
    expect(decode(bytes, 5, undefined, decodeLimits({ maximumUserProperties: 3 }))).toMatchObject({
      type: 'disconnect',
    })
  })
})
