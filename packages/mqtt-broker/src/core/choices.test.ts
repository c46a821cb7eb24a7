import { describe, expect, it } from 'vitest'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const durable = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }

describe('choices that the specification leaves open', () => {
  it('[MQTT-3.3.4-2] one copy for each overlapping subscription', () => {
    const broker = new VirtualBroker({ settings: { overlappingSubscriptions: 'one-per-subscription' } })
    const client = broker
      .connect('s')
      .send(subscribeTo('t'))
      .send(subscribeTo('#', { packetId: 2 }))
    client.received()
    broker.connect('p').send(message('t', 'x'))
    expect(seen(client)).toEqual(['publish t x q0', 'publish t x q0'])
  })

  it('QoS 0 for a Session that is offline is dropped and counted, or waits', () => {
    for (const queueQos0 of [false, true]) {
      const broker = new VirtualBroker({ settings: { queueQos0 } })
      broker.connect('s', durable).send(subscribeTo('t')).cut()
      broker.connect('p').send(message('t', 'x'))
      expect(seen(broker.connect('s', durable)).slice(1)).toEqual(queueQos0 ? ['publish t x q0'] : [])
      expect(broker.core.counters.messagesDropped['session-offline']).toBe(queueQos0 ? 0 : 1)
    }
  })

  it('[MQTT-4.6.0-5 v5.0] I10: QoS 0 that waited for its Client comes before what is published when it is back', () => {
    const broker = new VirtualBroker({ settings: { queueQos0: true } })
    const window = { ...durable, properties: { ...durable.properties, receiveMaximum: 1 } }
    broker
      .connect('s', window)
      .send(subscribeTo('one', { qos: 1 }))
      .send(subscribeTo('t', { packetId: 2 }))
      .cut()
    const publisher = broker.connect('p')
    for (const packetId of [1, 2]) publisher.send(message('one', `${packetId}`, { qos: 1, packetId }))
    publisher.send(message('t', 'early'))
    const client = broker.connect('s', window)
    publisher.send(message('t', 'late'))
    // The window is closed, and so is the queue behind it.
    expect(seen(client).slice(1)).toEqual(['publish one 1 q1 #1'])
    for (const packetId of [1, 2]) client.send({ type: 'puback', packetId, reasonCode: 0 })
    expect(seen(client)).toEqual(['publish one 2 q1 #2', 'publish t early q0', 'publish t late q0'])
    publisher.send(message('t', 'at once'))
    expect(seen(client)).toEqual(['publish t at once q0'])
  })

  it('a full queue drops the oldest', () => {
    const broker = new VirtualBroker({
      settings: { queueOverflow: 'drop-oldest' },
      limits: { maximumQueuedMessages: 2 },
    })
    broker
      .connect('s', durable)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = broker.connect('p')
    for (const packetId of [1, 2, 3]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    const again = seen(broker.connect('s', durable))
    expect(again.slice(1)).toEqual([expect.stringContaining('publish t 2'), expect.stringContaining('publish t 3')])
  })

  it('hostile #52: a payload that says it is text is checked', () => {
    const broker = new VirtualBroker({ settings: { checkPayloadFormat: true } })
    const client = broker.connect('p')
    client.send({
      ...message('t', 'x', { qos: 1, packetId: 1, properties: { payloadFormatIndicator: 1 } }),
      payload: Uint8Array.of(0xff),
    } as Parameters<VirtualClient['send']>[0])
    client.send(message('t', 'x', { qos: 1, packetId: 2, properties: { payloadFormatIndicator: 1 } }))
    expect(seen(client).slice(1)).toEqual(['puback #1 99', 'puback #2 10'])
  })

  it('[MQTT-3.2.2-11] [MQTT-3.2.2-14] hostile #53: Maximum QoS and Retain Available are told and held', () => {
    const options = { settings: { maximumQos: 1, retainAvailable: false } } as const
    const told = new VirtualBroker(options).connect('a').received()[0]
    expect(told).toMatchObject({ properties: { maximumQos: 1, retainAvailable: false } })
    const join = () => new VirtualBroker(options).connect('a')
    expect(seen(join().send(message('t', 'x', { qos: 2, packetId: 1 }))).at(-1)).toBe('disconnect 9b')
    expect(seen(join().send(message('t', 'x', { retain: true }))).at(-1)).toBe('disconnect 9a')
    expect(seen(join().send(subscribeTo('t', { qos: 2 }))).at(-1)).toBe('suback #1 1')
    const will = (qos: 0 | 2, retain: boolean) => ({
      will: { topicName: 'w', payload: new Uint8Array(0), qos, retain },
    })
    expect(seen(new VirtualBroker(options).connect('a', will(2, false)))).toEqual(['connack 9b'])
    expect(seen(new VirtualBroker(options).connect('a', will(0, true)))).toEqual(['connack 9a'])
  })

  it('Server Reference, Server Keep Alive, Response Information and User Properties of CONNACK', () => {
    const elsewhere = new VirtualBroker({ settings: { serverReference: 'other:1883' } }).connect('a').received()[0]
    expect(elsewhere).toMatchObject({ reasonCode: 0x9c, properties: { serverReference: 'other:1883' } })
    const broker = new VirtualBroker({
      settings: { serverKeepAliveSeconds: 7, responseInformation: 'replies/', connackUserProperties: [['k', 'v']] },
      limits: { maximumSessionExpirySeconds: 5 },
    })
    const properties = { requestResponseInformation: true, sessionExpiryIntervalSeconds: 100 }
    const client = broker.connect('a', { keepAliveSeconds: 60, properties })
    expect(client.received()[0]).toMatchObject({
      properties: {
        serverKeepAliveSeconds: 7,
        responseInformation: 'replies/',
        userProperties: [['k', 'v']],
        sessionExpiryIntervalSeconds: 5,
      },
    })
    broker.pass(10_500)
    expect(seen(client)).toEqual(['disconnect 8d'])
  })

  it('hostile #108: a maximum Keep Alive holds for 3.1.1 too, also for one without', () => {
    const broker = new VirtualBroker({ limits: { maximumKeepAliveSeconds: 10 } })
    const client = broker.connect('a', { version: 4, keepAliveSeconds: 0 })
    broker.pass(15_000)
    expect(client.closed).toBe(true)
  })

  it('hostile #89: too many takeovers make the newcomer wait', () => {
    const broker = new VirtualBroker({ limits: { maximumTakeoversPer10Seconds: 2 } })
    const codes = [1, 2, 3, 4].map(() => seen(broker.connect('a'))[0])
    expect(codes).toEqual(['connack 0', 'connack 0', 'connack 0', 'connack 9f'])
    broker.pass(10_001)
    expect(seen(broker.connect('a'))[0]).toBe('connack 0')
    expect(broker.core.counters.takeoversRefused).toBe(1)
  })

  it('a limit on Sessions, and on the length of a Client Identifier', () => {
    const broker = new VirtualBroker({ limits: { maximumSessions: 1, maximumClientIdBytes: 4 } })
    expect(seen(broker.connect('äö'))).toEqual(['connack 0'])
    expect(seen(broker.connect('b'))).toEqual(['connack 97'])
    expect(seen(broker.connect('äöü'))).toEqual(['connack 85'])
  })

  it('hostile #39: an Authentication Method is refused', () => {
    const broker = new VirtualBroker()
    expect(seen(broker.connect('a', { properties: { authenticationMethod: 'X' } }))).toEqual(['connack 8c'])
    const client = broker.connect('b')
    client.send({ type: 'auth', reasonCode: 0x19, properties: { authenticationMethod: 'X' } })
    expect(seen(client).at(-1)).toBe('disconnect 82')
  })

  it.each([
    ['a/#', 'connack 81'],
    ['$SYS/x', 'connack 90'],
    [`${'a/'.repeat(250)}b`, 'connack 90'],
  ])('hostile #22: the Will Topic %#', (topicName, answer) => {
    const broker = new VirtualBroker()
    const bytes = [...topicName].map((character) => character.charCodeAt(0))
    const body = [
      0,
      4,
      0x4d,
      0x51,
      0x54,
      0x54,
      5,
      0x06,
      0,
      0,
      0,
      0,
      1,
      0x61,
      0,
      bytes.length >> 8,
      bytes.length & 0xff,
      ...bytes,
      0,
      0,
    ]
    const length = body.length < 128 ? [body.length] : [(body.length & 0x7f) | 0x80, body.length >> 7]
    expect(seen(broker.open().send(Uint8Array.of(0x10, ...length, ...body)))).toEqual([answer])
  })
})

describe('Shared Subscriptions', () => {
  const members = (broker: VirtualBroker, ...names: string[]): VirtualClient[] =>
    names.map((name) => {
      const member = broker.connect(name, durable).send(subscribeTo('$share/g/t', { qos: 1 }))
      member.received()
      return member
    })
  const publish = (broker: VirtualBroker, count: number): void => {
    const publisher = broker.connect('p')
    for (let packetId = 1; packetId <= count; packetId++)
      publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
  }

  it('I16: wait in the group while nobody is online, and go to whoever comes', () => {
    const broker = new VirtualBroker()
    const [a] = members(broker, 'a', 'b')
    for (const name of ['a', 'b']) broker.connect(name, durable).cut()
    publish(broker, 2)
    expect(broker.core.counters.queuedMessages).toBe(2)
    expect(a!.closed).toBe(true)
    expect(seen(broker.connect('b', durable)).slice(1)).toEqual(['publish t 1 q1 #1', 'publish t 2 q1 #2'])
    expect(broker.core.counters.queuedMessages).toBe(0)
  })

  it('the group queue is bounded, and goes with its last member', () => {
    const broker = new VirtualBroker({ limits: { maximumQueuedMessages: 1 } })
    members(broker, 'a')[0]!.cut()
    publish(broker, 2)
    expect(broker.core.counters.messagesDropped['queue-full']).toBe(1)
    broker.pass(60_000)
    const { queuedMessages, queuedBytes, messagesDropped } = broker.core.counters
    expect([queuedMessages, queuedBytes, messagesDropped['no-group-member']]).toEqual([0, 0, 1])
  })

  it('QoS 0 with nobody online is dropped and counted', () => {
    const broker = new VirtualBroker()
    members(broker, 'a')[0]!.cut()
    broker.connect('p').send(message('t', 'x'))
    expect(broker.core.counters.messagesDropped['no-group-member']).toBe(1)
  })

  it.each([
    ['sticky', [3, 0]],
    ['round-robin', [2, 1]],
    ['least-in-flight', [2, 1]],
  ] as const)('choose %s', (sharedSubscriptionChoice, counts) => {
    const broker = new VirtualBroker({ settings: { sharedSubscriptionChoice } })
    const both = members(broker, 'a', 'b')
    publish(broker, 3)
    expect(both.map((member) => seen(member).length)).toEqual(counts)
  })

  it('hostile #69: unsubscribing one of two leaves the other working', () => {
    const broker = new VirtualBroker()
    const client = broker
      .connect('a')
      .send(subscribeTo('$share/g/t'))
      .send(subscribeTo('t', { packetId: 2 }))
    client.send({ type: 'unsubscribe', packetId: 3, topicFilters: ['t', 'unknown'] })
    client.send(message('t', 'x'))
    expect(seen(client).slice(3)).toEqual(['unsuback #3 0 11', 'publish t x q0'])
    client.cut()
    expect(broker.core.counters.subscriptions).toBe(0)
  })
})

describe('messages over time', () => {
  it('I17 [MQTT-3.3.2-5] [MQTT-3.3.2-6]: expire while they wait; what is left is told', () => {
    const broker = new VirtualBroker()
    broker
      .connect('s', durable)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = broker.connect('p')
    publisher.send(message('t', 'short', { qos: 1, packetId: 1, properties: { messageExpiryIntervalSeconds: 2 } }))
    publisher.send(message('t', 'long', { qos: 1, packetId: 2, properties: { messageExpiryIntervalSeconds: 10 } }))
    broker.pass(3_500)
    const packets = broker
      .connect('s', durable)
      .received()
      .filter(({ type }) => type === 'publish')
    expect(packets).toMatchObject([{ properties: { messageExpiryIntervalSeconds: 7 } }])
    expect(broker.core.counters.messagesDropped['message-expired']).toBe(1)
  })

  it('I15: retained messages are replaced, emptied and expire, within their limits', () => {
    const broker = new VirtualBroker({ limits: { maximumRetainedTopics: 2, maximumRetainedMessageBytes: 50 } })
    const publisher = broker.connect('p')
    const keep = (topicName: string, text: string, more = {}) =>
      publisher.send(message(topicName, text, { retain: true, qos: 1, packetId: 1, ...more }))
    keep('a', 'old')
    keep('a', 'new')
    keep('b', 'brief', { properties: { messageExpiryIntervalSeconds: 5 } })
    publisher.received()
    const live = broker.connect('live').send(subscribeTo('c', { qos: 2 }))
    live.received()
    keep('c', 'one too many')
    keep('a', 'x'.repeat(60))
    expect(seen(publisher)).toEqual(['puback #1 97', 'puback #1 97'])
    // I4: whoever was refused may send it again, and nobody gets it twice.
    keep('c', 'twice', { qos: 2 })
    keep('c', 'twice', { qos: 2, dup: true })
    expect(seen(publisher)).toEqual(['pubrec #1 97', 'pubrec #1 97'])
    expect(seen(live)).toEqual([])
    keep('c', 'without an answer', { qos: 0, packetId: undefined })
    expect(seen(live)).toEqual(['publish c without an answer q0'])
    expect(
      seen(broker.connect('s').send(subscribeTo('#')))
        .slice(2)
        .sort(),
    ).toEqual(['publish a new q0 retain', 'publish b brief q0 retain'])
    broker.pass(5_000)
    keep('a', '')
    const { retainedMessages, retainedBytes } = broker.core.counters
    expect([retainedMessages, retainedBytes]).toEqual([0, 0])
  })

  it('hostile #153: a smaller window after a resume: resends go out in slices, and nothing stalls', () => {
    const broker = new VirtualBroker()
    const wide = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60, receiveMaximum: 3 } }
    const first = broker.connect('s', wide).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p')
    for (const packetId of [1, 2, 3, 4]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    first.cut()
    const narrow = broker.connect('s', {
      cleanStart: false,
      properties: { sessionExpiryIntervalSeconds: 60, receiveMaximum: 1 },
    })
    const got: string[] = []
    for (let packets = narrow.received(); packets.length > 0; packets = narrow.received()) {
      for (const packet of packets) {
        if (packet.type !== 'publish') continue
        got.push(String.fromCharCode(...packet.payload))
        narrow.send({ type: 'puback', packetId: packet.packetId!, reasonCode: 0 })
      }
    }
    expect(got).toEqual(['1', '2', '3', '4'])
  })
})
