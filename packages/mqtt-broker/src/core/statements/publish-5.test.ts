import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { DURABLE, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

describe('RETAIN in 5.0 (§3.3.1.3)', () => {
  const kept = () => {
    const broker = new VirtualBroker()
    join(broker, 'p').send(message('t', 'kept', { retain: true }))
    return { broker, client: join(broker, 's') }
  }

  it.each([
    { retainHandling: 0, sent: [true, true, true] },
    { retainHandling: 1, sent: [true, false, false] },
    { retainHandling: 2, sent: [false, false, false] },
  ] as const)(
    '[MQTT-3.3.1-9 v5.0] [MQTT-3.3.1-10 v5.0] [MQTT-3.3.1-11 v5.0] Retain Handling $retainHandling',
    ({ retainHandling, sent }) => {
      const { client } = kept()
      const answers = sent.map(() => seen(client.send(subscribeTo('t', { retainHandling }))))
      expect(answers).toEqual(
        sent.map((each) => (each ? ['suback #1 0', 'publish t kept q0 retain'] : ['suback #1 0'])),
      )
    },
  )

  it('[MQTT-3.3.1-10 v5.0] a subscription that was taken back is new again', () => {
    const { client } = kept()
    for (const _ of [1, 2]) {
      expect(seen(client.send(subscribeTo('t', { retainHandling: 1 })))).toHaveLength(2)
      client.send({ type: 'unsubscribe', packetId: 1, topicFilters: ['t'] }).received()
    }
  })

  it('[MQTT-3.3.1-12 v5.0] [MQTT-3.3.1-13] Retain As Published 0: never set; 1: as it came', () => {
    for (const retainAsPublished of [false, true]) {
      const broker = new VirtualBroker()
      const client = join(broker, 's').send(subscribeTo('t', { retainAsPublished }))
      client.received()
      join(broker, 'p')
        .send(message('t', 'x', { retain: true }))
        .send(message('t', 'y'))
      expect(client.receivedHex()).toBe(
        packet(retainAsPublished ? '31' : '30', text('t'), '00', '78') + packet('30', text('t'), '00', '79'),
      )
    }
  })
})

describe('properties of PUBLISH (§3.3.2.3)', () => {
  /** All that travels with a message, by wire order of a publisher that likes it so. */
  const travelling = [
    `26${text('b')}${text('1')}`,
    '0101',
    `03${text('text/plain')}`,
    `26${text('a')}${text('2')}`,
    `08${text('reply/to')}`,
    `090003ff0001`,
    `26${text('b')}${text('1')}`,
    `26${text('')}${text('')}`,
  ].join('')
  const properties = {
    payloadFormatIndicator: 1,
    contentType: 'text/plain',
    responseTopic: 'reply/to',
    correlationData: Uint8Array.of(0xff, 0, 1),
    userProperties: [
      ['b', '1'],
      ['a', '2'],
      ['b', '1'],
      ['', ''],
    ],
  }

  it.each([
    { title: 'at once', route: 'direct' },
    { title: 'to a Topic Alias and a Subscription Identifier', route: 'rewritten' },
    { title: 'after waiting for the Client', route: 'queued' },
    { title: 'after it was retained', route: 'retained' },
  ])(
    '[MQTT-3.3.2-4] [MQTT-3.3.2-15] [MQTT-3.3.2-16] [MQTT-3.3.2-17] [MQTT-3.3.2-18] [MQTT-3.3.2-20] are forwarded unaltered, $title',
    ({ route }) => {
      const broker = new VirtualBroker()
      const options = {
        cleanStart: false,
        properties: { sessionExpiryIntervalSeconds: 60, ...(route === 'rewritten' && { topicAliasMaximum: 5 }) },
      }
      const subscription = subscribeTo('t', {
        qos: 1,
        ...(route === 'rewritten' && { subscriptionIdentifier: 9 }),
      })
      let client = join(broker, 's', options)
      if (route !== 'retained') client.send(subscription).received()
      if (route === 'queued') client.cut()
      const publisher = join(broker, 'p')
      publisher.send(packet('33', text('t'), '0001', hex(travelling.length / 2), travelling, '78'))
      if (route === 'queued') client = broker.connect('s', options)
      if (route === 'retained') client.send(subscription)
      const bytes = client.bytes.slice()
      const published = client.received().at(-1)
      expect(published).toMatchObject({
        type: 'publish',
        properties: { ...properties, ...(route === 'rewritten' && { topicAlias: 1, subscriptionIdentifiers: [9] }) },
      })
      // Byte for byte in the order of the publisher, unless something of ours comes behind it.
      const forwarded = packet(
        route === 'retained' ? '33' : '32',
        text('t'),
        '0001',
        hex(travelling.length / 2),
        travelling,
        '78',
      )
      if (route !== 'rewritten')
        expect(
          bytes
            .map((byte) => hex(byte))
            .join('')
            .endsWith(forwarded),
        ).toBe(true)
    },
  )

  it('[MQTT-3.3.2-5] what expired before its delivery began is deleted for that subscriber', () => {
    const broker = new VirtualBroker()
    join(broker, 's', DURABLE)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const there = watch(broker, 't')
    const publisher = join(broker, 'p')
    for (const [text, seconds] of [
      ['gone', 5],
      ['just gone', 6],
      ['left', 7],
    ] as const)
      publisher.send(message('t', text, { qos: 1, packetId: 1, properties: { messageExpiryIntervalSeconds: seconds } }))
    expect(seen(there)).toHaveLength(3)
    broker.pass(6_000)
    expect(seen(broker.connect('s', DURABLE)).slice(1)).toEqual(['publish t left q1 #1'])
    expect(broker.core.counters.queuedMessages).toBe(0)
  })

  it('[MQTT-3.3.2-6] the interval is less by the time that it waited', () => {
    const broker = new VirtualBroker()
    join(broker, 's', DURABLE)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publish = packet('33', text('t'), '0001', '05', '02', hex(10, 4), '78')
    join(broker, 'p').send(publish)
    expect(seen(watch(broker, 'none'))).toEqual([])
    broker.pass(3_000)
    const client = broker.connect('s', DURABLE)
    expect(client.receivedHex().endsWith(packet('32', text('t'), '0001', '05', '02', hex(7, 4), '78'))).toBe(true)
    broker.pass(4_000)
    const later = join(broker, 'n').send(subscribeTo('t'))
    expect(later.receivedHex()).toBe('900400010000' + packet('31', text('t'), '05', '02', hex(3, 4), '78'))
  })

  it('[MQTT-3.3.2-7] [MQTT-3.3.2-12] an alias from 1 to our maximum stands for its topic, and ends with the connection', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, '#')
    const publish = (topicName: string, alias: number) => packet('30', text(topicName), '03', '23', hex(alias, 2), '78')
    const client = join(broker, 'p', DURABLE)
    for (let alias = 1; alias <= 16; alias++) client.send(publish(`t${alias}`, alias))
    for (let alias = 1; alias <= 16; alias++) client.send(publish('', alias))
    const topics = Array.from({ length: 16 }, (_, place) => `publish t${place + 1} x q0`)
    expect(seen(watcher)).toEqual([...topics, ...topics])
    client.cut()
    const back = join(broker, 'p', DURABLE).send(publish('', 1))
    expect([back.closed, ...seen(back)]).toEqual([true, 'disconnect 82'])
    expect(watcher.receivedHex()).toBe('')
  })

  it('[MQTT-3.3.2-7] ours end with the connection, too', () => {
    const broker = new VirtualBroker()
    const options = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60, topicAliasMaximum: 1 } }
    const first = join(broker, 's', options).send(subscribeTo('t'))
    first.received()
    const publisher = join(broker, 'p').send(message('t', 'x')).send(message('t', 'x'))
    const aliased = (topicName: string) => packet('30', text(topicName), '03', '23', '0001', '78')
    expect(first.receivedHex()).toBe(aliased('t') + aliased(''))
    first.cut()
    const back = join(broker, 's', options)
    publisher.send(message('t', 'x'))
    expect(back.receivedHex()).toBe(aliased('t'))
  })

  it.each([
    { title: 'alias 0', alias: '0000', code: '94' },
    { title: 'one above our maximum', alias: '0011', code: '94' },
  ])('[MQTT-3.3.2-8] [MQTT-3.3.2-9] [MQTT-3.2.2-17] $title ends the connection', ({ alias, code }) => {
    const client = join(new VirtualBroker(), 'p').send(packet('30', text('t'), '03', '23', alias, '78'))
    expect([client.closed, ...seen(client)]).toEqual([true, `disconnect ${code}`])
  })

  it('[MQTT-3.2.2-18] any alias ends it where we take none', () => {
    const broker = new VirtualBroker({ limits: { topicAliasMaximum: 0 } })
    const client = join(broker, 'p').send(packet('30', text('t'), '03', '23', '0001', '78'))
    expect([client.closed, ...seen(client)]).toEqual([true, 'disconnect 94'])
  })

  it.each([
    ['[MQTT-3.3.2-13] a Response Topic', '080002c328', '81'],
    ['[MQTT-3.3.2-14] a Response Topic with a wildcard', `08${text('a/#')}`, '82'],
    ['[MQTT-3.3.2-14] a Response Topic with a wildcard', `08${text('+')}`, '82'],
    ['[MQTT-3.3.2-19] a Content Type', '030002c328', '81'],
    ['[MQTT-1.5.7-1] the name of a User Property', '260002c3280000', '81'],
    ['[MQTT-1.5.7-1] the value of a User Property', '2600000002c328', '81'],
  ])('%s that is ill-formed ends the connection', (_title, bad, code) => {
    const client = join(new VirtualBroker(), 'p').send(packet('30', text('t'), hex(bad.length / 2), bad, '78'))
    expect([client.closed, ...seen(client)]).toEqual([true, `disconnect ${code}`])
  })
})

