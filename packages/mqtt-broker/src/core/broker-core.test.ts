import { describe, expect, it } from 'vitest'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)

/** A connected Client that has seen its CONNACK. */
const join = (
  broker: VirtualBroker,
  clientId: string,
  options: Parameters<VirtualBroker['connect']>[1] = {},
): VirtualClient => {
  const client = broker.connect(clientId, options)
  expect(seen(client)[0]).toBe('connack 0')
  return client
}

describe('CONNECT', () => {
  it('[MQTT-3.1.0-1 v5.0] hostile #11: anything else first closes the connection without a word', () => {
    for (const first of ['c000', '300400016178', '8206000100016100', 'e000', '4002']) {
      const client = new VirtualBroker().open().send(first)
      expect([first, client.closed, client.receivedHex()]).toEqual([first, true, ''])
    }
  })

  it('[MQTT-3.1.0-2 v5.0] hostile #12: a second one is a Protocol Error, and the Will is published', () => {
    const broker = new VirtualBroker()
    const watcher = join(broker, 'watcher').send(subscribeTo('will'))
    watcher.received()
    const will = { topicName: 'will', payload: Uint8Array.of(0x77), qos: 0, retain: false } as const
    const client = join(broker, 'a', { will })
    client.send({ type: 'connect', protocolVersion: 5, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 })
    expect(seen(client)).toEqual(['disconnect 82'])
    expect(seen(watcher)).toEqual(['publish will w q0'])
  })

  it('hostile #23 [MQTT-3.1.3-8 v3.1.1]: an empty Client Identifier', () => {
    const broker = new VirtualBroker()
    expect(seen(broker.connect('', { version: 4, cleanStart: false }))).toEqual(['connack 85'])
    expect(seen(broker.connect('', { version: 4 }))).toEqual(['connack 0'])
    const [connack] = broker.connect('').received()
    expect(connack?.type === 'connack' && connack.properties?.assignedClientId).toMatch(/^godwit-[0-9a-f]{32}$/)
  })

  it('[MQTT-3.1.4-3 v5.0] I13 takes a Session over: the old connection is told and closed', () => {
    const broker = new VirtualBroker()
    const old = join(broker, 'a', { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } })
    const next = broker.connect('a', { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } })
    expect(seen(old)).toEqual(['disconnect 8e'])
    expect(old.closed).toBe(true)
    expect(seen(next)).toEqual(['connack 0 present'])
  })

  it('hostile #90: another principal does not get the Session', () => {
    const broker = new VirtualBroker({ edges: { authenticate: () => true } })
    join(broker, 'a', { username: 'alice' })
    expect(seen(broker.connect('a', { username: 'bob' }))).toEqual(['connack 85'])
    expect(seen(broker.connect('a', { username: 'bob', version: 4 }))).toEqual(['connack 85'])
  })

  it('hostile #42: what is behind the CONNECT waits for the authenticator, and is dropped where it says no', () => {
    for (const allowed of [true, false]) {
      let ticket = 0
      const authenticate = (asked: number): undefined => void (ticket = asked)
      const broker = new VirtualBroker({ edges: { authenticate } })
      const client = broker.connect('a')
      client.send(subscribeTo('t')).send(message('t', 'x'))
      expect(seen(client)).toEqual([])
      broker.answer(ticket, allowed)
      expect(seen(client)).toEqual(allowed ? ['connack 0', 'suback #1 0', 'publish t x q0'] : ['connack 87'])
      expect(broker.core.counters.messagesReceived).toBe(allowed ? 1 : 0)
    }
  })

  it('hostile #127: an authenticator that never answers is refused for, at the timeout, once', () => {
    let ticket = 0
    const broker = new VirtualBroker({ edges: { authenticate: (asked) => void (ticket = asked) } })
    const client = broker.connect('a')
    broker.pass(10_000)
    expect(seen(client)).toEqual(['connack 88'])
    broker.answer(ticket, true)
    expect(seen(client)).toEqual([])
    expect(broker.core.counters.sessions).toBe(0)
  })

  it('hostile #104: a socket without a CONNECT is closed after 10 s in all, however it drips', () => {
    const broker = new VirtualBroker()
    const silent = broker.open()
    const dripping = broker.open().send('10')
    broker.pass(9_999)
    expect([silent.closed, dripping.closed]).toEqual([false, false])
    broker.pass(1)
    expect([silent.closed, dripping.closed]).toEqual([true, true])
  })

  it('[MQTT-3.1.2-22 v5.0] I28: silence for one and a half times the Keep Alive ends it, and nothing sooner', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a', { keepAliveSeconds: 10 })
    broker.pass(10_000)
    client.send({ type: 'pingreq' })
    broker.pass(14_999)
    expect(seen(client)).toEqual(['pingresp'])
    broker.pass(1)
    expect(seen(client)).toEqual(['disconnect 8d'])
  })
})

