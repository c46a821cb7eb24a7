import { describe, expect, it } from 'vitest'
import type { Packet, PublishProperties } from '../index.ts'
import { decoded, encodedHex, hexOf, packetHex, textHex } from '../testing/hexadecimal.ts'

const invalid = expect.objectContaining({ code: 'INVALID_VALUE' })
const ill = expect.objectContaining({ code: 'INVALID_TEXT' })

describe.each([4, 5] as const)('level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const publish = (more: object): Packet => ({
    type: 'publish',
    topicName: 't',
    payload: Uint8Array.of(0x78),
    qos: 0,
    retain: false,
    dup: false,
    ...more,
  })
  const subscribe = (topicFilter: string): Packet => {
    const options = { qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
    return { type: 'subscribe', packetId: 1, subscriptions: [{ topicFilter, ...options }] }
  }

  it('[MQTT-3.3.1-2 v3.1.1 v5.0] DUP with QoS 0 is neither read nor written', () => {
    expect(decoded(packetHex('38', textHex('t'), none, '78'), version)).toBe('81 MQTT-3.3.1-2')
    expect(() => encodedHex(publish({ dup: true }), version)).toThrow(invalid)
  })

  it('[MQTT-3.3.1-4 v3.1.1 v5.0] QoS 3 is neither read nor written', () => {
    expect(decoded(packetHex('36', textHex('t'), '0001', none, '78'), version)).toBe('81 MQTT-3.3.1-4')
    expect(() => encodedHex(publish({ qos: 3, packetId: 1 }), version)).toThrow(invalid)
  })

  it('[MQTT-3.3.2-1 v3.1.1 v5.0] the Topic Name comes first, in UTF-8', () => {
    expect(encodedHex(publish({ topicName: 'ä/€', qos: 1, packetId: 7 }), version)).toBe(
      packetHex('32', '0006c3a42fe282ac', '0007', none, '78'),
    )
    expect(decoded(packetHex('30', '0002c328', none, '78'), version)).toMatch(/^81 MQTT-1\.5/)
    expect(decoded(packetHex('30', '0009', '74'), version)).toMatch(/^81/)
    expect(() => encodedHex(publish({ topicName: '\uD800' }), version)).toThrow(ill)
  })

  it('[MQTT-3.3.2-2 v3.1.1 v5.0] [MQTT-4.7.1-1 v3.1.1] [MQTT-4.7.0-1] a Topic Name with a wildcard is neither read nor written', () => {
    for (const topicName of ['#', '+', 'a/#', 'a/+/b', 'a#b']) {
      expect(decoded(packetHex('30', textHex(topicName), none, '78'), version)).toBe('81 MQTT-3.3.2-2')
      expect(() => encodedHex(publish({ topicName }), version)).toThrow(invalid)
    }
  })

  it('[MQTT-3.8.3-1 v3.1.1 v5.0] [MQTT-3.10.3-1 v3.1.1 v5.0] Topic Filters are UTF-8, one behind the other', () => {
    expect(encodedHex(subscribe('ä'), version)).toBe(packetHex('82', '0001', none, textHex('ä'), '00'))
    expect(encodedHex({ type: 'unsubscribe', packetId: 1, topicFilters: ['ä', 'b'] }, version)).toBe(
      packetHex('a2', '0001', none, textHex('ä'), textHex('b')),
    )
    expect(() => encodedHex(subscribe('\uD800'), version)).toThrow(ill)
    expect(() => encodedHex({ type: 'unsubscribe', packetId: 1, topicFilters: ['\uD800'] }, version)).toThrow(ill)
    expect(decoded(packetHex('82', '0001', none, '0002c328', '00'), version)).toMatch(/^81 MQTT-1\.5/)
    expect(decoded(packetHex('a2', '0001', none, textHex('a'), '00', textHex('b')), version)).toMatch(/^8/)
  })

  it('[MQTT-3.8.3-3 v3.1.1] [MQTT-3.8.3-2 v5.0] [MQTT-3.10.3-2 v3.1.1 v5.0] at least one filter, read and written', () => {
    expect(decoded(packetHex('82', '0001', none), version)).toBe(`82 MQTT-3.8.3-${version === 4 ? 3 : 2}`)
    expect(decoded(packetHex('a2', '0001', none), version)).toBe('82 MQTT-3.10.3-2')
    expect(() => encodedHex({ type: 'subscribe', packetId: 1, subscriptions: [] }, version)).toThrow(invalid)
    expect(() => encodedHex({ type: 'unsubscribe', packetId: 1, topicFilters: [] }, version)).toThrow(invalid)
  })

  it('[MQTT-3.8.3-4 v3.1.1] [MQTT-3.8.3-5] reserved options are neither read nor written', () => {
    for (const options of version === 4 ? [4, 8, 16, 32, 64, 128] : [64, 128])
      expect(decoded(packetHex('82', '0001', none, textHex('t'), hexOf(Uint8Array.of(options))), version)).toMatch(
        /^81 MQTT-3\.8\.3-[45]$/,
      )
    const all = { topicFilter: 't', qos: 2, noLocal: true, retainAsPublished: true, retainHandling: 2 } as const
    expect(encodedHex({ type: 'subscribe', packetId: 1, subscriptions: [all] }, version)).toBe(
      packetHex('82', '0001', none, textHex('t'), version === 4 ? '02' : '2e'),
    )
  })

  it('[MQTT-4.7.1-2 v3.1.1] [MQTT-4.7.1-1 v5.0] [MQTT-4.7.1-3] [MQTT-4.7.1-2 v5.0] misplaced wildcards are not written', () => {
    for (const topicFilter of ['a#', '#/a', 'a/#/b', 'a+', '+a', 'a/b+/c', '++'])
      expect(() => encodedHex(subscribe(topicFilter), version)).toThrow(invalid)
    for (const topicFilter of ['#', 'a/#', '+', '+/+', 'a/+/b', '/#'])
      expect(encodedHex(subscribe(topicFilter), version)).toBe(
        packetHex('82', '0001', none, textHex(topicFilter), '00'),
      )
  })
})

