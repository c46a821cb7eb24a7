import { describe, expect, it } from 'vitest'
import type { ConnectPacket } from '../index.ts'
import { decoded, encodedHex, hexOf, packetHex, textHex } from '../testing/hexadecimal.ts'

const connect = (version: 4 | 5, more: Partial<ConnectPacket> = {}): ConnectPacket => ({
  type: 'connect',
  protocolVersion: version,
  clientId: 'id',
  cleanStart: true,
  keepAliveSeconds: 0,
  ...more,
})
const will = { topicName: 'w', payload: Uint8Array.of(0x6d), qos: 0, retain: false } as const
const username = 'u'
const password = Uint8Array.of(0x70)

describe.each([4, 5] as const)('CONNECT, level %i', (version) => {
  const none = version === 5 ? '00' : ''
  /** A whole CONNECT: its flags and its payload. */
  const whole = (flags: string, ...payload: string[]) =>
    packetHex('10', textHex('MQTT'), hexOf(Uint8Array.of(version)), flags, '0000', none, ...payload)
  const id = textHex('id')
  const WILL = none + textHex('w') + textHex('m')

  it('[MQTT-3.1.2-1 v3.1.1 v5.0] begins with the name MQTT', () => {
    expect(encodedHex(connect(version), version)).toBe(whole('02', id))
    expect(encodedHex(connect(version), version).slice(4, 16)).toBe('00044d515454')
    for (const name of ['MQTX', 'mqtt', 'MQTTT', ''])
      expect(decoded(whole('02', id).replace(textHex('MQTT'), textHex(name)))).toMatch(/^8/)
  })

  it.each([
    ['[MQTT-3.1.2-9 v3.1.1 v5.0] a Will', { will }, '06', [WILL]],
    ['[MQTT-3.1.2-11 v3.1.1 v5.0] [MQTT-3.1.2-13 v3.1.1 v5.0] [MQTT-3.1.2-15 v3.1.1] no Will', {}, '02', []],
    [
      '[MQTT-3.1.2-18 v3.1.1] [MQTT-3.1.2-16 v5.0] [MQTT-3.1.2-20 v3.1.1] [MQTT-3.1.2-18 v5.0] no User Name, no Password',
      {},
      '02',
      [],
    ],
    ['[MQTT-3.1.2-19 v3.1.1] [MQTT-3.1.2-17 v5.0] a User Name', { username }, '82', [textHex('u')]],
    [
      '[MQTT-3.1.2-21 v3.1.1] [MQTT-3.1.2-19 v5.0] a Password',
      { username, password },
      'c2',
      [textHex('u'), textHex('p')],
    ],
    [
      '[MQTT-3.1.3-1 v3.1.1 v5.0] [MQTT-3.1.3-3 v3.1.1 v5.0] everything, in order',
      { will, username, password },
      'c6',
      [WILL, textHex('u'), textHex('p')],
    ],
    ['a Will of QoS 2 that is retained', { will: { ...will, qos: 2, retain: true } }, '36', [WILL]],
    ['CleanSession 0', { cleanStart: false }, '00', []],
  ] as const)('%s: exactly these bytes, and they are read so', (_title, more, flags, payload) => {
    const packet = connect(version, more)
    expect(encodedHex(packet, version)).toBe(whole(flags, id, ...payload))
    expect(decoded(whole(flags, id, ...payload))).toMatchObject(more)
  })

  it.each([
    ['[MQTT-3.1.2-9 v3.1.1 v5.0] a Will that is missing', '06', []],
    ['[MQTT-3.1.2-9 v3.1.1 v5.0] a Will Payload that is missing', '06', [none, textHex('w')]],
    ['[MQTT-3.1.2-11 v3.1.1] a Will without its flag', '02', [WILL]],
    ['[MQTT-3.1.2-11 v3.1.1 v5.0] [MQTT-3.1.2-13 v3.1.1] Will QoS 1 without a Will', '0a', []],
    ['[MQTT-3.1.2-11 v3.1.1 v5.0] [MQTT-3.1.2-13 v3.1.1] Will QoS 2 without a Will', '12', []],
    ['[MQTT-3.1.2-15 v3.1.1] [MQTT-3.1.2-13 v5.0] Will Retain without a Will', '22', []],
    ['[MQTT-3.1.2-14 v3.1.1] [MQTT-3.1.2-12 v5.0] Will QoS 3', '1e', [WILL]],
    ['[MQTT-3.1.2-18 v3.1.1] [MQTT-3.1.2-16 v5.0] a User Name without its flag', '02', [textHex('u')]],
    ['[MQTT-3.1.2-19 v3.1.1] [MQTT-3.1.2-17 v5.0] a User Name that is missing', '82', []],
    ['[MQTT-3.1.2-20 v3.1.1] [MQTT-3.1.2-18 v5.0] a Password without its flag', '82', [textHex('u'), textHex('p')]],
    ['[MQTT-3.1.2-21 v3.1.1] [MQTT-3.1.2-19 v5.0] a Password that is missing', 'c2', [textHex('u')]],
  ])('%s is malformed', (_title, flags, payload) => {
    expect(decoded(whole(flags, id, ...payload))).toMatch(/^81/)
  })

  it('[MQTT-3.1.2-14 v3.1.1] [MQTT-3.1.2-12 v5.0] Will QoS 3 is not written', () => {
    const three = connect(version, { will: { ...will, qos: 3 as 2 } })
    expect(() => encodedHex(three, version)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
  })

  it('[MQTT-3.1.3-3 v3.1.1 v5.0] a Client Identifier that is missing is malformed', () => {
    expect(decoded(whole('02'))).toMatch(/^81/)
  })

  it.each([
    ['[MQTT-3.1.3-4 v3.1.1 v5.0] the Client Identifier', '02', ['0002c328'], { clientId: '\uD800' }],
    [
      '[MQTT-3.1.3-10 v3.1.1] [MQTT-3.1.3-11 v5.0] the Will Topic',
      '06',
      [id, none, '0002c328', '0000'],
      { will: { ...will, topicName: '\uD800' } },
    ],
    ['[MQTT-3.1.3-11 v3.1.1] [MQTT-3.1.3-12] the User Name', '82', [id, '0002c328'], { username: '\uD800' }],
  ])('%s is UTF-8, read and written', (_title, flags, payload, more) => {
    expect(decoded(whole(flags, ...payload))).toMatch(/^81 MQTT-1\.5/)
    expect(() => encodedHex(connect(version, more), version)).toThrow(expect.objectContaining({ code: 'INVALID_TEXT' }))
  })
})

describe('CONNECT in 3.1.1', () => {
  it('[MQTT-3.1.2-22 v3.1.1] a Password without a User Name is neither read nor written', () => {
    expect(decoded('1010 0004 4d515454 04 42 0000 0001 61 0001 70')).toBe('81 MQTT-3.1.2-22')
    expect(() => encodedHex(connect(4, { password }), 4)).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE', message: 'MQTT-3.1.2-22' }),
    )
  })
})