describe('Subscription Identifiers (§3.3.4)', () => {
  const overlapping = (broker: VirtualBroker) => {
    const client = join(broker, 's')
    client.send(subscribeTo('t', { subscriptionIdentifier: 7 })).send(subscribeTo('+', { subscriptionIdentifier: 300 }))
    client.send(subscribeTo('#')).send(subscribeTo('u', { subscriptionIdentifier: 8 }))
    client.received()
    join(broker, 'p').send(message('t', 'x'))
    return client.receivedHex()
  }

  it('[MQTT-3.3.4-3] [MQTT-3.3.4-4] one copy has those of all that match', () => {
    expect(overlapping(new VirtualBroker())).toBe(packet('30', text('t'), '05', '0b07', '0bac02', '78'))
  })

  it('[MQTT-3.3.4-3] [MQTT-3.3.4-5] a copy for each subscription has its own', () => {
    const broker = new VirtualBroker({ settings: { overlappingSubscriptions: 'one-per-subscription' } })
    const copies = [['02', '0b07'], ['00'], ['03', '0bac02']].map((identifier) =>
      packet('30', text('t'), ...identifier, '78'),
    )
    expect(overlapping(broker)).toBe(copies.join(''))
  })

  it('[MQTT-3.3.4-6] one in the PUBLISH of a Client ends the connection', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, '#')
    const client = join(broker, 'p').send(packet('30', text('t'), '02', '0b07', '78'))
    expect([client.closed, ...seen(client), watcher.receivedHex()]).toEqual([true, 'disconnect 82', ''])
  })
})
