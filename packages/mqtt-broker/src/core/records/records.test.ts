import type { QoS } from '@godwit/mqtt-codec'
import { encode } from '@godwit/mqtt-codec'
import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { compareBytes } from '../../store/compare-bytes.ts'
import { decodeBody, encodeBody } from './body-record.ts'
import * as keys from './keys.ts'
import {
  decodeClock,
  decodeFormat,
  decodeGroup,
  decodeReceived,
  encodeClock,
  encodeFormat,
  encodeGroup,
  encodeReceived,
} from './number-records.ts'
import { bodyNumberOf, decodeQueued, encodeAwaitingPubcomp, encodeQueued } from './queued-record.ts'
import { RecordReader } from './record-reader.ts'
import { decodeRetained, encodeRetained } from './retained-record.ts'
import { decodeSession, decodeWaiting, encodeSession, encodeWaiting } from './session-record.ts'
import { decodeSubscription, encodeSubscription } from './subscription-record.ts'

const number = fc.oneof(
  fc.nat(),
  fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  fc.constantFrom(0, 255, 256, 2 ** 32, 2 ** 48 - 1),
)
/** As a Client can send it [MQTT-1.5.4-2]. */
const text = fc.string({ unit: 'binary' }).map((units) => units.replaceAll('\u0000', ''))
/** Any string that a program can make, also one with half a character. */
const anyString = fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
const uint32 = fc.integer({ min: 0, max: 2 ** 32 - 1 })

/** A PUBLISH somewhere inside of a larger buffer, as the read buffer holds it. */
const frameOf = (payload: Uint8Array, qos: QoS, version: 3 | 4 | 5): PublishFrame => {
  const packet = encode(
    { type: 'publish', topicName: 'a/b', payload, qos, retain: false, dup: false, ...(qos > 0 && { packetId: 7 }) },
    version,
  )
  const bytes = new Uint8Array(packet.length + 5)
  bytes.set(packet, 3)
  const frame = new PublishFrame()
  let bodyStart = 4
  while (bytes[bodyStart]! >= 0x80) bodyStart++
  expect(readPublishFrame(frame, bytes, 3, bodyStart + 1, packet.length + 3, version)).toBeUndefined()
  return frame
}
const frame = fc
  .tuple(fc.uint8Array({ maxLength: 300 }), fc.constantFrom<QoS>(1, 2), fc.constantFrom<3 | 4 | 5>(3, 4, 5))
  .map(([payload, qos, version]) => frameOf(payload, qos, version))
const bytesOf = (each: PublishFrame): Uint8Array => each.bytes.slice(each.start, each.end)

/** Whatever is cut off or appended is noticed; nothing throws. */
const isExact = (value: Uint8Array, decode: (value: Uint8Array) => unknown, absent: unknown, exactEnd = true): void => {
  for (let length = 0; length < (exactEnd ? value.length : 2); length++) {
    expect(decode(value.slice(0, length))).toBe(absent)
  }
  if (exactEnd) expect(decode(Uint8Array.of(...value, 0))).toBe(absent)
}

describe('keys', () => {
  it('sort as their parts do: by number, then by sequence', () => {
    const pair = fc.tuple(number, number)
    fc.assert(
      fc.property(pair, pair, (one, other) => {
        const order = one[0] - other[0] || one[1] - other[1]
        const bytes = compareBytes(keys.queuedKey(...one).slice(), keys.queuedKey(...other).slice())
        expect(Math.sign(bytes)).toBe(Math.sign(order))
      }),
    )
  })

  it('give their parts back', () => {
    fc.assert(
      fc.property(number, number, text, (owner, sequence, name) => {
        const queued = new RecordReader(keys.queuedKey(owner, sequence), 1)
        expect([queued.uint48(), queued.uint48(), queued.complete]).toEqual([owner, sequence, true])
        const subscription = new RecordReader(keys.subscriptionKey(owner, name), 1)
        expect([subscription.uint48(), subscription.text(), subscription.complete]).toEqual([owner, name, true])
        expect(new RecordReader(keys.sessionKey(name), 1).text()).toBe(name)
        expect(new RecordReader(keys.groupKey(name), 1).text()).toBe(name)
      }),
    )
  })

  it('of one queue lie in its range, and those of another do not', () => {
    fc.assert(
      fc.property(number, number, number, number, (owner, from, other, sequence) => {
        fc.pre(owner < 2 ** 48 - 1)
        const range = keys.rangeOfQueue(owner, from)
        const key = keys.queuedKey(other, sequence)
        const inside = compareBytes(key, range.from) >= 0 && compareBytes(key, range.to) < 0
        expect(inside).toBe(other === owner && sequence >= from)
      }),
    )
  })

  it('of one tag lie in the range of the tag', () => {
    const range = keys.rangeOfTag(keys.RecordTag.retained)
    const key = keys.retainedKey(Uint8Array.of(0xf4, 0x8f, 0xbf, 0xbf))
    expect([compareBytes(range.from, key) < 0, compareBytes(key, range.to) < 0]).toEqual([true, true])
  })
})