describe('PUBLISH', () => {
  it('[MQTT-3.8.4-8] is delivered at the lower of its QoS and the granted one', () => {
    for (const granted of [0, 1, 2] as const) {
      for (const qos of [0, 1, 2] as const) {
        const broker = new VirtualBroker()
        const subscriber = join(broker, 's').send(subscribeTo('t', { qos: granted }))
        const publisher = join(broker, 'p')
        publisher.send(message('t', 'x', { qos, ...(qos > 0 && { packetId: 7 }) }))
        expect(seen(subscriber)[1]).toMatch(new RegExp(`publish t x q${Math.min(granted, qos)}`))
        expect(seen(publisher)).toEqual([[], ['puback #7 0'], ['pubrec #7 0']][qos])
      }
    }
  })

  it('crosses versions in each direction, and 3.1.1 never sees a property', () => {
    const broker = new VirtualBroker()
    const clients = ([3, 4, 5] as const).map((version) =>
      join(broker, `v${version}`, { version }).send(subscribeTo('t', { qos: 1 })),
    )
    for (const client of clients) client.received()
    const properties = { userProperties: [['k', 'v'] as const], contentType: 'text' }
    clients[2]!.send(message('t', 'five', { qos: 1, packetId: 1, properties }))
    clients[1]!.send(message('t', 'four', { qos: 1, packetId: 1 }))
    expect(seen(clients[0]!)).toEqual(['publish t five q1 #1', 'publish t four q1 #2'])
    const [five, , four] = clients[2]!.received()
    expect(five).toMatchObject({ type: 'publish', properties })
    expect(four).toMatchObject({ type: 'publish' })
  })

  it('I4 [MQTT-4.3.3-10] hostile #78: a QoS 2 repeat is acknowledged and routed once, across a reconnect', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's').send(subscribeTo('t'))
    subscriber.received()
    const durable = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }
    const first = join(broker, 'p', durable).send(message('t', 'x', { qos: 2, packetId: 9 }))
    first.cut()
    const again = broker.connect('p', durable).send(message('t', 'x', { qos: 2, packetId: 9, dup: true }))
    again.send({ type: 'pubrel', packetId: 9, reasonCode: 0 })
    expect(seen(again)).toEqual(['connack 0 present', 'pubrec #9 0', 'pubcomp #9 0'])
    expect(seen(subscriber)).toEqual(['publish t x q0'])
  })

  it('hostile #135: acknowledgements that do not fit', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's').send(subscribeTo('t', { qos: 2 }))
    subscriber.received()
    subscriber.send({ type: 'pubrel', packetId: 5, reasonCode: 0 })
    subscriber.send({ type: 'puback', packetId: 77, reasonCode: 0 })
    subscriber.send({ type: 'pubrec', packetId: 77, reasonCode: 0 })
    expect(seen(subscriber)).toEqual(['pubcomp #5 0', 'pubrel #77 0'])
    join(broker, 'p').send(message('t', 'x', { qos: 2, packetId: 1 }))
    expect(seen(subscriber)).toEqual(['publish t x q2 #1'])
    subscriber.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    expect(seen(subscriber)).toEqual(['disconnect 82'])
  })

  it('I8 [MQTT-3.3.4-9]: never more in flight than the Receive Maximum; what waits goes out in order', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's', { properties: { receiveMaximum: 2 } }).send(subscribeTo('t', { qos: 1 }))
    subscriber.received()
    const publisher = join(broker, 'p')
    for (const [place, text] of ['a', 'b', 'c', 'd'].entries())
      publisher.send(message('t', text, { qos: 1, packetId: place + 1 }))
    expect(seen(subscriber)).toEqual(['publish t a q1 #1', 'publish t b q1 #2'])
    subscriber.send({ type: 'puback', packetId: 2, reasonCode: 0 })
    expect(seen(subscriber)[0]).toMatch(/^publish t c q1/)
    subscriber.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    expect(seen(subscriber)[0]).toMatch(/^publish t d q1/)
    expect(broker.core.counters.queuedMessages).toBe(0)
  })

  it('[MQTT-3.3.4-7] hostile #136: one more than our Receive Maximum ends it', () => {
    const broker = new VirtualBroker({ limits: { receiveMaximum: 2 } })
    const publisher = join(broker, 'p')
    for (const packetId of [1, 2, 3]) publisher.send(message('t', 'x', { qos: 2, packetId }))
    expect(seen(publisher).at(-1)).toBe('disconnect 93')
    expect(broker.core.counters.receiveMaximumExceeded).toBe(1)
  })

  it('I8: what has been acknowledged no longer counts towards our Receive Maximum, refused or not', () => {
    const broker = new VirtualBroker({
      limits: { receiveMaximum: 2 },
      edges: { authorizePublish: (_client, topicName) => topicName !== 'no' },
    })
    const publisher = join(broker, 'p')
    for (let packetId = 1; packetId <= 10; packetId++) {
      publisher.send(message('t', 'x', { qos: 1, packetId })).send(message('no', 'x', { qos: 2, packetId: 100 }))
      publisher.send(message('t', 'x', { qos: 2, packetId })).send({ type: 'pubrel', packetId, reasonCode: 0 })
    }
    expect(publisher.closed).toBe(false)
    expect(seen(publisher)).toHaveLength(40)
  })

  it('[MQTT-3.3.2-12] hostile #45 #46: Topic Aliases', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's').send(subscribeTo('#'))
    subscriber.received()
    const publisher = join(broker, 'p')
    publisher.send(message('long/topic', 'a', { properties: { topicAlias: 3 } }))
    publisher.send(message('', 'b', { properties: { topicAlias: 3 } }))
    expect(seen(subscriber)).toEqual(['publish long/topic a q0', 'publish long/topic b q0'])
    publisher.send(message('', 'c', { properties: { topicAlias: 4 } }))
    expect(seen(publisher)).toEqual(['disconnect 82'])
    const greedy = join(broker, 'g').send(message('t', 'x', { properties: { topicAlias: 17 } }))
    expect(seen(greedy)).toEqual(['disconnect 94'])
  })

  it('hostile #55: $SYS and $share are not published to, other $-topics are', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's')
      .send(subscribeTo('$foo/x'))
      .send(subscribeTo('#', { packetId: 2 }))
    subscriber.received()
    const publisher = join(broker, 'p').send(message('$SYS/x', 'a', { qos: 1, packetId: 1 }))
    publisher.send(message('$foo/x', 'b', { qos: 1, packetId: 2 }))
    expect(seen(publisher)).toEqual(['puback #1 87', 'puback #2 0'])
    expect(seen(subscriber)).toEqual(['publish $foo/x b q0'])
  })

  it('[MQTT-3.1.2-25] I9 hostile #137: too large for a Client counts as sent, and the flow goes on', () => {
    const broker = new VirtualBroker()
    const subscriber = join(broker, 's', { properties: { maximumPacketSizeBytes: 64, receiveMaximum: 1 } }).send(
      subscribeTo('t', { qos: 1 }),
    )
    subscriber.received()
    const publisher = join(broker, 'p').send(message('t', 'x'.repeat(100), { qos: 1, packetId: 1 }))
    publisher.send(message('t', 'small', { qos: 1, packetId: 2 }))
    expect(seen(subscriber)).toEqual([expect.stringMatching(/^publish t small q1/)])
    expect(broker.core.counters.messagesDropped['packet-too-large']).toBe(1)
  })

  it('hostile #5: nothing after a violation in the same chunk is executed', () => {
    const broker = new VirtualBroker()
    const publisher = join(broker, 'p').send('c100 3005000174 0078')
    expect(seen(publisher)).toEqual(['disconnect 81'])
    expect(broker.core.counters.messagesReceived).toBe(0)
  })
})

