import { isReasonCodeOf, PacketType } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, hex, join, packet, seen, text } from '../../testing/wire.ts'

const codes = Array.from({ length: 256 }, (_, code) => code)

describe('PUBACK, PUBREC, PUBREL, PUBCOMP in 5.0 (§3.4 to §3.7)', () => {
  it.each([
    { type: 'puback', first: '40', qos: 1, statement: '[MQTT-3.4.2-1]' },
    { type: 'pubrec', first: '50', qos: 2, statement: '[MQTT-3.5.2-1]' },
    { type: 'pubcomp', first: '70', qos: 2, statement: '[MQTT-3.7.2-1]' },
    { type: 'pubrel', first: '62', qos: 2, statement: '[MQTT-3.6.2-1]' },
  ] as const)('$statement a code that may not stand in $type ends the connection', ({ type, first, qos }) => {
    const broker = new VirtualBroker()
    for (const code of codes) {
      const client = join(broker, 's').send(subscribeTo('t', { qos }))
      join(broker, 'p').send(message('t', 'x', { qos, packetId: 1 }))
      if (type === 'pubcomp') client.send('50020001')
      client.received()
      client.send(packet(first, '0001', hex(code)))
      const legal = isReasonCodeOf(PacketType[type], code)
      expect([code, client.closed]).toEqual([code, !legal])
      if (!legal) expect(seen(client)).toEqual(['disconnect 81'])
    }
  })

  it.each([
    { statement: '[MQTT-3.4.2-1]', qos: 1, type: PacketType.puback },
    { statement: '[MQTT-3.5.2-1]', qos: 2, type: PacketType.pubrec },
  ] as const)('$statement of ours, too: only codes that may stand there, whatever a hook says', ({ qos, type }) => {
    const sent = codes.map((code) => {
      const broker = new VirtualBroker({ interceptors: [{ name: 'no', publish: () => ({ reasonCode: code }) }] })
      const [answer] = join(broker, 'p')
        .send(message('t', 'x', { qos, packetId: 1 }))
        .received()
      return answer !== undefined && 'reasonCode' in answer ? answer.reasonCode : -1
    })
    expect(sent.filter((code) => code < 0x80 || !isReasonCodeOf(type, code))).toEqual([])
    expect(sent[0x97]).toBe(0x97)
  })

  it('[MQTT-3.6.1-1 v3.1.1 v5.0] [MQTT-2.2.2-1 v3.1.1] [MQTT-2.2.2-2] [MQTT-2.1.3-1] PUBREL with other flags ends the connection', () => {
    for (const version of BOTH) {
      for (const flags of codes.slice(0, 16).filter((each) => each !== 2)) {
        const client = join(new VirtualBroker(), 'p', { version }).send(`6${flags.toString(16)}020001`)
        expect([flags, client.closed, ...seen(client)]).toEqual(
          version === 5 ? [flags, true, 'disconnect 81'] : [flags, true],
        )
      }
    }
  })

  it('[MQTT-2.2.2-1 v3.1.1] [MQTT-2.2.2-2] [MQTT-2.1.3-1] so does any other packet with flags that it does not have', () => {
    for (const version of BOTH) {
      for (const bytes of ['c1', 'c2', 'c4', 'c8', '41', '52', '78', 'f1', '00', '0f'].map((first) => `${first}00`)) {
        const client = join(new VirtualBroker(), 'p', { version }).send(bytes)
        expect([bytes, client.closed, ...seen(client)]).toEqual(
          version === 5 ? [bytes, true, 'disconnect 81'] : [bytes, true],
        )
      }
    }
  })

  it('[MQTT-2.2.2-1 v5.0] no properties are one byte 0 where more follows: in each packet of ours', () => {
    const limits = { receiveMaximum: 65_535, topicAliasMaximum: 0, maximumPacketSizeBytes: 268_435_460 }
    const client = new VirtualBroker({ limits }).connect('a')
    client.send(subscribeTo('t', { qos: 1 })).send(message('t', 'x', { qos: 1, packetId: 1 }))
    client.send({ type: 'unsubscribe', packetId: 2, topicFilters: ['t'] })
    expect(client.receivedHex()).toBe(
      packet('20', '0000', '00') +
        packet('90', '0001', '00', '01') +
        packet('32', text('t'), '0001', '00', '78') +
        packet('40', '0001') +
        packet('b0', '0002', '00', '00'),
    )
  })

  it('[MQTT-2.2.2-1 v5.0] a packet without its Property Length ends the connection', () => {
    for (const bytes of [packet('82', '0001'), packet('a2', '0001'), packet('30', text('t'))]) {
      const client = join(new VirtualBroker(), 'p').send(bytes)
      expect([client.closed, ...seen(client)]).toEqual([true, 'disconnect 81'])
    }
  })
})

describe('what does not fit (Maximum Packet Size)', () => {
  const refusal = { reasonCode: 0x97, reasonString: 'r'.repeat(60), userProperties: [['k', 'v'.repeat(60)]] as const }
  const interceptors = [{ name: 'no', publish: () => refusal, subscribe: () => refusal }]

  /** A Client that wants to know why, and takes packets of that size. */
  const asking = (maximumPacketSizeBytes: number) =>
    join(new VirtualBroker({ interceptors }), 'a', {
      properties: { maximumPacketSizeBytes, requestProblemInformation: true },
    })
  const publish = (qos: 1 | 2) => message('t', 'x', { qos, packetId: 1 })

  it('[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] PUBACK and PUBREC leave out Reason String and User Properties', () => {
    const { reasonString, userProperties } = refusal
    for (const qos of [1, 2] as const) {
      expect(asking(200).send(publish(qos)).received()).toMatchObject([
        { properties: { reasonString, userProperties } },
      ])
      // CONNACK takes 16 bytes, so a smaller maximum cannot be tried here.
      expect(asking(16).send(publish(qos)).receivedHex()).toBe(qos === 1 ? '4003000197' : '5003000197')
    }
  })

  it('[MQTT-3.9.2-1] [MQTT-3.9.2-2] SUBACK leaves them out', () => {
    const { reasonString, userProperties } = refusal
    const subscribe = subscribeTo('t')
    expect(asking(200).send(subscribe).received()).toMatchObject([{ properties: { reasonString, userProperties } }])
    expect(asking(60).send(subscribe).receivedHex()).toBe(packet('90', '0001', '00', '97'))
  })
})
