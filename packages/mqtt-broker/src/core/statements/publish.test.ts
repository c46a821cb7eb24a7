import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { ascii, BOTH, DURABLE, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

describe.each(BOTH)('PUBLISH, its fixed header (§3.3.1), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  /** A PUBLISH of this version to `t`. */
  const publish = (firstByte: string, packetId: string, payload: string) =>
    packet(firstByte, text('t'), packetId, none, ascii(payload))
  const ended = version === 5 ? [true, 'disconnect 81'] : [true]

  it('[MQTT-3.3.1-1 v3.1.1 v5.0] DUP is set on what is sent again', () => {
    const broker = new VirtualBroker()
    const durable = { ...DURABLE, version }
    const client = join(broker, 's', durable).send(subscribeTo('t', { qos: 2 }))
    client.received()
    join(broker, 'p', { version }).send(publish('32', '0001', 'one') + publish('34', '0002', 'two'))
    expect(client.receivedHex()).toBe(publish('32', '0001', 'one') + publish('34', '0002', 'two'))
    client.cut()
    const back = broker.connect('s', durable)
    expect(back.receivedHex().endsWith(publish('3a', '0001', 'one') + publish('3c', '0002', 'two'))).toBe(true)
  })

  it('[MQTT-3.3.1-2 v3.1.1 v5.0] DUP with QoS 0 is malformed, and never sent', () => {
    const client = join(new VirtualBroker(), 'p', { version }).send(publish('38', '', 'x'))
    expect([client.closed, ...seen(client)]).toEqual(ended)
    const broker = new VirtualBroker({ settings: { queueQos0: true } })
    const durable = { ...DURABLE, version }
    join(broker, 's', durable).send(subscribeTo('t')).cut()
    join(broker, 'p', { version }).send(publish('30', '', 'x'))
    const back = broker.connect('s', durable)
    expect(back.receivedHex().endsWith(publish('30', '', 'x'))).toBe(true)
  })

  it('[MQTT-3.3.1-3 v3.1.1 v5.0] DUP of a delivery says nothing about that of the publisher', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { version }).send(subscribeTo('t', { qos: 2 }))
    client.received()
    join(broker, 'p', { version }).send(publish('3a', '0007', 'x') + publish('3c', '0008', 'y'))
    expect(client.receivedHex()).toBe(publish('32', '0001', 'x') + publish('34', '0002', 'y'))
  })

  it('[MQTT-3.3.1-4 v3.1.1 v5.0] QoS 3 is malformed', () => {
    const client = join(new VirtualBroker(), 'p', { version }).send(publish('36', '0001', 'x'))
    expect([client.closed, ...seen(client)]).toEqual(ended)
  })

  it('[MQTT-3.3.1-5 v3.1.1 v5.0] [MQTT-3.3.1-6 v3.1.1] [MQTT-3.3.1-7 v3.1.1] RETAIN keeps the last message of each topic, with its QoS', () => {
    const broker = new VirtualBroker()
    const publisher = join(broker, 'p', { version })
    const retained = () =>
      seen(join(broker, 's', { version }).send(subscribeTo('#', { qos: 2 })))
        .slice(1)
        .toSorted()
    publisher.send(message('a', 'old', { retain: true, qos: 2, packetId: 1 }))
    publisher.send(message('b', 'other', { retain: true, qos: 2, packetId: 2 }))
    publisher.send(message('a', 'new', { retain: true, qos: 1, packetId: 3 }))
    expect(retained()).toEqual(['publish a new q1 #1 retain', 'publish b other q2 #2 retain'])
    publisher.send(message('a', 'zero', { retain: true }))
    expect(retained()).toEqual(['publish a zero q0 retain', 'publish b other q2 #1 retain'])
  })

  it('[MQTT-3.3.1-8 v3.1.1] [MQTT-3.3.1-9 v3.1.1] RETAIN is 1 for a new subscription, 0 for one that was there', () => {
    const broker = new VirtualBroker()
    const there = join(broker, 's', { version }).send(subscribeTo('t'))
    there.received()
    join(broker, 'p', { version }).send(publish('31', '', 'x'))
    expect(there.receivedHex()).toBe(publish('30', '', 'x'))
    const later = join(broker, 'n', { version }).send(subscribeTo('t'))
    expect(later.receivedHex()).toBe(packet('90', '0001', none, '00') + publish('31', '', 'x'))
  })

  it('[MQTT-3.3.1-10 v3.1.1] [MQTT-3.3.1-11 v3.1.1] [MQTT-3.3.1-6 v5.0] [MQTT-3.3.1-7 v5.0] an empty payload is delivered, deletes, and is not kept', () => {
    const broker = new VirtualBroker()
    const there = join(broker, 's', { version }).send(subscribeTo('t', { qos: 1 }))
    there.received()
    const publisher = join(broker, 'p', { version }).send(publish('31', '', 'x'))
    there.received()
    publisher.send(publish('33', '0001', ''))
    expect(there.receivedHex()).toBe(publish('32', '0001', ''))
    expect(broker.core.counters.retainedMessages).toBe(0)
    expect(seen(join(broker, 'n', { version }).send(subscribeTo('t')))).toEqual(['suback #1 0'])
  })

  it('[MQTT-3.3.1-12 v3.1.1] [MQTT-3.3.1-8 v5.0] RETAIN 0 neither keeps nor changes nor deletes', () => {
    const broker = new VirtualBroker()
    const publisher = join(broker, 'p', { version }).send(publish('30', '', 'x'))
    expect(broker.core.counters.retainedMessages).toBe(0)
    publisher.send(publish('31', '', 'kept') + publish('30', '', 'x') + publish('30', '', ''))
    expect(seen(join(broker, 's', { version }).send(subscribeTo('t')))).toEqual([
      'suback #1 0',
      'publish t kept q0 retain',
    ])
  })

  it('[MQTT-2.3.1-5] [MQTT-2.2.1-2] QoS 0 has no Packet Identifier: what stands there is payload', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { version }).send(subscribeTo('t', { qos: 2 }))
    client.received()
    join(broker, 'p', { version }).send(packet('30', text('t'), version === 5 ? '00' : '', '0001'))
    expect(client.receivedHex()).toBe(packet('30', text('t'), none, '0001'))
  })

  it('[MQTT-2.3.1-1] [MQTT-2.2.1-3] Packet Identifier 0 ends the connection', () => {
    for (const [title, bytes, code] of [
      ['PUBLISH', publish('32', '0000', 'x'), '82'],
      ['SUBSCRIBE', packet('82', '0000', none, text('t'), '00'), '81'],
      ['UNSUBSCRIBE', packet('a2', '0000', none, text('t')), '81'],
    ] as const) {
      const client = join(new VirtualBroker(), 'p', { version }).send(bytes)
      const told = version === 5 ? [expect.stringMatching(/^disconnect 8[12]$/)] : []
      expect([title, code, client.closed, ...seen(client)]).toEqual([title, code, true, ...told])
    }
  })
})