describe('Sessions', () => {
  const durable = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }

  it('I11 I12 [MQTT-4.4.0-1 v5.0] hostile #82: what was not acknowledged comes again, in order, with DUP; then what waited', () => {
    const broker = new VirtualBroker()
    const first = join(broker, 's', durable).send(subscribeTo('t', { qos: 2 }))
    const publisher = join(broker, 'p')
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    expect(seen(first).slice(1)).toEqual(['publish t a q1 #1', 'publish t b q2 #2'])
    first.send({ type: 'pubrec', packetId: 2, reasonCode: 0 })
    first.cut()
    publisher.send(message('t', 'c', { qos: 1, packetId: 3 }))
    const again = seen(broker.connect('s', durable))
    expect(again.slice(0, 3)).toEqual(['connack 0 present', 'publish t a q1 #1 dup', 'pubrel #2 0'])
    expect(again[3]).toMatch(/^publish t c q1 #\d+$/)
  })

  it('I18 ends when its expiry interval is over, not before', () => {
    const broker = new VirtualBroker()
    join(broker, 's', durable).cut()
    broker.pass(59_999)
    expect(broker.core.counters.sessions).toBe(1)
    broker.pass(1)
    expect(broker.core.counters.sessions).toBe(0)
  })

  it('hostile #143: a DISCONNECT may change the expiry interval, but not raise it from 0', () => {
    const broker = new VirtualBroker()
    const raising = join(broker, 'a').send({
      type: 'disconnect',
      reasonCode: 0,
      properties: { sessionExpiryIntervalSeconds: 5 },
    })
    expect(seen(raising)).toEqual(['disconnect 82'])
    join(broker, 'b', durable).send({
      type: 'disconnect',
      reasonCode: 0,
      properties: { sessionExpiryIntervalSeconds: 0 },
    })
    expect(broker.core.counters.sessions).toBe(0)
  })

  it('hostile #138: a queue is bounded, and the drop is counted', () => {
    const broker = new VirtualBroker({ limits: { maximumQueuedMessages: 2 } })
    join(broker, 's', durable)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = join(broker, 'p')
    for (const packetId of [1, 2, 3]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    expect(seen(publisher)).toEqual(['puback #1 0', 'puback #2 0', 'puback #3 97'])
    expect(broker.core.counters.messagesDropped['queue-full']).toBe(1)
  })

  it('I20 leaves nothing behind', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', durable)
      .send(subscribeTo('a/+', { qos: 1 }))
      .send(subscribeTo('$share/g/b', { packetId: 2 }))
    client.cut()
    join(broker, 'p')
      .send(message('a/b', 'x', { qos: 1, packetId: 1 }))
      .cut()
    broker.pass(60_000)
    const { sessions, subscriptions, queuedMessages, queuedBytes, connections } = broker.core.counters
    expect({ sessions, subscriptions, queuedMessages, queuedBytes, connections }).toEqual({
      sessions: 0,
      subscriptions: 0,
      queuedMessages: 0,
      queuedBytes: 0,
      connections: 0,
    })
    expect(broker.core.nextDeadline()).toBe(Infinity)
  })
})

