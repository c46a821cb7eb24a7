import { describe, expect, it } from 'vitest'
import {
  decode,
  decodeFrame,
  decodeLimits,
  encode,
  FrameScanner,
  isDecodeFailure,
  StreamDecoder,
  type DecodeLimits,
  type ProtocolVersion,
} from './index.ts'
import {
  encodePublishHeader,
  PublishFrame,
  readPublishFrame,
  variableByteIntegerLength,
  writeVariableByteInteger,
} from './relay.ts'
import { explainFailure } from './explain.ts'
import { BAD_VECTORS, bytesOf } from './testing/index.ts'

const refused = (hex: string, version?: ProtocolVersion, limits?: DecodeLimits): string => {
  const decoded = decode(bytesOf(hex.replaceAll(' ', '')), version, undefined, limits && decodeLimits(limits))
  if (!isDecodeFailure(decoded)) return decoded.type
  return `${decoded.kind} ${decoded.reasonCode.toString(16)}${decoded.protocolVersion === undefined ? '' : ` as ${decoded.protocolVersion}`}`
}

/** The same bytes read in place. */
const inPlace = (hex: string, version: ProtocolVersion, limits?: DecodeLimits): string => {
  const scanner = new FrameScanner({ version })
  scanner.push(bytesOf(hex.replaceAll(' ', '')))
  expect(scanner.next()).toBe(true)
  const failure = readPublishFrame(
    new PublishFrame(),
    scanner.bytes,
    scanner.start,
    scanner.bodyStart,
    scanner.end,
    version,
    limits && decodeLimits(limits),
  )
  return failure === undefined ? 'accepted' : `${failure.kind} ${failure.reasonCode.toString(16)}`
}