describe('records are read as they were written, and damaged ones are noticed', () => {
  it('a message in its record, and one with a body', () => {
    const identifiers = fc.option(fc.array(fc.integer({ min: 1, max: 268_435_455 }), { minLength: 1, maxLength: 5 }), {
      nil: undefined,
    })
    const origin = fc.option(fc.record({ number, sequence: number }), { nil: undefined })
    fc.assert(
      fc.property(
        frame,
        fc.constantFrom(1, 2),
        fc.boolean(),
        number,
        identifiers,
        origin,
        fc.oneof(fc.constant(0), number),
        (publish, qos, retain, arrivedAt, ids, from, body) => {
          const value = encodeQueued(publish, qos, retain, arrivedAt, ids, from, body).slice()
          expect(decodeQueued(value)).toEqual({
            type: 'message',
            qos,
            retain,
            version: publish.version,
            arrivedAt,
            identifiers: ids,
            origin: from,
            body,
            frame: body === 0 ? bytesOf(publish) : new Uint8Array(0),
          })
          isExact(value, decodeQueued, undefined, body !== 0)
          expect(decodeQueued(Uint8Array.of(value[0]! + 0x10, ...value.subarray(1)))).toBeUndefined()
        },
      ),
    )
  })

  it('a message whose PUBREL is owed', () => {
    fc.assert(
      fc.property(number, (order) => {
        const value = encodeAwaitingPubcomp(order).slice()
        expect(decodeQueued(value)).toEqual({ type: 'awaiting-pubcomp', order })
        isExact(value, decodeQueued, undefined)
      }),
    )
  })

  it('a body, and a retained message', () => {
    fc.assert(
      fc.property(frame, number, (publish, arrivedAt) => {
        expect(decodeBody(encodeBody(publish))).toEqual(bytesOf(publish))
        const value = encodeRetained(publish, arrivedAt).slice()
        expect(decodeRetained(value)).toEqual({ version: publish.version, arrivedAt, frame: bytesOf(publish) })
        isExact(value, decodeRetained, undefined, false)
      }),
    )
    expect([decodeBody(Uint8Array.of(1)), decodeBody(Uint8Array.of(9, 1))]).toEqual([undefined, undefined])
  })

  it('a Session with and without a Will', () => {
    const will = fc.option(
      fc.record({ delaySeconds: uint32, allowed: fc.boolean(), publish: fc.uint8Array({ maxLength: 40 }) }),
      { nil: undefined },
    )
    const session = fc.record({
      number,
      principal: anyString,
      username: fc.option(text, { nil: undefined }),
      protocolVersion: fc.constantFrom<3 | 4 | 5>(3, 4, 5),
      keepAliveSeconds: fc.integer({ min: 0, max: 65_535 }),
      expiryIntervalSeconds: fc.oneof(fc.constant(Infinity), fc.integer({ min: 0, max: 2 ** 32 - 2 })),
      will,
    })
    fc.assert(
      fc.property(session, (record) => {
        const value = encodeSession(record).slice()
        expect(decodeSession(value)).toEqual(record)
        isExact(value, decodeSession, undefined)
      }),
    )
  })

  it('a Session that waits, a Subscription, a clock, a group, an identifier, the format', () => {
    fc.assert(
      fc.property(number, number, uint32, fc.boolean(), fc.boolean(), (one, other, identifier, noLocal, retain) => {
        const waiting = encodeWaiting({ since: one, sentBefore: other }).slice()
        expect(decodeWaiting(waiting)).toEqual({ since: one, sentBefore: other })
        isExact(waiting, decodeWaiting, undefined)
        const options = { qos: 2, noLocal, retainAsPublished: retain, subscriptionIdentifier: identifier } as const
        const subscription = encodeSubscription(options).slice()
        expect(decodeSubscription(subscription)).toEqual(options)
        isExact(subscription, decodeSubscription, undefined)
        const clock = encodeClock({ brokerMs: one, wallMs: other }).slice()
        expect(decodeClock(clock)).toEqual({ brokerMs: one, wallMs: other })
        isExact(clock, decodeClock, undefined)
        const group = encodeGroup(one).slice()
        expect(decodeGroup(group)).toBe(one)
        isExact(group, decodeGroup, undefined)
        const format = encodeFormat(identifier).slice()
        expect(decodeFormat(format)).toBe(identifier)
        isExact(format, decodeFormat, -1)
      }),
    )
    expect([decodeReceived(encodeReceived()), decodeReceived(Uint8Array.of(2))]).toEqual([true, undefined])
  })

  it('I24 no bytes make a decoder throw', () => {
    const decoders = [
      decodeQueued,
      decodeBody,
      decodeRetained,
      decodeSession,
      decodeWaiting,
      decodeSubscription,
      decodeClock,
      decodeGroup,
      decodeReceived,
      decodeFormat,
    ]
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), fc.boolean(), (value, versioned) => {
        if (versioned && value.length > 0) value[0] = 1
        for (const decode of decoders) decode(value)
      }),
      { numRuns: 1000 },
    )
  })

  it('the body of a queued message is known by its number; 0 where it has its own, waits for a PUBCOMP or cannot be read', () => {
    const frame = frameOf(Uint8Array.of(1), 1, 5)
    const withBody = encodeQueued(frame, 1, false, 0, undefined, undefined, 7).slice()
    expect(bodyNumberOf(withBody)).toBe(7)
    expect(bodyNumberOf(withBody.slice(0, -1))).toBe(0)
    expect(bodyNumberOf(encodeQueued(frame, 1, false, 0, undefined, undefined, 0))).toBe(0)
    expect(bodyNumberOf(encodeAwaitingPubcomp(1))).toBe(0)
  })
})