describe('SUBSCRIBE', () => {
  it('[MQTT-3.3.1-9 v5.0] [MQTT-3.3.1-10 v5.0] [MQTT-3.3.1-11 v5.0] hostile #74: Retain Handling', () => {
    const broker = new VirtualBroker()
    join(broker, 'p').send(message('t', 'kept', { retain: true }))
    const client = join(broker, 's')
    const replies = ([0, 1, 1, 2, 0] as const).map(
      (retainHandling) => seen(client.send(subscribeTo('t', { retainHandling }))).length - 1,
    )
    expect(replies).toEqual([1, 0, 0, 0, 1])
    expect(seen(join(broker, 'n').send(subscribeTo('t', { retainHandling: 1 })))).toContain('publish t kept q0 retain')
  })

  it('[MQTT-3.8.3-3 v5.0] No Local, and [MQTT-3.3.1-13] Retain As Published', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a').send(subscribeTo('t', { noLocal: true }))
    const other = join(broker, 'b').send(subscribeTo('t', { retainAsPublished: true }))
    client.send(message('t', 'x', { retain: true }))
    expect(seen(client)).toEqual(['suback #1 0'])
    expect(seen(other)).toEqual(['suback #1 0', 'publish t x q0 retain'])
  })

  it('[MQTT-3.3.4-2] [MQTT-3.3.4-3] overlapping subscriptions: one copy, the highest QoS, every identifier', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's').send(subscribeTo('t/#', { qos: 1, subscriptionIdentifier: 1 }))
    client.send(subscribeTo('t/+', { qos: 2, subscriptionIdentifier: 2, packetId: 2 }))
    client.received()
    join(broker, 'p').send(message('t/a', 'x', { qos: 2, packetId: 1 }))
    const packets = client.received()
    expect(packets).toHaveLength(1)
    expect(packets[0]).toMatchObject({ qos: 2, properties: { subscriptionIdentifiers: [1, 2] } })
  })

  it('[MQTT-3.8.3-4 v5.0] hostile #61 #66: a filter that is none stores nothing of its packet', () => {
    const broker = new VirtualBroker()
    expect(seen(join(broker, 'a').send('820b 0001 00 0005 612f232f62 00'))).toEqual(['disconnect 81'])
    expect(seen(join(broker, 'b').send('8210 0001 00 000a 2473686172652f672f78 04'))).toEqual(['disconnect 82'])
    expect(broker.core.counters.subscriptions).toBe(0)
  })

  it('hostile #67 #73: rights are asked of the inner filter', () => {
    const edges = {
      authorizeSubscribe: (_ticket: number, _client: unknown, filters: readonly string[]) =>
        filters.map((filter) => filter === 'open'),
    }
    const broker = new VirtualBroker({ edges })
    const client = join(broker, 's')
      .send(subscribeTo('$share/g/a/#'))
      .send(subscribeTo('$share/g/open', { packetId: 2 }))
    expect(seen(client)).toEqual(['suback #1 87', 'suback #2 0'])
  })

  it('I16: each message of a group goes to one member, and QoS 1 of a member that ends goes to another', () => {
    const broker = new VirtualBroker()
    const members = ['a', 'b'].map((clientId) => join(broker, clientId).send(subscribeTo('$share/g/t', { qos: 1 })))
    for (const member of members) member.received()
    const publisher = join(broker, 'p')
    for (const packetId of [1, 2]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    expect(members.map((member) => seen(member).length)).toEqual([1, 1])
    members[0]!.cut()
    expect(seen(members[1]!)).toEqual([expect.stringMatching(/^publish t 1 q1/)])
  })

  it('hostile #72: retained messages are replayed a few a turn, within the window', () => {
    const broker = new VirtualBroker({ limits: { retainedReplayPerTurn: 3 } })
    const publisher = join(broker, 'p')
    for (let number = 0; number < 10; number++)
      publisher.send(message(`t/${number}`, 'x', { qos: 1, packetId: 1, retain: true }))
    const client = join(broker, 's', { properties: { receiveMaximum: 4 } }).send(subscribeTo('t/#', { qos: 1 }))
    const first = client.received().filter(({ type }) => type === 'publish')
    expect(first).toHaveLength(4)
    const all = new Set<string>()
    for (let batch = first; batch.length > 0; batch = client.received().filter(({ type }) => type === 'publish')) {
      for (const packet of batch) {
        if (packet.type !== 'publish') continue
        all.add(packet.topicName)
        client.send({ type: 'puback', packetId: packet.packetId!, reasonCode: 0 })
      }
    }
    expect(all.size).toBe(10)
  })
})