describe('CONNECT', () => {
  it.each([
    [
      'hostile #15: MQIsdp with flags in its first byte is taken',
      '14 0f 0006 4d5149736470 03 02 0000 0001 61',
      'connect',
    ],
    [
      'hostile #15: MQTT with flags in its first byte is not',
      '14 0d 0004 4d515454 04 02 0000 0001 61',
      'malformed-packet 81 as 4',
    ],
    ['hostile #17: level 3 of MQTT', '10 0d 0004 4d515454 03 02 0000 0001 61', 'unsupported-protocol-version 84 as 4'],
    [
      'hostile #17: MQTT of level 0x84, as bridges try it',
      '10 0d 0004 4d515454 84 02 0000 0001 61',
      'unsupported-protocol-version 84 as 4',
    ],
    [
      'hostile #17: MQTT of level 7',
      '10 0e 0004 4d515454 07 02 0000 00 0001 61',
      'unsupported-protocol-version 84 as 5',
    ],
    [
      'hostile #21 [MQTT-3.1.2-22 v3.1.1]: a Password without a User Name in 3.1.1',
      '10 10 0004 4d515454 04 42 0000 0001 61 0001 62',
      'malformed-packet 81 as 4',
    ],
    ['hostile #21: and in 5.0', '10 11 0004 4d515454 05 42 0000 00 0001 61 0001 62', 'connect'],
    ['hostile #19: Will QoS 3', '10 12 0004 4d515454 04 1e 0000 0001 61 0001 77 0000', 'malformed-packet 81 as 4'],
    ['hostile #20: Will QoS without a Will', '10 0d 0004 4d515454 04 0a 0000 0001 61', 'malformed-packet 81 as 4'],
    [
      'hostile #38: Authentication Data without a method',
      '10 12 0004 4d515454 05 02 0000 04 16 0001 61 0001 61',
      'protocol-error 82 as 5',
    ],
    [
      '[MQTT-1.5.5-1]: an overlong Remaining Length in 5.0',
      '10 8e00 0004 4d515454 05 02 0000 00 0001 61',
      'malformed-packet 81 as 5',
    ],
    ['hostile #3: and in 3.1.1, where it is no rule', '10 8d00 0004 4d515454 04 02 0000 0001 61', 'connect'],
  ])('%s', (_title, hex, expected) => {
    expect(refused(hex)).toBe(expected)
  })

  it('[MQTT-3.1.0-1 v3.1.1 v5.0] comes first: without a version nothing else is taken', () => {
    expect(refused('c000')).toBe('protocol-error 82')
    const bytes = bytesOf('c000')
    expect(decodeFrame(bytes, 0, 2, 2, undefined)).toMatchObject({ statement: 'MQTT-3.1.0-1' })
    expect(decodeFrame(bytesOf('c100'), 0, 2, 2, 4)).toMatchObject({ kind: 'malformed-packet' })
    const decoder = new StreamDecoder()
    const types: string[] = []
    const connect = encode(
      { type: 'connect', protocolVersion: 5, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 },
      5,
    )
    expect(decoder.push(Uint8Array.of(...connect, 0xc0, 0), ({ type }) => types.push(type))).toBeUndefined()
    expect([types, decoder.version]).toEqual([['connect', 'pingreq'], 5])
    expect(new StreamDecoder().push(Uint8Array.of(0x30), () => {})).toMatchObject({ reasonCode: 0x82 })
  })

  it('hostile #29: control characters in names are refused where the limits say so, in 5.0 with 0x85 for an identifier', () => {
    const limits = { allowControlCharacters: false }
    const withId = (level: number, character: number): string =>
      level === 5
        ? `10 0e 0004 4d515454 05 02 0000 00 0001 ${character.toString(16).padStart(2, '0')}`
        : `10 0d 0004 4d515454 04 02 0000 0001 ${character.toString(16).padStart(2, '0')}`
    expect([
      refused(withId(5, 1), undefined, limits),
      refused(withId(5, 1)),
      refused(withId(5, 0x61), undefined, limits),
    ]).toEqual(['client-identifier-not-valid 85 as 5', 'connect', 'connect'])
    expect(refused('82 06 0001 0001 01 00', 4, limits)).toBe('malformed-packet 81 as 4')
    expect(refused('82 07 0001 0002 c3a9 00', 4, limits)).toBe('subscribe')
  })

  it('CONNACK of 3.1.1: every refusal has a Return Code, the nearest where there is none of its own', () => {
    const codes = [0x84, 0x85, 0x88, 0x86, 0x87, 0x89, 0x9f, 0x8a, 0x97].map(
      (reasonCode) => encode({ type: 'connack', sessionPresent: false, reasonCode }, 4)[3],
    )
    expect(codes.slice(0, 5)).toEqual([1, 2, 3, 4, 5])
    for (const code of codes) expect([3, 5, 1, 2, 4]).toContain(code)
    expect(encode({ type: 'connack', sessionPresent: false, reasonCode: 0x8a }, 4)[3]).toBe(5)
    expect(encode({ type: 'connack', sessionPresent: false, reasonCode: 0x89 }, 4)[3]).toBe(3)
  })
})

