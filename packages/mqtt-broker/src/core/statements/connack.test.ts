import { isReasonCodeOf, PacketType } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import type { AuthenticateResult } from '../../ports/authenticator.ts'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, connect, DURABLE, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

/** A broker that asks, and the answers to give. */
const asking = () => {
  const tickets: number[] = []
  const broker = new VirtualBroker({ edges: { authenticate: (ticket) => void tickets.push(ticket) } })
  const answer = (result: AuthenticateResult) => broker.answer(tickets.shift() ?? 0, result)
  return { broker, answer }
}
const refusing = (result: AuthenticateResult) => new VirtualBroker({ edges: { authenticate: () => result } })

describe('the answer to CONNECT (§3.1.4)', () => {
  it.each(['00044d515454', '', '00044d51545404', '00044d515454040000'])(
    '[MQTT-3.1.4-1 v3.1.1 v5.0] cut short (%s) it is closed without a CONNACK, while the version is not known',
    (body) => {
      const client = new VirtualBroker().open(4).send(packet('10', body))
      expect([client.closed, client.receivedHex()]).toEqual([true, ''])
    },
  )

  it('[MQTT-3.1.4-1 v3.1.1 v5.0] with flags, or with bytes behind its fields, it is closed; 5.0 is told', () => {
    for (const version of BOTH) {
      for (const bytes of [`11${connect(version).slice(2)}`, connect(version, { payload: text('a') + '00' })]) {
        const client = new VirtualBroker().open(version).send(bytes)
        expect([client.closed, ...seen(client)]).toEqual(version === 5 ? [true, 'connack 81'] : [true])
      }
    }
  })

  it('[MQTT-3.1.4-2 v5.0] [MQTT-3.2.2-5 v3.1.1] [MQTT-3.2.2-7] who is not let in is told, and closed', () => {
    const old = refusing({ reasonCode: 0x86 }).connect('a', { version: 4 })
    expect([old.closed, old.receivedHex()]).toEqual([true, '20020004'])
    const client = refusing(false).connect('a')
    expect([client.closed, ...seen(client)]).toEqual([true, 'connack 87'])
  })

  it('[MQTT-3.1.4-2 v3.1.1] [MQTT-3.1.4-3 v5.0] the older connection of a Client Identifier ends; 5.0 is told 0x8E', () => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const old = join(broker, 'a', { ...DURABLE, version }).send(subscribeTo('t'))
      old.received()
      const client = join(broker, 'a', { ...DURABLE, version })
      expect([old.closed, ...seen(old)]).toEqual(version === 5 ? [true, 'disconnect 8e'] : [true])
      client.send(message('t', 'x'))
      expect([old.receivedHex(), ...seen(client)]).toEqual(['', 'publish t x q0'])
    }
  })

  it('[MQTT-3.1.4-4 v3.1.1] [MQTT-3.1.4-5 v5.0] [MQTT-3.2.2-1 v5.0] accepted is 0, and no flag but Session Present is set', () => {
    const limits = { receiveMaximum: 65_535, topicAliasMaximum: 0, maximumPacketSizeBytes: 268_435_460 }
    for (const version of BOTH) {
      const broker = new VirtualBroker({ limits })
      const properties = version === 5 ? '00' : ''
      expect(broker.connect('a', { ...DURABLE, version }).receivedHex()).toBe(packet('20', '00', '00', properties))
      expect(broker.connect('a', { ...DURABLE, version }).receivedHex()).toBe(packet('20', '01', '00', properties))
    }
  })

  it('[MQTT-3.1.4-5 v3.1.1] [MQTT-3.1.4-6] nothing behind a CONNECT that is refused is done', () => {
    for (const version of BOTH) {
      const { broker, answer } = asking()
      broker.open(5).send(connect(5, { payload: text('watcher') }))
      answer(true)
      const behind =
        packet('82', '0001', version === 5 ? '00' : '', text('t'), '00') +
        packet('31', text('t'), version === 5 ? '00' : '', '78')
      const client = broker.open(version).send(connect(version) + behind)
      client.send(behind)
      answer(false)
      client.send(behind)
      expect([client.closed, ...seen(client)]).toEqual([true, 'connack 87'])
      const { messagesReceived, subscriptions, retainedMessages } = broker.core.counters
      expect([messagesReceived, subscriptions, retainedMessages]).toEqual([0, 0, 0])
    }
  })
})

