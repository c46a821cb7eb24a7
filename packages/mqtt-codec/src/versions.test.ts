import { describe, expect, it } from 'vitest'
import { packetReader } from './client.ts'
import {
  decode,
  decodeLimits,
  encode,
  EncodeError,
  FrameScanner,
  isDecodeFailure,
  StreamDecoder,
  type Packet,
} from './index.ts'
import { PublishFrame, readPublishFrame } from './relay.ts'
import { bytesOfHex, decoded, encodedHex } from './testing/hexadecimal.ts'

describe('what one version does otherwise', () => {
  it('[MQTT-3.2.2-6 v5.0] Session Present is written neither in 3.1 nor beside a refusal', () => {
    const connack = (reasonCode: number): Packet => ({ type: 'connack', sessionPresent: true, reasonCode })
    expect(([3, 4, 5] as const).map((version) => encodedHex(connack(0), version))).toEqual([
      '20020000',
      '20020100',
      '2003010000',
    ])
    expect(([3, 4, 5] as const).map((version) => encodedHex(connack(0x87), version))).toEqual([
      '20020005',
      '20020005',
      '2003008700',
    ])
  })

  it('the first byte of a CONNACK means nothing in 3.1, and may be nothing but Session Present since', () => {
    for (const flags of ['00', '01', 'ff'])
      expect(decoded(`2002${flags}00`, 3)).toMatchObject({ sessionPresent: false, reasonCode: 0 })
    expect(decoded('20020100', 4)).toMatchObject({ sessionPresent: true })
    expect(decoded('20020300', 4)).toBe('81 MQTT-3.2.2-1')
    expect(decoded('20020006', 3)).toBe('81 MQTT-3.2.2-8')
  })

  it('a CONNECT of 3.1 may end where its flags promise a User Name or a Password, one of 3.1.1 may not', () => {
    const older = '10 0f 0006 4d5149736470 03 c2 0000 0001 61'
    expect(decoded(older)).toEqual({
      type: 'connect',
      protocolVersion: 3,
      clientId: 'a',
      cleanStart: true,
      keepAliveSeconds: 0,
    })
    const named = decoded('10 12 0006 4d5149736470 03 c2 0000 0001 61 0001 75')
    expect(named).toMatchObject({ username: 'u' })
    expect(named).not.toHaveProperty('password')
    expect(decoded('10 11 0006 4d5149736470 03 c2 0000 0001 61 0001')).toBe('81')
    expect(decoded('10 0d 0004 4d515454 04 c2 0000 0001 61')).toBe('81')
  })

  it.each([4, 5] as const)(
    'a Remaining Length in more bytes than it needs ends a stream of 5.0 alone: %i',
    (version) => {
      const bytes = bytesOfHex('30 83 00 0001 61')
      const types: string[] = []
      const failure = packetReader(version, 1_000)(bytes, ({ type }) => types.push(type))
      expect([types, failure]).toEqual(
        version === 4
          ? [['publish'], undefined]
          : [[], { reasonCode: 0x81, offset: 2, message: 'too many bytes of a length' }],
      )
    },
  )
})

