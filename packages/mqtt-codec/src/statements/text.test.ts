import { describe, expect, it } from 'vitest'
import { encode, type Packet } from '../index.ts'
import { decoded, encodedHex, hexOf, packetHex, textHex } from '../testing/hexadecimal.ts'

const sized = (bytes: string): string => hexOf(Uint8Array.of(bytes.length >> 9, (bytes.length >> 1) & 0xff)) + bytes
/** A packet for each text field of each version, around the bytes of a string. */
const FIELDS: readonly [name: string, version: 4 | 5 | undefined, around: (text: string) => string][] = [
  ['Client Identifier, 3.1.1', undefined, (text) => packetHex('10', '00044d51545404020000', text)],
  ['Client Identifier, 5.0', undefined, (text) => packetHex('10', '00044d5154540502000000', text)],
  ['Will Topic, 3.1.1', undefined, (text) => packetHex('10', '00044d51545404060000', textHex('a'), text, '0000')],
  ['User Name, 3.1.1', undefined, (text) => packetHex('10', '00044d51545404820000', textHex('a'), text)],
  ['User Name, 5.0', undefined, (text) => packetHex('10', '00044d5154540582000000', textHex('a'), text)],
  ['Topic Name, 3.1.1', 4, (text) => packetHex('30', text)],
  ['Topic Name, 5.0', 5, (text) => packetHex('30', text, '00')],
  ['Topic Filter, 3.1.1', 4, (text) => packetHex('82', '0001', text, '00')],
  ['Topic Filter, 5.0', 5, (text) => packetHex('82', '000100', text, '00')],
  ['Topic Filter of UNSUBSCRIBE, 3.1.1', 4, (text) => packetHex('a2', '0001', text)],
  ['Topic Filter of UNSUBSCRIBE, 5.0', 5, (text) => packetHex('a2', '000100', text)],
  ['Reason String, 5.0', 5, (text) => packetHex('e0', '00', property('1f', text))],
  ['Content Type, 5.0', 5, (text) => packetHex('30', textHex('t'), property('03', text))],
  ['name of a User Property, 5.0', 5, (text) => packetHex('e0', '00', property('26', text + textHex('v')))],
  ['value of a User Property, 5.0', 5, (text) => packetHex('e0', '00', property('26', textHex('k') + text))],
]
const property = (identifier: string, value: string): string =>
  hexOf(Uint8Array.of(value.length / 2 + 1)) + identifier + value

describe.each(FIELDS)('%s', (_name, version, around) => {
  it.each([
    ['a surrogate', 'eda080'],
    ['a pair of surrogates', 'eda080edb080'],
    ['the last surrogate', 'edbfbf'],
    ['an overlong slash', 'c0af'],
    ['above U+10FFFF', 'f4908080'],
    ['a lone continuation', '80'],
    ['cut off', 'e282'],
    ['not a byte of UTF-8', 'ff'],
  ])('[MQTT-1.5.3-1] [MQTT-1.5.4-1] [MQTT-1.5.7-1] refuses %s', (_title, bytes) => {
    expect(decoded(around(sized(bytes)), version)).toMatch(/^81 MQTT-1\.5\.(3|4)-1$/)
    expect(decoded(around(sized(`61${bytes}62`)), version)).toMatch(/^81 MQTT-1\.5\.(3|4)-1$/)
  })

  it('[MQTT-1.5.3-2] [MQTT-1.5.4-2] [MQTT-1.5.7-1] refuses U+0000, wherever it stands', () => {
    for (const bytes of ['00', '6100', '0061', '61006262'])
      expect(decoded(around(sized(bytes)), version)).toMatch(/^81 MQTT-1\.5\.(3|4)-2$/)
  })

  it('[MQTT-1.5.3-3] [MQTT-1.5.4-3] keeps EF BB BF as a character, at the start as anywhere', () => {
    for (const text of ['\uFEFF', '\uFEFFa', 'a\uFEFF', '\uFEFF\uFEFF']) {
      const packet = decoded(around(textHex(text)), version)
      expect(JSON.stringify(packet)).toContain(JSON.stringify(text).slice(1, -1))
    }
  })
})

describe('encoding text', () => {
  const publish = (topicName: string): Packet => ({
    type: 'publish',
    topicName,
    payload: new Uint8Array(0),
    qos: 0,
    retain: false,
    dup: false,
  })
  const bad: Packet[] = [
    { type: 'connect', protocolVersion: 5, clientId: '\uD800', cleanStart: true, keepAliveSeconds: 0 },
    { type: 'connect', protocolVersion: 5, clientId: 'a', username: '\uDC00', cleanStart: true, keepAliveSeconds: 0 },
    publish('\uDFFF'),
    publish('a\uD800b'),
    { type: 'unsubscribe', packetId: 1, topicFilters: ['\uD800'] },
    { type: 'disconnect', reasonCode: 0, properties: { reasonString: '\uD800' } },
    { type: 'disconnect', reasonCode: 0, properties: { userProperties: [['\uD800', 'v']] } },
    { type: 'disconnect', reasonCode: 0, properties: { userProperties: [['k', '\uDC00']] } },
  ]

  it('[MQTT-1.5.3-1] [MQTT-1.5.4-1] [MQTT-1.5.7-1] half of a surrogate pair is never sent', () => {
    for (const packet of bad)
      expect(() => encodedHex(packet, 5)).toThrow(expect.objectContaining({ code: 'INVALID_TEXT' }))
  })

  it('[MQTT-1.5.3-2] [MQTT-1.5.4-2] [MQTT-1.5.7-1] U+0000 is never sent', () => {
    const replaced = JSON.parse(JSON.stringify(bad).replaceAll(/\\ud[89a-f]../gi, '\\u0000')) as Packet[]
    for (const packet of replaced)
      expect(() => encodedHex(packet, 5)).toThrow(expect.objectContaining({ code: 'INVALID_TEXT' }))
  })

  it('[MQTT-1.5.3-3] [MQTT-1.5.4-3] U+FEFF is EF BB BF', () => {
    expect(encodedHex(publish('\uFEFFa'), 4)).toBe('30060004efbbbf61')
    expect(encodedHex(publish('\uFEFFa'), 5)).toBe('30070004efbbbf6100')
  })
})

describe('Variable Byte Integers', () => {
  it.each([
    ['Remaining Length', 'c08000'],
    ['Remaining Length in four bytes', 'c080808000'],
    ['Property Length', packetHex('e0', '00', '8000')],
    ['Subscription Identifier', packetHex('82', '0001', '030b8100', textHex('t'), '00')],
  ])('[MQTT-1.5.5-1] %s in more bytes than it needs is refused', (_title, hex) => {
    expect(decoded(hex, 5)).toBe('81 MQTT-1.5.5-1')
  })

  it.each([
    [0, '00'],
    [127, '7f'],
    [128, '8001'],
    [16_383, 'ff7f'],
    [16_384, '808001'],
    [2_097_151, 'ffff7f'],
    [2_097_152, '80808001'],
  ])('[MQTT-1.5.5-1] %i is written in the fewest bytes', (length, hex) => {
    const empty = { type: 'publish', topicName: 't', qos: 0, retain: false, dup: false } as const
    if (length === 0) return expect(encodedHex({ type: 'pingreq' }, 5)).toBe(`c0${hex}`)
    const whole = encode({ ...empty, payload: new Uint8Array(length - 4) }, 5)
    return expect(hexOf(whole.subarray(0, 1 + hex.length / 2 + 3))).toBe(`30${hex}000174`)
  })
})
