import { describe, expect, it } from 'vitest'
import { isReasonCodeOf, PacketType, type Packet } from '../index.ts'
import { decoded, encodedHex, hexOf, packetHex, refusal, textHex } from '../testing/hexadecimal.ts'

const BOTH = [4, 5] as const
/** A packet of each type, and the first byte that it must have. */
const PACKETS = (version: 4 | 5): readonly [Packet, string][] => {
  const reason = { packetId: 1, reasonCode: 0 }
  const codes = { packetId: 1, reasonCodes: [0] }
  const option = { topicFilter: 't', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
  return [
    [{ type: 'connect', protocolVersion: version, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 }, '10'],
    [{ type: 'connack', sessionPresent: false, reasonCode: 0 }, '20'],
    [{ type: 'puback', ...reason }, '40'],
    [{ type: 'pubrec', ...reason }, '50'],
    [{ type: 'pubrel', ...reason }, '62'],
    [{ type: 'pubcomp', ...reason }, '70'],
    [{ type: 'subscribe', packetId: 1, subscriptions: [option] }, '82'],
    [{ type: 'suback', ...codes }, '90'],
    [{ type: 'unsubscribe', packetId: 1, topicFilters: ['t'] }, 'a2'],
    [{ type: 'unsuback', ...codes }, 'b0'],
    [{ type: 'pingreq' }, 'c0'],
    [{ type: 'pingresp' }, 'd0'],
    [{ type: 'disconnect', reasonCode: 0 }, 'e0'],
    ...(version === 5 ? ([[{ type: 'auth', reasonCode: 0 }, 'f0']] as [Packet, string][]) : []),
  ]
}

describe.each(BOTH)('the fixed header, level %i', (version) => {
  it('[MQTT-2.2.2-1 v3.1.1] [MQTT-2.1.3-1] [MQTT-3.6.1-1 v3.1.1 v5.0] [MQTT-3.8.1-1 v3.1.1 v5.0] [MQTT-3.10.1-1 v3.1.1 v5.0] [MQTT-3.14.1-1 v5.0] [MQTT-3.15.1-1] flags are written as the specification lists them', () => {
    for (const [packet, firstByte] of PACKETS(version))
      expect([packet.type, encodedHex(packet, version).slice(0, 2)]).toEqual([packet.type, firstByte])
  })

  it('[MQTT-2.2.2-2] [MQTT-2.1.3-1] [MQTT-3.6.1-1 v3.1.1 v5.0] [MQTT-3.8.1-1 v3.1.1 v5.0] [MQTT-3.10.1-1 v3.1.1 v5.0] [MQTT-3.14.1-1 v5.0] [MQTT-3.15.1-1] any other flags are malformed', () => {
    for (const [packet] of PACKETS(version)) {
      const whole = encodedHex(packet, version)
      for (let flags = 0; flags < 16; flags++) {
        const changed = whole[0] + flags.toString(16) + whole.slice(2)
        const known = packet.type === 'connect' ? undefined : version
        if (changed === whole) expect(decoded(changed, known)).toMatchObject({ type: packet.type })
        else expect([packet.type, flags, refusal(changed, known)]).toEqual([packet.type, flags, '81'])
      }
    }
  })

  it('[MQTT-2.3.1-1] [MQTT-2.2.1-3] Packet Identifier 0 is neither read nor written', () => {
    for (const [packet] of PACKETS(version)) {
      if (!('packetId' in packet)) continue
      const whole = encodedHex(packet, version)
      expect([packet.type, decoded(`${whole.slice(0, 4)}0000${whole.slice(8)}`, version)]).toEqual([
        packet.type,
        expect.stringMatching(/^8[12]/),
      ])
      for (const packetId of [0, 65_536, -1, 1.5])
        expect(() => encodedHex({ ...packet, packetId }, version)).toThrow(
          expect.objectContaining({ code: 'INVALID_VALUE' }),
        )
    }
  })

  it('[MQTT-2.3.1-5] [MQTT-2.2.1-2] a PUBLISH has a Packet Identifier exactly above QoS 0', () => {
    const none = version === 5 ? '00' : ''
    const publish = {
      type: 'publish',
      topicName: 't',
      payload: Uint8Array.of(0x78),
      retain: false,
      dup: false,
    } as const
    expect(encodedHex({ ...publish, qos: 0 }, version)).toBe(packetHex('30', textHex('t'), none, '78'))
    expect(encodedHex({ ...publish, qos: 1, packetId: 1 }, version)).toBe(
      packetHex('32', textHex('t'), '0001', none, '78'),
    )
    expect(() => encodedHex({ ...publish, qos: 0, packetId: 1 }, version)).toThrow(
      expect.objectContaining({ code: 'INVALID_VALUE' }),
    )
  })
})

describe('Property Length', () => {
  it('[MQTT-2.2.2-1 v5.0] is 0 where there are no properties and something follows, and may not be left out', () => {
    for (const [packet] of PACKETS(5)) {
      const whole = encodedHex(packet, 5)
      if (!['connect', 'connack', 'subscribe', 'suback', 'unsubscribe', 'unsuback'].includes(packet.type)) continue
      const at = { connect: 24, connack: 8, subscribe: 8, suback: 8, unsubscribe: 8, unsuback: 8 }[
        packet.type as 'connect'
      ]
      expect([packet.type, whole.slice(at, at + 2)]).toEqual([packet.type, '00'])
    }
    expect(decoded(packetHex('20', '0000'), 5)).toMatch(/^81/)
    expect(decoded(packetHex('30', textHex('t')), 5)).toMatch(/^81/)
  })
})

describe('Reason Codes', () => {
  const withReason = (type: Packet['type'], reasonCode: number): Packet =>
    type === 'suback' || type === 'unsuback'
      ? { type, packetId: 1, reasonCodes: [reasonCode] }
      : type === 'connack'
        ? { type, sessionPresent: false, reasonCode }
        : type === 'auth'
          ? { type, reasonCode, properties: { authenticationMethod: 'M' } }
          : type === 'disconnect'
            ? { type, reasonCode }
            : { type: type as 'puback', packetId: 1, reasonCode }
  /** The tables of the specification, as lists. */
  const LISTED = {
    connack: [
      0x00, 0x80, 0x81, 0x82, 0x83, 0x84, 0x85, 0x86, 0x87, 0x88, 0x89, 0x8a, 0x8c, 0x90, 0x95, 0x97, 0x99, 0x9a, 0x9b,
      0x9c, 0x9d, 0x9f,
    ],
    puback: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
    pubrec: [0x00, 0x10, 0x80, 0x83, 0x87, 0x90, 0x91, 0x97, 0x99],
    pubrel: [0x00, 0x92],
    pubcomp: [0x00, 0x92],
    suback: [0x00, 0x01, 0x02, 0x80, 0x83, 0x87, 0x8f, 0x91, 0x97, 0x9e, 0xa1, 0xa2],
    unsuback: [0x00, 0x11, 0x80, 0x83, 0x87, 0x8f, 0x91],
    disconnect: [
      0x00, 0x04, 0x80, 0x81, 0x82, 0x83, 0x87, 0x89, 0x8b, 0x8c, 0x8d, 0x8e, 0x8f, 0x90, 0x93, 0x94, 0x95, 0x96, 0x97,
      0x98, 0x99, 0x9a, 0x9b, 0x9c, 0x9d, 0x9e, 0x9f, 0xa0, 0xa1, 0xa2,
    ],
    auth: [0x00, 0x18, 0x19],
  } as const

  it.each([
    ['connack', '[MQTT-3.2.2-8]'],
    ['puback', '[MQTT-3.4.2-1]'],
    ['pubrec', '[MQTT-3.5.2-1]'],
    ['pubrel', '[MQTT-3.6.2-1]'],
    ['pubcomp', '[MQTT-3.7.2-1]'],
    ['suback', '[MQTT-3.9.3-2 v5.0]'],
    ['unsuback', '[MQTT-3.11.3-2]'],
    ['disconnect', '[MQTT-3.14.2-1]'],
    ['auth', '[MQTT-3.15.2-1]'],
  ] as const)('in %s only those of its table are read and written %s', (type, _statement) => {
    const listed: readonly number[] = LISTED[type]
    for (let code = 0; code < 256; code++) {
      const packet = withReason(type, code)
      expect(isReasonCodeOf(PacketType[type], code)).toBe(listed.includes(code))
      const method = `0415${textHex('M')}`
      const around = {
        connack: ['20', '00', '', '00'],
        suback: ['90', '0001', '00', ''],
        unsuback: ['b0', '0001', '00', ''],
        disconnect: ['e0', '', '', ''],
        auth: ['f0', '', '', method],
        puback: ['40', '0001', '', ''],
        pubrec: ['50', '0001', '', ''],
        pubrel: ['62', '0001', '', ''],
        pubcomp: ['70', '0001', '', ''],
      }[type]
      const [first = '', before = '', properties = '', behind = ''] = around
      const whole = packetHex(first, before, properties, hexOf(Uint8Array.of(code)), behind)
      if (listed.includes(code)) {
        expect(decoded(whole, 5)).toMatchObject({ type })
        expect(decoded(encodedHex(packet, 5), 5)).toMatchObject({ type })
      } else {
        expect([code, refusal(whole, 5)]).toEqual([code, '81'])
        expect(() => encodedHex(packet, 5)).toThrow(expect.objectContaining({ code: 'INVALID_VALUE' }))
      }
    }
  })

  it('[MQTT-3.9.3-2 v3.1.1] a SUBACK of 3.1.1 has 0, 1, 2 and 0x80 only', () => {
    for (let code = 0; code < 256; code++) {
      const suback = packetHex('90', '0001', hexOf(Uint8Array.of(code)))
      if ([0, 1, 2, 0x80].includes(code)) expect(decoded(suback, 4)).toMatchObject({ reasonCodes: [code] })
      else expect([code, refusal(suback, 4)]).toEqual([code, '81'])
    }
    expect(encodedHex({ type: 'suback', packetId: 1, reasonCodes: [2, 0x87] }, 4)).toBe('900400010280')
  })
})