describe('PUBLISH, in place as decoded', () => {
  it.each([
    ['hostile #43: no Topic Name and no alias', '30 03 0000 00', 5, 'protocol-error 82'],
    ['an alias for it', '30 06 0000 03 23 0001', 5, 'accepted'],
    ['hostile #32: a Property Length of five bytes', '30 08 0001 61 ffffffff 01', 5, 'malformed-packet 81'],
    ['hostile #32: an overlong Property Length', '30 05 0001 61 8000', 5, 'malformed-packet 81'],
    ['hostile #30: a Property Length beyond the packet', '30 04 0001 61 05', 5, 'malformed-packet 81'],
    ['hostile #31: a string beyond the properties', '30 08 0001 61 03 03 0005 61', 5, 'malformed-packet 81'],
    ['hostile #51: a wildcard in the Response Topic', '30 08 0001 61 04 08 0001 23', 5, 'protocol-error 82'],
    ['an empty Response Topic', '30 07 0001 61 03 08 0000', 5, 'protocol-error 82'],
    ['hostile #52: Payload Format 2', '30 06 0001 61 02 01 02', 5, 'protocol-error 82'],
    ['hostile #71: Subscription Identifier 0', '30 06 0001 61 02 0b 00', 5, 'protocol-error 82'],
    ['an overlong Subscription Identifier', '30 07 0001 61 03 0b 81 00', 5, 'malformed-packet 81'],
    ['hostile #26: a property that is not UTF-8', '30 08 0001 61 04 03 0001 ff', 5, 'malformed-packet 81'],
    ['hostile #50: cut before its identifier', '32 03 0001 61', 4, 'malformed-packet 81'],
    ['hostile #50: Packet Identifier 0', '32 05 0001 61 0000', 4, 'protocol-error 82'],
    ['a Topic Name beyond the packet', '30 03 0002 61', 4, 'malformed-packet 81'],
    ['half of a length', '30 01 00', 4, 'malformed-packet 81'],
    ['hostile #31: a property cut off behind its identifier', '30 06 0001 61 02 02 00', 5, 'malformed-packet 81'],
    ['hostile #31: Correlation Data beyond the properties', '30 08 0001 61 04 09 0005 61', 5, 'malformed-packet 81'],
    ['hostile #31: a User Property without its value', '30 09 0001 61 05 26 0001 61 00', 5, 'malformed-packet 81'],
    ['hostile #31: the name of a User Property cut off', '30 09 0001 61 05 26 0009 61 00', 5, 'malformed-packet 81'],
    ['hostile #25: U+0000 in a property', '30 08 0001 61 04 03 0001 00', 5, 'malformed-packet 81'],
    ['hostile #33: an unknown property', '30 07 0001 61 03 04 0000', 5, 'malformed-packet 81'],
    ['hostile #34: a property twice', '30 08 0001 61 04 01 00 01 00', 5, 'protocol-error 82'],
    ['hostile #34: a Topic Alias twice', '30 0a 0001 61 06 23 0001 23 0001', 5, 'protocol-error 82'],
    ['a Property Length of two bytes', `30 87 01 0001 61 82 01 03 007f ${'61'.repeat(0x7f)}`, 5, 'accepted'],
    ['a Property Length of 128', `30 85 01 0001 61 80 01 03 007d ${'61'.repeat(0x7d)}`, 5, 'accepted'],
    ['a Content Type with what would be a wildcard in a topic', '30 08 0001 61 04 03 0001 23', 5, 'accepted'],
    ['an empty Content Type', '30 07 0001 61 03 03 0000', 5, 'accepted'],
    ['a Property Length of two bytes beyond the packet', '30 05 0001 61 82 01', 5, 'malformed-packet 81'],
    ['hostile #45: Topic Alias 0', '30 07 0001 61 03 23 0000', 5, 'topic-alias-invalid 94'],
  ] as const)('%s', (_title, hex, version, expected) => {
    expect(inPlace(hex, version)).toBe(expected)
    expect(refused(hex, version)).toBe(expected === 'accepted' ? 'publish' : `${expected} as ${version}`)
  })

  it.each([
    ['hostile #48 [MQTT-3.3.1-4 v3.1.1 v5.0]: QoS 3', '36 05 0001 61 0001'],
    ['hostile #49 [MQTT-3.3.1-2 v3.1.1 v5.0]: DUP with QoS 0', '38 03 0001 61'],
  ])('%s is refused in place also where no scanner has looked at the first byte', (title, hex) => {
    const bytes = bytesOf(hex.replaceAll(' ', ''))
    const statement = /MQTT-[0-9.-]+/.exec(title)?.[0]
    expect(readPublishFrame(new PublishFrame(), bytes, 0, 2, bytes.length, 4)).toMatchObject({
      kind: 'malformed-packet',
      offset: 0,
      statement,
    })
  })

  it('hostile #29 #40: the limits hold for both', () => {
    const responseTopic = '30 08 0001 61 04 08 0001 01'
    const pairs = '30 0b 0001 61 07 26 0001 61 0001 62'
    for (const limits of [{ allowControlCharacters: false }, { allowControlCharacters: true }] as const) {
      const expected = limits.allowControlCharacters ? 'accepted' : 'malformed-packet 81'
      expect(inPlace(responseTopic, 5, limits)).toBe(expected)
    }
    expect(inPlace(pairs, 5, { maximumUserProperties: 0 })).toBe('quota-exceeded 97')
    expect(inPlace(pairs, 5, { maximumUserPropertyBytes: 5 })).toBe('quota-exceeded 97')
    expect(inPlace(pairs, 5, { maximumUserPropertyBytes: 6 })).toBe('accepted')
    expect(refused(pairs, 5, { maximumUserPropertyBytes: 5 })).toBe('quota-exceeded 97 as 5')
  })

  it('one without anything in it is cut off, in each version', () => {
    for (const version of [3, 4, 5] as const) {
      expect(refused('30 00', version)).toBe(`malformed-packet 81 as ${version}`)
      expect(refused('32 00', version)).toBe(`malformed-packet 81 as ${version}`)
    }
  })

  it('a header without its payload is the beginning of the whole', () => {
    const packet = {
      type: 'publish',
      topicName: 'a',
      payload: new Uint8Array(50_000),
      qos: 1,
      retain: true,
      dup: false,
      packetId: 7,
    } as const
    const whole = encode(packet, 5)
    const header = encodePublishHeader(packet, 5)
    expect([...header]).toEqual([...whole.subarray(0, whole.length - 50_000)])
    const long = encode(
      { type: 'unsubscribe', packetId: 1, topicFilters: Array.from({ length: 9 }, () => 'x'.repeat(9_000)) },
      4,
    )
    expect(decode(long, 4)).toMatchObject({ type: 'unsubscribe' })
  })
})