describe('CONNACK (§3.2)', () => {
  it('[MQTT-3.2.0-1 v3.1.1 v5.0] [MQTT-3.2.0-2] comes once, before everything else', () => {
    for (const version of BOTH) {
      const { broker, answer } = asking()
      const first = broker.connect('a', { ...DURABLE, version })
      answer(true)
      first.send(subscribeTo('t', { qos: 1 })).cut()
      const publisher = broker.connect('p')
      answer(true)
      publisher.send(message('t', 'waits', { qos: 1, packetId: 1 }))
      const client = broker.connect('a', { ...DURABLE, version }).send('c000')
      expect(client.receivedHex()).toBe('')
      answer(true)
      client.send('c000')
      expect(seen(client)).toEqual(['connack 0 present', 'publish t waits q1 #1', 'pingresp', 'pingresp'])
    }
  })

  it('[MQTT-3.2.2-4 v3.1.1] [MQTT-3.2.2-6 v5.0] a refusal never says Session Present', () => {
    for (const version of BOTH) {
      let allowed = true
      const broker = new VirtualBroker({ edges: { authenticate: () => allowed } })
      join(broker, 'a', { ...DURABLE, version }).cut()
      allowed = false
      expect(
        broker
          .connect('a', { ...DURABLE, version })
          .receivedHex()
          .slice(version === 4 ? 0 : 4, 8),
      ).toBe(version === 4 ? '20020005' : '0087')
      expect(broker.core.counters.sessions).toBe(1)
    }
  })

  it.each([
    ['a Will above the Maximum QoS', { flags: '16', will: true }],
    ['a retained Will', { flags: '26', will: true }],
    ['more Sessions than there is room for is code 3, not this', { flags: '02', will: false }],
  ])('[MQTT-3.2.2-6 v3.1.1] %s: no Return Code fits, so there is no CONNACK', (_title, { flags, will }) => {
    const settings = { maximumQos: 1, retainAvailable: false } as const
    const broker = new VirtualBroker({ settings, limits: { maximumSessions: will ? 10 : 0 } })
    const client = broker.open(4).send(connect(4, { flags, payload: text('a') + (will ? text('w') + text('m') : '') }))
    expect([client.closed, client.receivedHex()]).toEqual([true, will ? '' : '20020003'])
  })

  it('[MQTT-3.2.2-8] only codes that may stand in it, whatever the authenticator says', () => {
    const codes = Array.from({ length: 256 }, (_, code) => {
      const [connack] = refusing({ reasonCode: code }).connect('a').received()
      return connack?.type === 'connack' ? connack.reasonCode : -1
    })
    expect(codes.filter((code) => code < 0x80 || !isReasonCodeOf(PacketType.connack, code))).toEqual([])
    expect(codes[0x8a]).toBe(0x8a)
  })

  it.each([
    { maximumQos: 0, told: '2400' },
    { maximumQos: 1, told: '2401' },
  ] as const)(
    '[MQTT-3.2.2-9] [MQTT-3.2.2-10] Maximum QoS $maximumQos is told, and SUBSCRIBE may ask for more',
    ({ maximumQos, told }) => {
      const limits = { receiveMaximum: 65_535, topicAliasMaximum: 0, maximumPacketSizeBytes: 268_435_460 }
      const broker = new VirtualBroker({ settings: { maximumQos }, limits })
      const client = broker.connect('a')
      expect(client.receivedHex()).toBe(packet('20', '0000', '02', told))
      client.send(packet('82', '0001', '00', text('a'), '00', text('b'), '01', text('c'), '02'))
      expect(client.receivedHex()).toBe(packet('90', '0001', '00', '00', hex(maximumQos), hex(maximumQos)))
    },
  )

  it('[MQTT-3.2.2-12] [MQTT-3.2.2-13] a Will that asks for what is not there is refused', () => {
    const broker = new VirtualBroker({ settings: { maximumQos: 1, retainAvailable: false } })
    const payload = text('a') + '00' + text('w') + text('m')
    for (const [flags, code] of [
      ['16', '9b'],
      ['26', '9a'],
      ['0e', '0'],
    ] as const) {
      const client = broker.open(5).send(connect(5, { flags, payload }))
      expect([flags, client.closed, ...seen(client)]).toEqual([flags, code !== '0', `connack ${code}`])
    }
  })

  it('[MQTT-3.2.2-11] [MQTT-3.2.2-14] a PUBLISH that asks for it ends the connection', () => {
    const join = () => new VirtualBroker({ settings: { maximumQos: 1, retainAvailable: false } }).connect('a')
    expect(seen(join().send(packet('34', text('t'), '0001', '00'))).slice(1)).toEqual(['disconnect 9b'])
    expect(seen(join().send(packet('31', text('t'), '00'))).slice(1)).toEqual(['disconnect 9a'])
    expect(seen(join().send(packet('32', text('t'), '0001', '00'))).slice(1)).toEqual(['puback #1 10'])
  })

  it('[MQTT-3.2.2-19] [MQTT-3.2.2-20] leaves out Reason String and User Properties that do not fit', () => {
    const settings = {
      connackUserProperties: [['name', 'x'.repeat(100)]],
      reasonStrings: 'unless-declined',
    } as const
    const told = (maximumPacketSizeBytes: number, edges = {}) =>
      new VirtualBroker({ settings, edges }).connect('a', { properties: { maximumPacketSizeBytes } }).received()
    expect(told(200)).toMatchObject([{ properties: { userProperties: settings.connackUserProperties } }])
    const [small] = told(100)
    expect(small).toMatchObject({ reasonCode: 0 })
    expect(small?.type === 'connack' && small.properties).not.toHaveProperty('userProperties')
    const authenticate = () => ({ reasonCode: 0x87, reasonString: 'y'.repeat(100) })
    expect(told(200, { authenticate })).toMatchObject([{ properties: { reasonString: 'y'.repeat(100) } }])
    const [refused] = told(100, { authenticate })
    expect(refused).toMatchObject({ reasonCode: 0x87 })
    expect(refused?.type === 'connack' && refused.properties?.reasonString).toBeUndefined()
  })

  it('[MQTT-3.2.2-22] without a Server Keep Alive the own value of the Client holds; with one that', () => {
    for (const [serverKeepAliveSeconds, silenceMs] of [
      [undefined, 15_000],
      [4, 6_000],
    ] as const) {
      const broker = new VirtualBroker({ settings: { serverKeepAliveSeconds } })
      const client = broker.connect('a', { keepAliveSeconds: 10 })
      const [connack] = client.received()
      expect(connack?.type === 'connack' && connack.properties?.serverKeepAliveSeconds).toBe(serverKeepAliveSeconds)
      broker.pass(silenceMs - 1)
      expect(client.closed).toBe(false)
      broker.pass(1)
      expect(client.closed).toBe(true)
    }
  })
})