describe('properties of PUBLISH in 5.0', () => {
  const publish = (properties: PublishProperties): Packet => ({
    type: 'publish',
    topicName: 't',
    payload: new Uint8Array(0),
    qos: 0,
    retain: false,
    dup: false,
    properties,
  })
  const around = (property: string) =>
    packetHex('30', textHex('t'), hexOf(Uint8Array.of(property.length / 2)), property)

  it('[MQTT-3.3.2-13] [MQTT-3.3.2-19] Response Topic and Content Type are UTF-8, read and written', () => {
    expect(decoded(around('080002c328'), 5)).toBe('81 MQTT-1.5.4-1')
    expect(decoded(around('030002c328'), 5)).toBe('81 MQTT-1.5.4-1')
    expect(() => encodedHex(publish({ responseTopic: '\uD800' }), 5)).toThrow(ill)
    expect(() => encodedHex(publish({ contentType: '\uD800' }), 5)).toThrow(ill)
    expect(encodedHex(publish({ responseTopic: 'ä', contentType: '€' }), 5)).toBe(around('030003e282ac080002c3a4'))
  })

  it('[MQTT-3.3.2-14] a Response Topic with a wildcard is neither read nor written', () => {
    for (const responseTopic of ['#', '+', 'a/#', 'a/+/b']) {
      expect(decoded(around(`08${textHex(responseTopic)}`), 5)).toBe('82 MQTT-3.3.2-14')
      expect(() => encodedHex(publish({ responseTopic }), 5)).toThrow(invalid)
    }
  })

  it('[MQTT-3.3.2-8] Topic Alias 0 is neither read nor written', () => {
    expect(decoded(around('230000'), 5)).toBe('94 MQTT-3.3.2-8')
    expect(() => encodedHex(publish({ topicAlias: 0 }), 5)).toThrow(invalid)
  })
})
