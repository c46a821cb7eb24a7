import { describe, expect, it } from 'vitest'
import {
  encode,
  encodedLength,
  EncodeError,
  encodeInto,
  pureText,
  type Packet,
  type ProtocolVersion,
  type PublishPacket,
} from './index.ts'
import { nodeText } from './node.ts'

const publish = {
  type: 'publish',
  topicName: 't',
  payload: new Uint8Array(0),
  qos: 0,
  retain: false,
  dup: false,
} as const
const subscription = { topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
const connect = { type: 'connect', protocolVersion: 4, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 } as const

describe('mistakes of a caller', () => {
  it.each<[string, unknown, ProtocolVersion, string]>([
    ['a lone surrogate', { ...publish, topicName: '\uD800' }, 4, 'INVALID_TEXT'],
    ['a low surrogate first', { ...publish, topicName: '\uDC00\uD800' }, 4, 'INVALID_TEXT'],
    ['U+0000', { ...publish, topicName: 'a\u0000' }, 4, 'INVALID_TEXT'],
    ['text of 65,536 bytes', { ...publish, topicName: 'é'.repeat(32_768) }, 4, 'INVALID_TEXT'],
    ['a wildcard in a Topic Name', { ...publish, topicName: 'a/#' }, 4, 'INVALID_VALUE'],
    ['an empty Topic Name', { ...publish, topicName: '' }, 4, 'INVALID_VALUE'],
    ['QoS 1 without an identifier', { ...publish, qos: 1 }, 4, 'INVALID_VALUE'],
    ['QoS 3', { ...publish, qos: 3, packetId: 1 }, 4, 'INVALID_VALUE'],
    ['DUP with QoS 0', { ...publish, dup: true }, 4, 'INVALID_VALUE'],
    ['a Keep Alive of 65,536', { ...connect, keepAliveSeconds: 65_536 }, 4, 'INVALID_VALUE'],
    [
      'a Message Expiry Interval of 2^32',
      { ...publish, properties: { messageExpiryIntervalSeconds: 2 ** 32 } },
      5,
      'INVALID_VALUE',
    ],
    [
      'a Subscription Identifier of 268,435,456',
      { ...publish, properties: { subscriptionIdentifiers: [268_435_456] } },
      5,
      'INVALID_VALUE',
    ],
    [
      'half a Subscription Identifier',
      { ...publish, properties: { subscriptionIdentifiers: [1.5] } },
      5,
      'INVALID_VALUE',
    ],
    ['a SUBSCRIBE without filters', { type: 'subscribe', packetId: 1, subscriptions: [] }, 5, 'INVALID_VALUE'],
    [
      'a misplaced wildcard',
      { type: 'subscribe', packetId: 1, subscriptions: [{ ...subscription, topicFilter: 'a#' }] },
      5,
      'INVALID_VALUE',
    ],
    ['a Reason Code of another packet', { type: 'puback', packetId: 1, reasonCode: 0x8e }, 5, 'INVALID_VALUE'],
    ['AUTH in 3.1.1', { type: 'auth', reasonCode: 0 }, 4, 'NOT_IN_THIS_VERSION'],
    ['binary data of 65,536 bytes', { ...connect, username: 'u', password: new Uint8Array(65_536) }, 4, 'TOO_LONG'],
    [
      'a Receive Maximum of 0',
      { ...connect, protocolVersion: 5, properties: { receiveMaximum: 0 } },
      5,
      'INVALID_VALUE',
    ],
  ])('%s', (_title, packet, version, code) => {
    const error = (() => {
      try {
        return encode(packet as Packet, version)
      } catch (thrown) {
        return thrown
      }
    })()
    expect(EncodeError.isInstance(error)).toBe(true)
    expect(error).toMatchObject({ code })
  })

  it('a Remaining Length of 268,435,455 is the most', () => {
    const longest = { ...publish, payload: new Uint8Array(268_435_455 - 3) }
    expect(encodedLength(longest, 4)).toBe(268_435_460)
    const longer = { ...publish, payload: new Uint8Array(268_435_456 - 3) }
    expect(() => encodedLength(longer, 4)).toThrow(expect.objectContaining({ code: 'TOO_LONG' }))
  })

  it('memory that is too small, and nothing is written behind it', () => {
    const target = new Uint8Array(4).fill(7)
    expect(() => encodeInto({ type: 'puback', packetId: 1, reasonCode: 0 }, 4, target.subarray(0, 3), 0)).toThrow(
      expect.objectContaining({ code: 'BUFFER_TOO_SMALL' }),
    )
    expect(target[3]).toBe(7)
    expect(EncodeError.isInstance(new TypeError('x'))).toBe(false)
  })
})

it('a long packet has the same bytes whoever gives the memory for it, and no more of it', () => {
  const packet: PublishPacket = {
    type: 'publish',
    topicName: 'long',
    payload: new Uint8Array(100_000).fill(0x78),
    qos: 0,
    retain: false,
    dup: false,
  }
  const [byNode, byPure, byDefault] = [encode(packet, 5, nodeText), encode(packet, 5, pureText), encode(packet, 5)]
  expect([...byNode]).toEqual([...byPure])
  expect(byDefault).toEqual(byPure)
  expect(byNode.buffer.byteLength).toBe(byNode.length)
})

// Found by fuzzing: where room was reserved for a longer Remaining Length, an end of the payload that did not fit before it moved was missing.
it.each([80, 87, 88, 100, 16_340, 16_376, 16_377, 16_400])(
  'a payload of %i bytes is whole in memory that it just fills',
  (length) => {
    const packet: Packet = {
      ...{
        type: 'publish',
        topicName: 'ä',
        payload: new Uint8Array(length).fill(0x78),
        qos: 0,
        retain: false,
        dup: false,
      },
    }
    const whole = encode(packet, 4)
    const target = new Uint8Array(whole.length)
    expect(encodeInto(packet, 4, target, 0)).toBe(whole.length)
    expect(target).toEqual(whole)
    expect(() => encodeInto(packet, 4, target.subarray(1), 0)).toThrow('packet does not fit')
  },
)