describe('what may not be empty, or stand alone', () => {
  it('a Topic Filter, a Will Topic', () => {
    expect(decoded('82 05 0001 0000 00', 4)).toBe('81 MQTT-4.7.3-1')
    expect(decoded('82 06 0001 00 0000 00', 5)).toBe('81 MQTT-4.7.3-1')
    expect(decoded('10 11 0004 4d515454 04 06 0000 0001 61 0000 0000')).toBe('81 MQTT-4.7.3-1')
  })

  it.each<[string, Packet]>([
    ['0x18', { type: 'auth', reasonCode: 0x18 }],
    ['0x18 with other properties', { type: 'auth', reasonCode: 0x18, properties: { reasonString: 'r' } }],
    ['0x00 with other properties', { type: 'auth', reasonCode: 0, properties: { reasonString: 'r' } }],
  ])('AUTH with %s has its Authentication Method', (_title, packet) => {
    expect(() => encode(packet, 5)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE', message: 'no method' }))
  })

  it('an empty AUTH is Success', () => {
    expect(encodedHex({ type: 'auth', reasonCode: 0 }, 5)).toBe('f000')
    expect(decoded('f000', 5)).toEqual({ type: 'auth', reasonCode: 0 })
  })
})

describe('what a failure tells', () => {
  it('which limit was exceeded, and what no limit was told is not limited', () => {
    const properties = { userProperties: [['\u0001', 'b']] as const }
    const bytes = encode(
      {
        type: 'publish',
        topicName: '\u0001',
        payload: new Uint8Array(0),
        qos: 0,
        retain: false,
        dup: false,
        properties,
      },
      5,
    )
    const limited = (limits: Parameters<typeof decodeLimits>[0]) => decode(bytes, 5, undefined, decodeLimits(limits))
    expect(limited({ maximumUserProperties: 0 })).toMatchObject({ failed: true, limit: 'maximumUserProperties' })
    expect(limited({ maximumUserPropertyBytes: 1 })).toMatchObject({ failed: true, limit: 'maximumUserPropertyBytes' })
    expect(limited({})).toMatchObject({ type: 'publish' })
    const refused = limited({ allowControlCharacters: false })
    expect(refused).toMatchObject({ failed: true, message: 'control character' })
    expect(refused).not.toHaveProperty('limit')
  })

  it('the byte of the packet, also where other packets stand before it', () => {
    const before = 'd000 d000 d000'
    for (const [hex, offset, message] of [
      ['c0 80 00', 2, 'MQTT-1.5.5-1'],
      ['30 ff ff ff ff', 4, 'too long'],
      ['30 05 0001 61 7f 00', 6, 'run past'],
      ['30 04 0001 ff 00', 4, 'MQTT-1.5.4-1'],
      ['40 03 0001 92', 4, 'MQTT-3.4.2-1'],
    ] as const) {
      const decoder = new StreamDecoder({ version: 5 })
      const failure = decoder.push(bytesOfHex(before + hex), () => {})
      expect([hex, failure?.offset, failure?.message]).toEqual([hex, offset, message])
    }
  })

  it('the type of what was cut off, and that nothing was there', () => {
    expect(decode(Uint8Array.of(0x30, 5), 5)).toMatchObject({ packetType: 3, message: 'cut off', offset: 2 })
    expect(decode(new Uint8Array(0), 5)).toMatchObject({ packetType: 0, message: 'cut off', offset: 0 })
  })

  it('a size beyond the maximum, in bytes', () => {
    const failure = packetReader(5, 100)(bytesOfHex('d000 30ff01'), () => {})
    expect(failure).toEqual({ reasonCode: 0x95, offset: 1, message: '258 bytes' })
  })

  it('an EncodeError is known across copies of the package, and says what did not fit', () => {
    expect(EncodeError.isInstance({ [Symbol.for('godwit.mqtt-codec.EncodeError')]: true })).toBe(true)
    const keepAlive = {
      type: 'connect',
      protocolVersion: 4,
      clientId: '',
      cleanStart: true,
      keepAliveSeconds: 65_536,
    } as const
    expect(() => encode(keepAlive, 4)).toThrow('out of range')
  })
})

describe('a PUBLISH in place', () => {
  const read = (hex: string): PublishFrame => {
    const frame = new PublishFrame()
    const bytes = bytesOfHex(hex)
    const failure = readPublishFrame(frame, bytes, 0, 2, bytes.length, 5)
    if (failure !== undefined) throw new TypeError(failure.message)
    return frame
  }

  it('knows where the first of several Subscription Identifiers stands, and -1 where there is none', () => {
    expect(read('30 0a 0001 61 05 0b 8001 0b 05 ff00').subscriptionIdentifierAt).toBe(7)
    expect(read('30 04 0001 61 00').subscriptionIdentifierAt).toBe(-1)
  })

  it.each([
    ['a Message Expiry Interval', '30 0a 0001 61 04 02 000000 3c ff'],
    ['a Payload Format Indicator', '30 06 0001 61 01 01 00'],
    ['a Topic Alias', '30 07 0001 61 02 23 00 01'],
    ['a Subscription Identifier', '30 07 0001 61 02 0b 80 01'],
    ['a Content Type', '30 08 0001 61 03 03 0001 61'],
    ['the name of a User Property', '30 0b 0001 61 03 26 0001 61 0001 62'],
    ['the value of a User Property', '30 0b 0001 61 06 26 0001 61 0001 62'],
    ['the length of a value', '30 0a 0001 61 05 26 0001 61 00 00'],
  ])('hostile #31: %s that goes on behind the properties is cut off, in place as decoded', (_title, hex) => {
    const bytes = bytesOfHex(hex)
    const failure = readPublishFrame(new PublishFrame(), bytes, 0, 2, bytes.length, 5)
    expect(failure).toMatchObject({ kind: 'malformed-packet' })
    const whole = decode(bytes, 5)
    expect(isDecodeFailure(whole) && whole.kind).toBe('malformed-packet')
  })

  it('hostile #8: a scanner that failed says no packet any more, and a sink that throws loses none', () => {
    const scanner = new FrameScanner({ version: 5 })
    scanner.push(bytesOfHex('c100'))
    expect([scanner.next(), scanner.next()]).toEqual([false, false])
    scanner.push(bytesOfHex('c000'))
    expect([scanner.next(), scanner.unread, scanner.nextFirstByte]).toEqual([false, false, -1])
    const decoder = new StreamDecoder({ version: 5 })
    const chunk = bytesOfHex('c000 d000')
    const fails = () => {
      throw new RangeError('by the sink')
    }
    expect(() => decoder.push(chunk, fails)).toThrow('by the sink')
    chunk.fill(0xff)
    const types: string[] = []
    decoder.push(new Uint8Array(0), ({ type }) => types.push(type))
    expect(types).toEqual(['pingresp'])
  })
})