describe('Wills', () => {
  const will = (willDelayIntervalSeconds: number) =>
    ({
      topicName: 'will',
      payload: Uint8Array.of(0x77),
      qos: 0,
      retain: false,
      properties: { willDelayIntervalSeconds },
    }) as const

  it('hostile #95 #97 I14: published once, when the delay or the Session ends, unless it resumes or says goodbye', () => {
    const cases = [
      { delay: 0, expiry: 60, at: 0 },
      { delay: 5, expiry: 60, at: 5_000 },
      { delay: 0xffff_ffff, expiry: 10, at: 10_000 },
      { delay: 5, expiry: 0, at: 0 },
    ]
    for (const { delay, expiry, at } of cases) {
      const broker = new VirtualBroker()
      const watcher = join(broker, 'w').send(subscribeTo('will'))
      watcher.received()
      join(broker, 'a', { will: will(delay), properties: { sessionExpiryIntervalSeconds: expiry } }).cut()
      if (at > 0) {
        broker.pass(at - 1)
        expect(seen(watcher)).toEqual([])
        broker.pass(1)
      }
      expect([delay, expiry, ...seen(watcher)]).toEqual([delay, expiry, 'publish will w q0'])
      broker.pass(100_000)
      expect(seen(watcher)).toEqual([])
    }
  })

  it('[MQTT-3.14.4-3 v5.0] [MQTT-3.1.3-9 v5.0]: a goodbye and a return before the delay is over take it away', () => {
    const broker = new VirtualBroker()
    const watcher = join(broker, 'w').send(subscribeTo('will'))
    watcher.received()
    const options = { will: will(5), cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }
    join(broker, 'a', options).cut()
    broker.pass(4_000)
    broker.connect('a', options).send({ type: 'disconnect', reasonCode: 0 })
    broker.pass(60_000)
    expect(seen(watcher)).toEqual([])
  })

  it('[MQTT-3.1.3-9 v5.0] I14: a return before the delay is over keeps the old Will from ever being published', () => {
    const broker = new VirtualBroker()
    const watcher = join(broker, 'w').send(subscribeTo('will'))
    watcher.received()
    const options = { will: will(5), cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }
    join(broker, 'a', options).cut()
    broker.pass(4_000)
    const back = broker.connect('a', options)
    broker.pass(60_000)
    expect(seen(watcher)).toEqual([])
    back.cut()
    broker.pass(4_999)
    expect(seen(watcher)).toEqual([])
    broker.pass(1)
    expect(seen(watcher)).toEqual(['publish will w q0'])
  })

  it('hostile #96: not published where the right is missing by then', () => {
    let allowed = true
    const broker = new VirtualBroker({ edges: { authorizePublish: () => allowed } })
    const watcher = join(broker, 'w').send(subscribeTo('will'))
    watcher.received()
    const client = join(broker, 'a', { will: will(0) })
    allowed = false
    client.cut()
    expect(seen(watcher)).toEqual([])
  })
})