describe.each(BOTH)('PUBLISH, its variable header (§3.3.2), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const ended = version === 5 ? [true, 'disconnect 81'] : [true]

  it.each([
    ['ill-formed UTF-8', 'c328'],
    ['a surrogate', 'eda080'],
    ['an overlong form', 'c0af'],
    ['U+0000', '6100'],
  ])('[MQTT-3.3.2-1 v3.1.1 v5.0] a Topic Name that is %s ends the connection', (_title, bytes) => {
    const broker = new VirtualBroker()
    const client = join(broker, 'p', { version }).send(packet('31', hex(bytes.length / 2, 2), bytes, none, '78'))
    expect([client.closed, ...seen(client)]).toEqual(ended)
    expect(broker.core.counters.retainedMessages).toBe(0)
  })

  it.each(['#', '+', 'a/#', 'a/+/b', 'a#', '+a'])(
    '[MQTT-3.3.2-2 v3.1.1 v5.0] [MQTT-4.7.1-1 v3.1.1] [MQTT-4.7.0-1] the wildcard in %s ends the connection',
    (topicName) => {
      const broker = new VirtualBroker()
      const watcher = watch(broker, '#')
      const client = join(broker, 'p', { version }).send(packet('30', text(topicName), none, '78'))
      expect([client.closed, ...seen(client)]).toEqual(ended)
      expect(watcher.receivedHex()).toBe('')
    },
  )

  it('[MQTT-3.3.2-3 v3.1.1 v5.0] what is delivered matches a filter of the Client', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { version }).send(subscribeTo('a/+/c'))
    client.received()
    const publisher = join(broker, 'p', { version })
    for (const topicName of ['a/b/c', 'a/c', 'a/b/c/d', 'a//c', 'A/b/c', 'x/b/c'])
      publisher.send(message(topicName, 'x'))
    expect(seen(client)).toEqual(['publish a/b/c x q0', 'publish a//c x q0'])
  })

  it('[MQTT-3.3.4-1 v3.1.1 v5.0] the answer is that of the QoS: none, PUBACK, PUBREC', () => {
    const broker = new VirtualBroker()
    watch(broker, 't')
    const client = join(broker, 'p', { version })
    const answers = ['30', '32', '34'].map((firstByte) =>
      client.send(packet(firstByte, text('t'), firstByte === '30' ? '' : '1234', none, '78')).receivedHex(),
    )
    expect(answers).toEqual(['', '40021234', '50021234'])
  })

  it('[MQTT-3.3.5-1] [MQTT-3.3.4-2] overlapping subscriptions: the highest QoS of those that match', () => {
    for (const filters of [
      [
        ['t', 0],
        ['+', 2],
        ['#', 1],
      ],
      [
        ['#', 2],
        ['t', 1],
        ['u', 2],
      ],
    ] as const) {
      const broker = new VirtualBroker()
      const client = join(broker, 's', { version })
      for (const [filter, qos] of filters) client.send(subscribeTo(filter, { qos }))
      client.received()
      join(broker, 'p').send(message('t', 'x', { qos: 2, packetId: 1 }))
      expect(seen(client)).toEqual(['publish t x q2 #1'])
    }
  })
})

describe('a PUBLISH without the right to it', () => {
  it('[MQTT-3.3.5-2] 3.1.1 is acknowledged as any other, or closed; nobody gets the message', () => {
    for (const publishDenied of ['drop', 'disconnect'] as const) {
      const broker = new VirtualBroker({ settings: { publishDenied }, edges: { authorizePublish: () => false } })
      const watcher = watch(broker, '#')
      const client = join(broker, 'p', { version: 4 })
      client.send(packet('33', text('t'), '0001', '78') + packet('34', text('t'), '0002', '78') + '62020002')
      expect([client.closed, client.receivedHex()]).toEqual(
        publishDenied === 'drop' ? [false, '400200015002000270020002'] : [true, ''],
      )
      expect([watcher.receivedHex(), broker.core.counters.retainedMessages]).toEqual(['', 0])
    }
  })
})
