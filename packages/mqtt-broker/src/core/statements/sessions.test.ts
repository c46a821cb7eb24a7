import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, connect, DURABLE, join, packet, seen, text, watch } from '../../testing/wire.ts'

const CLEAN = { cleanStart: true, properties: { sessionExpiryIntervalSeconds: 60 } } as const

describe.each(BOTH)('Session State, level %i', (version) => {
  const durable = { ...DURABLE, version }
  const clean = { ...CLEAN, version }
  const publish = (broker: VirtualBroker, ...texts: string[]) => {
    const publisher = join(broker, 'p')
    for (const [place, each] of texts.entries())
      publisher.send(message('t', each, { qos: place % 2 === 0 ? 1 : 2, packetId: place + 1 }))
    publisher.cut()
  }

  it('[MQTT-3.1.2-4 v3.1.1] [MQTT-3.1.2-6 v5.0] [MQTT-3.2.2-3 v3.1.1 v5.0] without a Session one is made, and kept', () => {
    const broker = new VirtualBroker()
    const client = broker.connect('a', durable)
    expect(seen(client)).toEqual(['connack 0'])
    expect(broker.core.counters.sessions).toBe(1)
    client.cut()
    broker.pass(59_000)
    expect(broker.core.counters.sessions).toBe(1)
  })

  it('[MQTT-3.1.2-4 v3.1.1] [MQTT-3.1.2-5 v5.0] [MQTT-3.2.2-2 v3.1.1] [MQTT-3.2.2-3 v5.0] a Session that is there goes on', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', durable)
      .send(subscribeTo('t', { qos: 1 }))
      .send({ type: 'disconnect', reasonCode: 0 })
    const back = broker.connect('a', durable)
    expect(back.receivedHex().slice(0, version === 4 ? 8 : 2)).toBe(version === 4 ? '20020100' : '20')
    publish(broker, 'x')
    expect(seen(back)).toEqual(['publish t x q1 #1'])
  })

  it('[MQTT-3.1.2-6 v3.1.1] [MQTT-3.1.2-4 v5.0] [MQTT-3.1.4-3 v3.1.1] [MQTT-3.1.4-4 v5.0] [MQTT-3.2.2-1 v3.1.1] [MQTT-3.2.2-2 v5.0] a clean start drops it all', () => {
    const broker = new VirtualBroker()
    const first = join(broker, 'a', durable).send(subscribeTo('t', { qos: 2 }))
    publish(broker, 'unacknowledged')
    first.cut()
    publish(broker, 'waiting')
    const client = broker.connect('a', clean)
    expect(seen(client)).toEqual(['connack 0'])
    publish(broker, 'unwanted')
    expect(seen(client)).toEqual([])
    const { queuedMessages, subscriptions } = broker.core.counters
    expect({ queuedMessages, subscriptions }).toEqual({ queuedMessages: 0, subscriptions: 0 })
  })

  it('[MQTT-3.1.2-5 v3.1.1] [MQTT-4.5.0-1 v3.1.1 v5.0] QoS 1 and 2 wait for a Client that is away', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', durable)
      .send(subscribeTo('t', { qos: 2 }))
      .cut()
    publish(broker, 'one', 'two', 'three')
    expect(seen(broker.connect('a', durable)).slice(1)).toEqual([
      'publish t one q1 #1',
      'publish t two q2 #2',
      'publish t three q1 #3',
    ])
  })

  it('[MQTT-3.1.2-7 v3.1.1] retained messages are no part of it', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', { version }).send(message('t', 'kept', { retain: true }))
    client.send({ type: 'disconnect', reasonCode: 0 })
    expect(broker.core.counters.sessions).toBe(0)
    expect(seen(join(broker, 'b').send(subscribeTo('t')))).toEqual(['suback #1 0', 'publish t kept q0 retain'])
  })

  it('[MQTT-3.1.3-2 v3.1.1 v5.0] belongs to its Client Identifier, byte by byte', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', durable).cut()
    for (const other of ['A', 'a ', 'b']) expect(seen(broker.connect(other, durable))).toEqual(['connack 0'])
    expect(seen(broker.connect('a', durable))).toEqual(['connack 0 present'])
  })

  it('[MQTT-4.1.0-1 v3.1.1 v5.0] [MQTT-4.1.0-2 v3.1.1] is there as long as the connection, however long that is', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', { version }).send(subscribeTo('t', { qos: 1 }))
    client.received()
    broker.pass(365 * 86_400_000)
    publish(broker, 'x')
    expect(seen(client)).toEqual(['publish t x q1 #1'])
  })

  it('[MQTT-4.5.0-1 v3.1.1 v5.0] each Client with a matching subscription has the message, nobody else', () => {
    const broker = new VirtualBroker()
    const clients = ['t', '+', '#', 't/x'].map((filter, place) =>
      join(broker, `s${place}`, { version }).send(subscribeTo(filter, { qos: 1 })),
    )
    for (const client of clients) client.received()
    publish(broker, 'x')
    expect(clients.map((client) => seen(client))).toEqual([
      ['publish t x q1 #1'],
      ['publish t x q1 #1'],
      ['publish t x q1 #1'],
      [],
    ])
  })
})