describe('explainFailure', () => {
  const sentence = (hex: string, version?: ProtocolVersion): string => {
    const failure = decode(bytesOf(hex.replaceAll(' ', '')), version)
    return isDecodeFailure(failure) ? explainFailure(failure) : failure.type
  }

  it.each([
    ['00 00', 5, 'no such packet (byte 0 of no packet)'],
    ['c0 01 00', 5, 'bytes behind (byte 2 of PINGREQ)'],
    ['c0 80 00', 5, 'a Variable Byte Integer is not in the fewest bytes (byte 2 of PINGREQ, MQTT-1.5.5-1)'],
    ['c1 00', 5, 'the flags of the first byte are not those of this packet (byte 0 of PINGREQ, MQTT-2.1.3-1)'],
    ['c1 00', 4, 'the flags of the first byte are not those of this packet (byte 0 of PINGREQ, MQTT-2.2.2-2)'],
    ['c0 00', undefined, 'the first packet is not a CONNECT (byte 0 of PINGREQ, MQTT-3.1.0-1)'],
    ['30 03 0001 ff', 4, 'text is not UTF-8 (byte 4 of PUBLISH, MQTT-1.5.3-1)'],
    ['30 03 0001 00', 4, 'text holds U+0000 (byte 4 of PUBLISH, MQTT-1.5.3-2)'],
    ['30 04 0001 ff 00', 5, 'text is not UTF-8 (byte 4 of PUBLISH, MQTT-1.5.4-1)'],
    ['30 04 0001 00 00', 5, 'text holds U+0000 (byte 4 of PUBLISH, MQTT-1.5.4-2)'],
    ['30 03 0001 23', 4, 'there is a wildcard in the Topic Name (byte 2 of PUBLISH, MQTT-3.3.2-2)'],
    ['30 02 0000', 4, 'a topic is empty (byte 2 of PUBLISH, MQTT-4.7.3-1)'],
    ['32 05 0001 61 0000', 4, 'the Packet Identifier is 0 (byte 5 of PUBLISH, MQTT-2.3.1-1)'],
    ['32 06 0001 61 0000 00', 5, 'the Packet Identifier is 0 (byte 5 of PUBLISH, MQTT-2.2.1-3)'],
    ['36 05 0001 61 0001', 4, 'the QoS is 3 (byte 0 of PUBLISH, MQTT-3.3.1-4)'],
    ['38 03 0001 61', 4, 'DUP is set with QoS 0 (byte 0 of PUBLISH, MQTT-3.3.1-2)'],
    ['30 07 0001 61 03 23 0000', 5, 'the Topic Alias is 0 (byte 7 of PUBLISH, MQTT-3.3.2-8)'],
    ['30 08 0001 61 04 08 0001 2b', 5, 'there is a wildcard in the Response Topic (byte 7 of PUBLISH, MQTT-3.3.2-14)'],
    ['30 04 0001 61 05', 5, 'the properties run past the packet (byte 6 of PUBLISH)'],
    ['30 08 0001 61 04 01 00 01 00', 5, 'payloadFormatIndicator twice (byte 8 of PUBLISH)'],
    [
      '10 0d 0004 4d515458 04 02 0000 0001 61',
      undefined,
      'the Protocol Name is neither MQTT nor MQIsdp (byte 2 of CONNECT, MQTT-3.1.2-1)',
    ],
    [
      '10 0d 0004 4d515454 03 02 0000 0001 61',
      undefined,
      'the Protocol Level is not one that belongs to the Protocol Name (byte 8 of CONNECT, MQTT-3.1.2-2)',
    ],
    [
      '10 0d 0004 4d515454 04 03 0000 0001 61',
      undefined,
      'the reserved Connect Flag is set (byte 9 of CONNECT, MQTT-3.1.2-3)',
    ],
    [
      '10 0d 0004 4d515454 04 22 0000 0001 61',
      undefined,
      'Will QoS or Will Retain are set without the Will Flag (byte 9 of CONNECT, MQTT-3.1.2-11)',
    ],
    [
      '10 12 0004 4d515454 04 1e 0000 0001 61 0001 77 0000',
      undefined,
      'the Will QoS is 3 (byte 9 of CONNECT, MQTT-3.1.2-14)',
    ],
    [
      '10 14 0004 4d515454 05 1e 0000 00 0001 61 00 0001 77 0000',
      undefined,
      'the Will QoS is 3 (byte 9 of CONNECT, MQTT-3.1.2-12)',
    ],
    [
      '10 10 0004 4d515454 04 42 0000 0001 61 0001 62',
      undefined,
      'there is a Password without a User Name (byte 9 of CONNECT, MQTT-3.1.2-22)',
    ],
    [
      '10 12 0004 4d515454 04 06 0000 0001 61 0001 2b 0000',
      undefined,
      'there is a wildcard in the Will Topic (byte 15 of CONNECT, MQTT-4.7.1-1)',
    ],
    [
      '10 14 0004 4d515454 05 06 0000 00 0001 61 00 0001 2b 0000',
      undefined,
      'there is a wildcard in the Will Topic (byte 17 of CONNECT, MQTT-4.7.0-1)',
    ],
    ['20 02 02 00', 4, 'reserved Connect Acknowledge Flags are set (byte 2 of CONNACK, MQTT-3.2.2-1)'],
    ['20 02 01 05', 4, 'Session Present is set in a refusal (byte 2 of CONNACK, MQTT-3.2.2-4)'],
    ['20 03 01 87 00', 5, 'Session Present is set in a refusal (byte 2 of CONNACK, MQTT-3.2.2-6)'],
    ['20 03 00 92 00', 5, 'the Reason Code may not stand here (byte 3 of CONNACK, MQTT-3.2.2-8)'],
    ['20 02 00 06', 4, 'the Reason Code may not stand here (byte 3 of CONNACK, MQTT-3.2.2-8)'],
    ['40 03 0001 92', 5, 'the Reason Code may not stand here (byte 4 of PUBACK, MQTT-3.4.2-1)'],
    ['50 03 0001 92', 5, 'the Reason Code may not stand here (byte 4 of PUBREC, MQTT-3.5.2-1)'],
    ['62 03 0001 80', 5, 'the Reason Code may not stand here (byte 4 of PUBREL, MQTT-3.6.2-1)'],
    ['70 03 0001 80', 5, 'the Reason Code may not stand here (byte 4 of PUBCOMP, MQTT-3.7.2-1)'],
    ['82 02 0001', 4, 'there is no Topic Filter (byte 4 of SUBSCRIBE, MQTT-3.8.3-3)'],
    ['82 03 0001 00', 5, 'there is no Topic Filter (byte 5 of SUBSCRIBE, MQTT-3.8.3-2)'],
    ['82 06 0001 0001 61 04', 4, 'reserved bits of the Requested QoS are set (byte 7 of SUBSCRIBE, MQTT-3.8.3-4)'],
    [
      '82 07 0001 00 0001 61 40',
      5,
      'reserved bits of the Subscription Options are set (byte 8 of SUBSCRIBE, MQTT-3.8.3-5)',
    ],
    ['82 06 0001 0001 61 03', 4, 'QoS 3 (byte 7 of SUBSCRIBE)'],
    ['82 07 0001 00 0001 61 30', 5, 'Retain Handling 3 (byte 8 of SUBSCRIBE)'],
    [
      '82 07 0001 0002 6123 00',
      4,
      'a wildcard is not alone on its level, or # is not the last (byte 4 of SUBSCRIBE, MQTT-4.7.1-2)',
    ],
    [
      '82 08 0001 00 0002 6123 00',
      5,
      'a wildcard is not alone on its level, or # is not the last (byte 5 of SUBSCRIBE, MQTT-4.7.1-1)',
    ],
    ['90 02 0001', 4, 'there is no Return Code (byte 4 of SUBACK, MQTT-3.8.4-5)'],
    ['90 03 0001 00', 5, 'there is no Reason Code (byte 5 of SUBACK, MQTT-3.8.4-6)'],
    ['90 04 0001 00 03', 5, 'the Reason Code may not stand here (byte 5 of SUBACK, MQTT-3.9.3-2)'],
    ['a2 02 0001', 4, 'there is no Topic Filter (byte 4 of UNSUBSCRIBE, MQTT-3.10.3-2)'],
    [
      'b0 04 0001 00 01',
      5,
      'there is no Reason Code, or one that may not stand here (byte 5 of UNSUBACK, MQTT-3.11.3-2)',
    ],
    ['e0 01 11', 5, 'the Reason Code may not stand here (byte 2 of DISCONNECT, MQTT-3.14.2-1)'],
    ['f0 01 11', 5, 'the Reason Code may not stand here (byte 2 of AUTH, MQTT-3.15.2-1)'],
    ['f0 02 18 00', 5, 'no method (byte 4 of AUTH)'],
  ] as const)('%s', (hex, version, expected) => {
    expect(sentence(hex, version)).toBe(expected)
  })

  it('says which limit was exceeded', () => {
    const failure = decode(bytesOf('e009000726000161000162'), 5, undefined, decodeLimits({ maximumUserProperties: 0 }))
    if (!isDecodeFailure(failure)) throw new TypeError(failure.type)
    expect(explainFailure(failure)).toBe('there are more User Properties than the limits allow (byte 5 of DISCONNECT)')
  })

  it('says how long a packet was that is too large', () => {
    const scanner = new FrameScanner({ version: 5, maximumPacketSizeBytes: 10 })
    scanner.push(bytesOf('30ff01'))
    expect(scanner.next()).toBe(false)
    expect(explainFailure(scanner.failure!)).toBe('too large, bytes: 258 (byte 1 of PUBLISH)')
  })

  it('has a sentence for every statement that a decoder can see broken', () => {
    for (const { hex, version } of BAD_VECTORS) {
      const failure = decode(bytesOf(hex), version)
      if (isDecodeFailure(failure)) expect(explainFailure(failure)).not.toMatch(/^MQTT-/)
      else expect(failure).toBeUndefined()
    }
  })
})

describe('Variable Byte Integers', () => {
  it.each([
    [0, 1],
    [127, 1],
    [128, 2],
    [16_383, 2],
    [16_384, 3],
    [2_097_151, 3],
    [2_097_152, 4],
    [268_435_455, 4],
  ])('%i takes %i bytes', (value, length) => {
    expect(variableByteIntegerLength(value)).toBe(length)
    const target = new Uint8Array(6)
    expect(writeVariableByteInteger(target, 1, value)).toBe(1 + length)
  })
})
