import { isReasonCodeOf, PacketType } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../../testing/virtual-broker.ts'
import { BOTH, connect, DURABLE, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

describe('PINGREQ (§3.12)', () => {
  it('[MQTT-3.12.4-1 v3.1.1 v5.0] is answered with PINGRESP', () => {
    for (const version of BOTH)
      expect(join(new VirtualBroker(), 'a', { version }).send('c000c000').receivedHex()).toBe('d000d000')
  })
})

describe('DISCONNECT of a Client (§3.14)', () => {
  it('[MQTT-3.14.1-1 v3.1.1 v5.0] other flags end the connection as an error: the Will is published', () => {
    const will = { topicName: 'w', payload: Uint8Array.of(0x6d), qos: 0, retain: false } as const
    for (const version of BOTH) {
      for (const first of ['e1', 'e2', 'e4', 'e8']) {
        const broker = new VirtualBroker()
        const watcher = watch(broker, 'w')
        const client = join(broker, 'a', { version, will }).send(`${first}00`)
        expect([client.closed, ...seen(client)]).toEqual(version === 5 ? [true, 'disconnect 81'] : [true])
        expect(seen(watcher)).toEqual(['publish w m q0'])
      }
    }
  })

  it('[MQTT-3.14.4-1 v3.1.1] [MQTT-3.14.4-2 v5.0] the broker closes where the Client does not', () => {
    for (const version of BOTH) {
      const client = join(new VirtualBroker(), 'a', { version }).send('e000')
      expect([client.closed, client.receivedHex()]).toEqual([true, ''])
    }
  })

  it('[MQTT-3.14.4-2 v3.1.1] [MQTT-3.14.4-1 v5.0] what comes behind it is not read', () => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const watcher = watch(broker, 't')
      const publish = packet('30', text('t'), version === 5 ? '00' : '', '78')
      const client = join(broker, 'a', { version }).send(`e000${publish}c000`).send(publish)
      expect([client.receivedHex(), watcher.receivedHex()]).toEqual(['', ''])
    }
  })

  it('[MQTT-3.14.2-1] a code that may not stand in it ends the connection as an error', () => {
    for (let code = 0; code < 256; code++) {
      const client = join(new VirtualBroker(), 'a').send(packet('e0', hex(code)))
      const legal = isReasonCodeOf(PacketType.disconnect, code)
      expect([code, client.closed, ...seen(client)]).toEqual([code, true, ...(legal ? [] : ['disconnect 81'])])
    }
  })
})