describe('Session Expiry Interval', () => {
  it.each([
    { expiry: undefined, kept: 0 },
    { expiry: 0, kept: 0 },
    { expiry: 7, kept: 7_000 },
    { expiry: 0xffff_ffff, kept: Infinity },
  ])(
    '[MQTT-3.1.2-23 v5.0] [MQTT-4.1.0-2 v5.0] $expiry: the state is kept for $kept ms, and gone then',
    ({ expiry, kept }) => {
      const broker = new VirtualBroker()
      const properties = expiry === undefined ? {} : { sessionExpiryIntervalSeconds: expiry }
      const client = join(broker, 'a', { cleanStart: false, properties }).send(subscribeTo('t', { qos: 1 }))
      expect(broker.core.counters.sessions).toBe(1)
      client.cut()
      if (kept > 0) {
        broker.pass(Math.min(kept, 0xffff_ffff * 1000) - 1)
        expect(broker.core.counters.sessions).toBe(1)
        broker.pass(1)
      }
      expect(broker.core.counters.sessions).toBe(kept === Infinity ? 1 : 0)
      expect(broker.core.counters.subscriptions).toBe(kept === Infinity ? 1 : 0)
    },
  )

  it('[MQTT-4.1.0-2 v5.0] begins anew with each connection', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', DURABLE).cut()
    broker.pass(59_000)
    broker.connect('a', DURABLE).cut()
    broker.pass(59_000)
    expect(seen(broker.connect('a', DURABLE))).toEqual(['connack 0 present'])
  })

  it('[MQTT-3.1.2-23 v5.0] [MQTT-3.1.2-5 v3.1.1] outlasts a connection that a Protocol Error has closed', () => {
    for (const version of BOTH) {
      for (const error of [connect(version), '00', packet('30', text('#'), version === 5 ? '00' : '')]) {
        const broker = new VirtualBroker()
        const client = join(broker, 'a', { ...DURABLE, version })
          .send(subscribeTo('t', { qos: 1 }))
          .send(error)
        expect([client.closed, broker.core.counters.subscriptions]).toEqual([true, 1])
        join(broker, 'p').send(message('t', 'x', { qos: 1, packetId: 1 }))
        const back = seen(broker.connect('a', { ...DURABLE, version }))
        expect(back).toEqual(['connack 0 present', expect.stringMatching(/^publish t x q1/)])
      }
    }
  })

  it('[MQTT-4.1.0-2 v3.1.1] a 3.1.1 Session without CleanSession has no end', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', { version: 4, cleanStart: false }).cut()
    broker.pass(1_000 * 365 * 86_400_000)
    expect(seen(broker.connect('a', { version: 4, cleanStart: false }))).toEqual(['connack 0 present'])
  })
})

describe('after a reconnect', () => {
  it.each(BOTH)(
    '[MQTT-4.4.0-1 v3.1.1 v5.0] level %i: sends again what is unacknowledged, then what waited',
    (version) => {
      const broker = new VirtualBroker()
      const durable = { ...DURABLE, version }
      const first = join(broker, 'a', durable).send(subscribeTo('t', { qos: 2 }))
      first.received()
      const publisher = join(broker, 'p')
      for (const [place, qos] of ([1, 2, 2] as const).entries())
        publisher.send(message('t', `${place}`, { qos, packetId: place + 1 }))
      first.send('50020003')
      expect(seen(first)).toEqual(['publish t 0 q1 #1', 'publish t 1 q2 #2', 'publish t 2 q2 #3', 'pubrel #3 0'])
      first.cut()
      const back = broker.connect('a', durable)
      back.send('40020001').send('50020002').send('70020002').send('70020003')
      expect(seen(back)).toEqual([
        'connack 0 present',
        'publish t 0 q1 #1 dup',
        'publish t 1 q2 #2 dup',
        'pubrel #3 0',
        'pubrel #2 0',
      ])
      expect(seen(broker.connect('a', durable))).toEqual(['connack 0 present'])
    },
  )

  it.each(BOTH)('[MQTT-4.4.0-1 v3.1.1 v5.0] level %i: and never while a connection lasts', (version) => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', { ...DURABLE, version }).send(subscribeTo('t', { qos: 2 }))
    watch(broker, 'unrelated')
    join(broker, 'p')
      .send(message('t', 'x', { qos: 1, packetId: 1 }))
      .send(message('t', 'y', { qos: 2, packetId: 2 }))
    expect(seen(client)).toHaveLength(3)
    broker.pass(86_400_000)
    expect(client.receivedHex()).toBe('')
  })

  it('[MQTT-4.4.0-2] PUBACK and PUBREC of 0x80 and above are the end: nothing is sent again', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', DURABLE).send(subscribeTo('t', { qos: 2 }))
    const publisher = join(broker, 'p')
    publisher.send(message('t', 'x', { qos: 1, packetId: 1 })).send(message('t', 'y', { qos: 2, packetId: 2 }))
    client.received()
    client.send('4003000187').send('5003000297')
    expect(client.receivedHex()).toBe('')
    client.cut()
    expect(seen(broker.connect('a', DURABLE))).toEqual(['connack 0 present'])
  })
})
