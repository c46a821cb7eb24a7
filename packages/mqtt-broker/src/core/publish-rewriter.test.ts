import { decode, encode, FrameScanner, isDecodeFailure, type PublishPacket } from '@godwit/mqtt-codec'
import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import { packets } from '@godwit/mqtt-codec/testing'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { PublishRewriter } from './publish-rewriter.ts'

const publishes = (version: 4 | 5) =>
  packets(version).filter((packet): packet is PublishPacket => packet.type === 'publish')

const frameOf = (packet: PublishPacket, version: 4 | 5): PublishFrame => {
  const scanner = new FrameScanner({ version })
  scanner.push(encode(packet, version))
  expect(scanner.next()).toBe(true)
  const frame = new PublishFrame()
  expect(readPublishFrame(frame, scanner.bytes, scanner.start, scanner.bodyStart, scanner.end, version)).toBeUndefined()
  return frame
}

describe('PublishRewriter', () => {
  it('equals decoding, changing and encoding, in every direction of versions', () => {
    const change = fc.record({
      from: fc.constantFrom(4 as const, 5 as const),
      to: fc.constantFrom(4 as const, 5 as const),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      retain: fc.boolean(),
      identifiers: fc.option(fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 3 }), {
        nil: undefined,
      }),
      alias: fc.nat(20),
      expirySeconds: fc.integer({ min: -1, max: 100 }),
    })
    const packet = fc.tuple(publishes(4), publishes(5), change)
    fc.assert(
      fc.property(packet, fc.nat(5), ([older, newer, asked], offset) => {
        const source = asked.from === 4 ? older : newer
        const frame = frameOf(source, asked.from)
        const topic = new TextEncoder().encode(source.topicName)
        const rewriter = new PublishRewriter()
        const firstByte = 0x30 | (asked.qos << 1) | (asked.retain ? 1 : 0)
        const five = asked.to === 5
        rewriter.begin(
          frame,
          topic,
          asked.to,
          firstByte,
          five ? asked.identifiers : undefined,
          five ? asked.alias : 0,
          asked.expirySeconds,
        )
        const target = new Uint8Array(offset + rewriter.length)
        expect(rewriter.write(target, offset, 7)).toBe(target.length)
        const written = decode(target.subarray(offset), asked.to)
        if (isDecodeFailure(written) || written.type !== 'publish') throw new TypeError('no PUBLISH was written')
        const { topicAlias: _, ...properties } = source.properties ?? {}
        const expected = {
          ...properties,
          ...(asked.expirySeconds !== -1 &&
            properties.messageExpiryIntervalSeconds !== undefined && {
              messageExpiryIntervalSeconds: asked.expirySeconds,
            }),
          ...(asked.alias !== 0 && { topicAlias: asked.alias }),
          ...((asked.identifiers ?? properties.subscriptionIdentifiers) !== undefined && {
            subscriptionIdentifiers: [...(asked.identifiers ?? []), ...(properties.subscriptionIdentifiers ?? [])],
          }),
        }
        expect(written.topicName).toBe(source.topicName)
        expect([...written.payload]).toEqual([...source.payload])
        expect([written.qos, written.retain, written.dup, written.packetId]).toEqual([
          asked.qos,
          asked.retain,
          false,
          asked.qos === 0 ? undefined : 7,
        ])
        expect(JSON.stringify(sorted(written.properties ?? {}))).toBe(JSON.stringify(five ? sorted(expected) : {}))
      }),
      { numRuns: 1000 },
    )
  })
})

const sorted = (properties: object): object =>
  Object.fromEntries(
    Object.entries(properties)
      .map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : value] as const)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  )