describe('what a Client says in CONNECT that it takes (§3.1.2.11)', () => {
  it('[MQTT-3.1.2-24 v5.0] [MQTT-3.1.2-25] a packet that is one byte too large is dropped as if it had been delivered', () => {
    for (const [qos, fits] of [
      [0, 34],
      [1, 32],
    ] as const) {
      const broker = new VirtualBroker()
      const properties = { maximumPacketSizeBytes: 40, receiveMaximum: 1 }
      const client = join(broker, 's', { properties }).send(subscribeTo('t', { qos }))
      client.received()
      const publisher = join(broker, 'p')
      const publish = (payload: string, packetId: number) =>
        publisher.send(message('t', payload, { qos, ...(qos > 0 && { packetId }) }))
      publish('x'.repeat(fits), 1)
      expect(client.receivedHex()).toHaveLength(2 * 40)
      if (qos > 0) client.send('40020001')
      publish('x'.repeat(fits + 1), 2)
      publish('ok', 3)
      expect(seen(client)).toEqual([expect.stringMatching(/^publish t ok/)])
      expect(broker.core.counters.messagesDropped['packet-too-large']).toBe(1)
    }
  })

  it('[MQTT-3.1.2-26] [MQTT-3.3.2-11] no Topic Alias above its maximum', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { properties: { topicAliasMaximum: 2 } }).send(subscribeTo('#'))
    client.received()
    const publisher = join(broker, 'p')
    for (const topicName of ['aa', 'bb', 'cc', 'aa', 'cc', 'cc']) publisher.send(message(topicName, 'x'))
    const sent = client
      .received()
      .map((each) => each.type === 'publish' && [each.topicName, each.properties?.topicAlias])
    expect(sent).toEqual([
      ['aa', 1],
      ['bb', 2],
      ['cc', 1],
      ['aa', 2],
      ['', 1],
      ['', 1],
    ])
  })

  it('[MQTT-3.1.2-27] no Topic Alias where it takes none', () => {
    for (const properties of [{}, { topicAliasMaximum: 0 }]) {
      const broker = new VirtualBroker()
      const client = join(broker, 's', { properties }).send(subscribeTo('#'))
      client.received()
      const publisher = join(broker, 'p')
      for (const _ of [1, 2]) publisher.send(message('long/topic', 'x', { properties: { topicAlias: 1 } }))
      expect(client.receivedHex()).toBe(packet('30', text('long/topic'), '00', '78').repeat(2))
    }
  })

  it('[MQTT-3.1.2-28] Response Information only where it was asked for', () => {
    const broker = new VirtualBroker({ settings: { responseInformation: 'replies/' } })
    const told = [undefined, false, true].map((asked) => {
      const properties = asked === undefined ? {} : { requestResponseInformation: asked }
      const [connack] = broker.connect('a', { properties }).received()
      return connack?.type === 'connack' ? connack.properties?.responseInformation : connack
    })
    expect(told).toEqual([undefined, undefined, 'replies/'])
  })

  it('[MQTT-3.1.2-29] without Request Problem Information a refusal is its Reason Code and nothing more', () => {
    const refuse = () => ({ reasonCode: 0x87, reasonString: 'no', userProperties: [['a', 'b']] as const })
    const broker = new VirtualBroker({ interceptors: [{ name: 'no', publish: refuse, subscribe: refuse }] })
    const client = join(broker, 'a', { properties: { requestProblemInformation: false } })
    client.send(packet('32', text('t'), '0001', '00') + packet('34', text('t'), '0002', '00'))
    expect(client.receivedHex()).toBe('40030001875003000287')
    client.send(packet('82', '0003', '00', text('t'), '00') + packet('a2', '0004', '00', text('t')))
    expect(client.receivedHex()).toBe(packet('90', '0003', '00', '87') + packet('b0', '0004', '00', '11'))
  })

  it('[MQTT-3.1.2-29] User Properties of a message come all the same', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', { properties: { requestProblemInformation: false } }).send(subscribeTo('t'))
    client.received()
    watch(broker, 'other')
    client.send(packet('30', text('t'), '0a', '26', text('k'), text('vvvv')))
    expect(client.receivedHex()).toBe(packet('30', text('t'), '0a', '26', text('k'), text('vvvv')))
  })
})