describe('DISCONNECT of the broker in 5.0', () => {
  it('[MQTT-3.14.0-1] none before a CONNACK: an error is a CONNACK, or silence', () => {
    for (const bytes of ['c000', '00', connect(5, { flags: '03' }), connect(5, { level: '06' }), '10ffffffff01']) {
      const client = new VirtualBroker().open(5).send(bytes)
      expect(client.closed).toBe(true)
      expect(seen(client).filter((each) => each.startsWith('disconnect'))).toEqual([])
    }
    const asking = new VirtualBroker({ edges: { authenticate: () => undefined } })
    const client = asking.connect('a')
    asking.core.handle({ type: 'broker-closing' }, 0)
    asking.settle()
    expect([client.closed, seen(client).filter((each) => each.startsWith('disconnect'))]).toEqual([true, []])
  })

  it('a Session Expiry Interval of 0xFFFFFFFF in it: the Session stays for ever (§3.14.2.2.2)', () => {
    const broker = new VirtualBroker({ limits: { maximumSessionExpirySeconds: Infinity } })
    const client = broker.connect('s', { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } })
    client.send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryIntervalSeconds: 0xffffffff } })
    broker.pass(200 * 365 * 24 * 60 * 60 * 1000)
    expect(seen(broker.connect('s', { cleanStart: false }))).toEqual(['connack 0 present'])
  })

  it('[MQTT-3.14.2-1] only codes that may stand in it, whatever the operator says', () => {
    const sent = Array.from({ length: 256 }, (_, code) => {
      const broker = new VirtualBroker()
      const client = join(broker, 'a')
      broker.core.handle({ type: 'client-disconnected', clientId: 'a', refusal: { reasonCode: code } }, 0)
      broker.settle()
      const [last] = client.received()
      return last?.type === 'disconnect' ? last.reasonCode : -1
    })
    expect(sent.filter((code) => code < 0x80 || !isReasonCodeOf(PacketType.disconnect, code))).toEqual([])
    expect(sent[0x98]).toBe(0x98)
  })

  const ends: [string, number, (broker: VirtualBroker, client: VirtualClient) => unknown][] = [
    ['a malformed packet', 0x81, (_broker, client) => client.send('00')],
    ['a Protocol Error', 0x82, (_broker, client) => client.send(connect(5))],
    [
      'a Topic Alias that is too large',
      0x94,
      (_broker, client) => client.send(packet('30', text('t'), '03', '23ffff')),
    ],
    ['a packet that is too large', 0x95, (_broker, client) => client.send('30ffffff7f')],
    ['silence', 0x8d, (broker) => broker.pass(15_000)],
    ['a takeover', 0x8e, (broker) => broker.connect('a', DURABLE)],
    ['a shutdown', 0x8b, (broker) => broker.core.handle({ type: 'broker-closing' }, broker.now)],
  ]
  it.each(ends)(
    '[MQTT-4.13.1-1] [MQTT-4.13.2-1] [MQTT-3.14.2-2] [MQTT-3.14.4-1 v5.0] [MQTT-3.14.4-2 v5.0] %s: its code, no Session Expiry Interval, then the end and nothing more',
    (_title, reasonCode, end) => {
      const broker = new VirtualBroker()
      const properties = { sessionExpiryIntervalSeconds: 60, requestProblemInformation: true }
      const asking = { cleanStart: false, keepAliveSeconds: 10, properties }
      const client = join(broker, 'a', asking).send(subscribeTo('t'))
      client.received()
      end(broker, client)
      broker.settle()
      expect(client.closed).toBe(true)
      join(broker, 'p').send(message('t', 'x'))
      client.send('c000')
      const packets = client.received()
      expect(packets).toMatchObject([{ type: 'disconnect', reasonCode }])
      expect(packets[0]?.type === 'disconnect' && Object.keys(packets[0].properties ?? {})).toEqual(['reasonString'])
    },
  )

  it('[MQTT-3.2.2-15] a packet of one byte more than our Maximum Packet Size ends the connection on its header', () => {
    const broker = new VirtualBroker({ limits: { maximumPacketSizeBytes: 100 } })
    const client = broker.connect('a')
    expect(client.received()).toMatchObject([{ properties: { maximumPacketSizeBytes: 100 } }])
    client.send(packet('30', text('t'), '00', '78'.repeat(94)))
    expect(client.closed).toBe(false)
    expect(seen(client.send('3063'))).toEqual(['disconnect 95'])
  })

  it('[MQTT-3.14.2-3] [MQTT-3.14.2-4] leaves out Reason String and User Properties that do not fit', () => {
    const refusal = { reasonCode: 0x98, reasonString: 'r'.repeat(60), userProperties: [['k', 'v'.repeat(60)]] as const }
    const told = (maximumPacketSizeBytes: number) => {
      const broker = new VirtualBroker()
      const client = join(broker, 'a', { properties: { maximumPacketSizeBytes, requestProblemInformation: true } })
      broker.core.handle({ type: 'client-disconnected', clientId: 'a', refusal }, 0)
      broker.settle()
      const [last] = client.received()
      return last?.type === 'disconnect' && [last.reasonCode, last.properties]
    }
    expect(told(60)).toEqual([0x98, undefined])
    expect(told(200)).toEqual([0x98, { reasonString: refusal.reasonString, userProperties: refusal.userProperties }])
  })
})

describe('errors in 3.1.1 (§4.8)', () => {
  it('[MQTT-4.8.0-1] a violation of the protocol closes the connection, without a word', () => {
    for (const bytes of [
      '00',
      'f000',
      '20020000',
      connect(4),
      '3003000023',
      '30ffffffff01',
      packet('32', text('t'), '0000'),
    ]) {
      const client = join(new VirtualBroker(), 'a', { version: 4 }).send(bytes)
      expect([bytes, client.closed, client.receivedHex()]).toEqual([bytes, true, ''])
    }
  })

  it('[MQTT-4.8.0-2] an answer that cannot be given in time closes the connection', () => {
    const broker = new VirtualBroker({ edges: { authenticate: () => undefined } })
    const client = broker.connect('a', { version: 4 })
    broker.pass(3_600_000)
    expect([client.closed, client.receivedHex()]).toEqual([true, '20020003'])
  })
})
