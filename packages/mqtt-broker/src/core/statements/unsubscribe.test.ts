import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, DURABLE, join, packet, seen, text } from '../../testing/wire.ts'

describe.each(BOTH)('UNSUBSCRIBE (§3.10), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const ended = (code: string) => (version === 5 ? [true, `disconnect ${code}`] : [true])
  const unsubscribe = (packetId: string, ...filters: string[]) => packet('a2', packetId, none, ...filters.map(text))
  const unsuback = (packetId: string, ...codes: string[]) =>
    packet('b0', packetId, none, version === 5 ? codes.join('') : '')
  const subscribed = (...filters: string[]) => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { ...DURABLE, version })
    for (const filter of filters) client.send(subscribeTo(filter, { qos: 2 }))
    client.received()
    return { broker, client }
  }

  it.each([
    ['[MQTT-3.10.1-1 v3.1.1 v5.0] other flags: 0000', unsubscribe('0001', 't').replace(/^a2/, 'a0'), '81'],
    ['[MQTT-3.10.1-1 v3.1.1 v5.0] other flags: 0011', unsubscribe('0001', 't').replace(/^a2/, 'a3'), '81'],
    ['[MQTT-3.10.3-1 v3.1.1 v5.0] a filter that is no UTF-8', packet('a2', '0001', none, '0002c328'), '81'],
    ['[MQTT-3.10.3-1 v3.1.1] a gap between filters', packet('a2', '0001', none, text('t'), '00', text('t')), '81'],
    ['[MQTT-3.10.3-2 v3.1.1 v5.0] no filter', packet('a2', '0001', none), '82'],
  ])('%s ends the connection, and nothing is deleted', (_title, bytes, code) => {
    const { broker, client } = subscribed('t')
    client.send(bytes)
    expect([client.closed, ...seen(client)]).toEqual(ended(code))
    expect(broker.core.counters.subscriptions).toBe(1)
  })

  it('[MQTT-3.10.4-1 v3.1.1 v5.0] deletes what is the same character by character, and only that', () => {
    const { broker, client } = subscribed('a/+', 'a/b', 'A/b')
    client.send(unsubscribe('0001', 'a/b'))
    client.send(unsubscribe('0002', 'a/#'))
    expect(client.receivedHex()).toBe(unsuback('0001', '00') + unsuback('0002', '11'))
    const publisher = join(broker, 'p')
    for (const topicName of ['a/b', 'A/b']) publisher.send(message(topicName, 'x'))
    expect(seen(client)).toEqual(['publish a/b x q0', 'publish A/b x q0'])
    client.send(unsubscribe('0003', 'a/+')).received()
    publisher.send(message('a/b', 'x'))
    expect(client.receivedHex()).toBe('')
  })

  it('[MQTT-3.10.4-2 v3.1.1 v5.0] adds no message for it any more, also while the Client is away', () => {
    const { broker, client } = subscribed('t')
    client.send(unsubscribe('0001', 't')).received()
    client.cut()
    join(broker, 'p').send(message('t', 'x', { qos: 1, packetId: 1 }))
    expect(broker.core.counters.queuedMessages).toBe(0)
    expect(seen(broker.connect('s', { ...DURABLE, version }))).toEqual(['connack 0 present'])
  })

  it('[MQTT-3.10.4-3 v3.1.1 v5.0] finishes what it has begun to send', () => {
    const { broker, client } = subscribed('t')
    join(broker, 'p')
      .send(message('t', 'x', { qos: 1, packetId: 1 }))
      .send(message('t', 'y', { qos: 2, packetId: 2 }))
    client.send(unsubscribe('0001', 't')).received()
    expect(client.send('50020002').receivedHex()).toBe('62020002')
    client.cut()
    expect(seen(broker.connect('s', { ...DURABLE, version }))).toEqual([
      'connack 0 present',
      'publish t x q1 #1 dup',
      'pubrel #2 0',
    ])
  })

  it('[MQTT-3.10.4-4 v3.1.1 v5.0] [MQTT-3.10.4-5 v3.1.1 v5.0] [MQTT-2.3.1-7] [MQTT-2.2.1-6] is answered with an UNSUBACK of its identifier, also where nothing was deleted', () => {
    const { client } = subscribed('t')
    expect(client.send(unsubscribe('1234', 't')).receivedHex()).toBe(unsuback('1234', '00'))
    expect(client.send(unsubscribe('ffff', 't')).receivedHex()).toBe(unsuback('ffff', '11'))
    expect(client.send(unsubscribe('0001', 'never')).receivedHex()).toBe(unsuback('0001', '11'))
  })

  it('[MQTT-3.10.4-6 v3.1.1 v5.0] [MQTT-3.11.3-1] [MQTT-3.11.3-2] several filters: each is deleted, one UNSUBACK has a code for each in order', () => {
    const { broker, client } = subscribed('a', 'b', 'c')
    client.send(unsubscribe('0007', 'a', 'x', 'b', 'a'))
    expect(client.receivedHex()).toBe(unsuback('0007', '00', '11', '00', '11'))
    expect(broker.core.counters.subscriptions).toBe(1)
  })
})
