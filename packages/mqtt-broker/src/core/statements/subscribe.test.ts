import { isReasonCodeOf, PacketType } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, DURABLE, hex, join, packet, seen, text } from '../../testing/wire.ts'

describe.each(BOTH)('SUBSCRIBE (§3.8), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const ended = (code: string) => (version === 5 ? [true, `disconnect ${code}`] : [true])
  const subscribe = (packetId: string, ...filters: [filter: string, options: string][]) =>
    packet('82', packetId, none, ...filters.map(([filter, options]) => text(filter) + options))
  const suback = (packetId: string, ...codes: string[]) => packet('90', packetId, none, ...codes)
  const open = (options: ConstructorParameters<typeof VirtualBroker>[0] = {}) => {
    const broker = new VirtualBroker(options)
    return { broker, client: join(broker, 's', { version }) }
  }

  it.each([
    ['[MQTT-3.8.1-1 v3.1.1 v5.0] other flags: 0000', subscribe('0001', ['t', '00']).replace(/^82/, '80'), '81'],
    ['[MQTT-3.8.1-1 v3.1.1 v5.0] other flags: 0011', subscribe('0001', ['t', '00']).replace(/^82/, '83'), '81'],
    ['[MQTT-3.8.3-1 v3.1.1 v5.0] a filter that is no UTF-8', packet('82', '0001', none, '0002c328', '00'), '81'],
    ['[MQTT-3.8.3-3 v3.1.1] [MQTT-3.8.3-2 v5.0] no filter', packet('82', '0001', none), '82'],
    ['[MQTT-3.8.3-4 v3.1.1] [MQTT-3.8.3-5] the highest bit', subscribe('0001', ['t', '80']), '81'],
    ['[MQTT-3.8.3-4 v3.1.1] [MQTT-3.8.3-5] the second highest bit', subscribe('0001', ['a', '00'], ['t', '40']), '81'],
    ['[MQTT-3.8.3-4 v3.1.1] QoS 3', subscribe('0001', ['t', '03']), '81'],
    ['[MQTT-4.7.1-2 v3.1.1] [MQTT-4.7.1-1 v5.0] # that is not last', subscribe('0001', ['a/#/b', '00']), '81'],
    ['[MQTT-4.7.1-2 v3.1.1] [MQTT-4.7.1-1 v5.0] # that is not alone', subscribe('0001', ['a#', '00']), '81'],
    ['[MQTT-4.7.1-3] [MQTT-4.7.1-2 v5.0] + that is not alone', subscribe('0001', ['a/b+', '00']), '81'],
    ['[MQTT-4.7.3-1 v3.1.1 v5.0] an empty filter', subscribe('0001', ['', '00']), '81'],
    ['[MQTT-4.7.3-2 v3.1.1 v5.0] U+0000 in a filter', subscribe('0001', ['a\0', '00']), '81'],
  ])('%s ends the connection, and nothing is stored', (_title, bytes, code) => {
    const { broker, client } = open()
    client.send(bytes)
    expect([client.closed, ...seen(client)]).toEqual(ended(code))
    expect(broker.core.counters.subscriptions).toBe(0)
  })

  it.each([4, 8, 16, 32])('[MQTT-3.8.3-4 v3.1.1] option %i is reserved in 3.1.1, and something in 5.0', (option) => {
    const { client } = open()
    client.send(subscribe('0001', ['t', hex(option)]))
    expect([client.closed, client.receivedHex()]).toEqual(version === 4 ? [true, ''] : [false, suback('0001', '00')])
  })

  it('[MQTT-3.8.4-1 v3.1.1 v5.0] [MQTT-3.8.4-2 v3.1.1 v5.0] [MQTT-2.3.1-7] [MQTT-2.2.1-6] is answered with a SUBACK of its identifier', () => {
    const { client } = open()
    for (const packetId of ['0001', 'ffff', '1234'])
      expect(client.send(subscribe(packetId, ['t', '01'])).receivedHex()).toBe(suback(packetId, '01'))
  })

  it('[MQTT-3.8.4-3 v3.1.1 v5.0] the same filter again replaces the subscription: one copy, the new QoS', () => {
    const { broker, client } = open()
    client.send(subscribe('0001', ['t', '02'])).send(subscribe('0002', ['t', '00']))
    client.received()
    join(broker, 'p').send(message('t', 'x', { qos: 2, packetId: 1 }))
    expect(seen(client)).toEqual(['publish t x q0'])
    expect(broker.core.counters.subscriptions).toBe(1)
  })

  it('[MQTT-3.8.4-3 v3.1.1] [MQTT-3.8.4-4 v5.0] [MQTT-3.3.1-6 v3.1.1] replacing sends retained messages again, and loses nothing', () => {
    const { broker, client } = open()
    const publisher = join(broker, 'p').send(message('t', 'kept', { retain: true }))
    client.send(subscribe('0001', ['t', '01']))
    expect(seen(client)).toEqual(['suback #1 1', 'publish t kept q0 retain'])
    publisher.send(message('t', 'before', { qos: 1, packetId: 1 }))
    client.send(subscribe('0002', ['t', '01']))
    publisher.send(message('t', 'after', { qos: 1, packetId: 2 }))
    expect(seen(client)).toEqual([
      'publish t before q1 #1',
      'suback #2 1',
      'publish t kept q0 retain',
      'publish t after q1 #2',
    ])
  })

  it('[MQTT-3.8.4-4 v3.1.1] [MQTT-3.8.4-5 v3.1.1 v5.0] [MQTT-3.8.4-6 v5.0] [MQTT-3.9.3-1 v3.1.1 v5.0] several filters: each is served, one SUBACK has their codes in order', () => {
    const { broker, client } = open()
    client.send(subscribe('0007', ['a', '02'], ['b', '00'], ['c', '01'], ['a', '01']))
    expect(client.receivedHex()).toBe(suback('0007', '02', '00', '01', '01'))
    const publisher = join(broker, 'p')
    for (const topicName of ['a', 'b', 'c'])
      publisher.send(message(topicName, 'x', { qos: 2, packetId: 1 })).send('62020001')
    expect(seen(client)).toEqual(['publish a x q1 #1', 'publish b x q0', 'publish c x q1 #2'])
  })

  it('[MQTT-3.8.4-5 v3.1.1] [MQTT-3.8.4-7] [MQTT-3.9.3-1 v3.1.1 v5.0] a right that is missing is the failure of its filter only', () => {
    const authorizeSubscribe = (_ticket: number, _client: unknown, filters: readonly string[]) =>
      filters.map((filter) => filter !== 'no')
    const { broker, client } = open({ edges: { authorizeSubscribe } })
    client.send(subscribe('0001', ['a', '01'], ['no', '01'], ['b', '02']))
    expect(client.receivedHex()).toBe(suback('0001', '01', version === 5 ? '87' : '80', '02'))
    expect(broker.core.counters.subscriptions).toBe(2)
  })

  it('[MQTT-3.8.4-6 v3.1.1] [MQTT-3.8.4-7] [MQTT-3.8.4-8] delivered is the lower of what was granted and published', () => {
    for (const granted of [0, 1, 2] as const) {
      const { broker, client } = open()
      client.send(subscribe('0001', ['t', hex(granted)]))
      expect(client.receivedHex()).toBe(suback('0001', hex(granted)))
      const publisher = join(broker, 'p')
      for (const qos of [0, 1, 2] as const)
        publisher.send(message('t', `${qos}`, { qos, ...(qos > 0 && { packetId: qos }) }))
      expect(seen(client).map((each) => each.slice(0, 14))).toEqual(
        [0, 1, 2].map((qos) => `publish t ${qos} q${Math.min(qos, granted)}`),
      )
    }
  })

  it('[MQTT-3.8.4-6 v3.1.1] [MQTT-3.8.4-7] less is granted than was asked for where the Maximum QoS is lower', () => {
    for (const maximumQos of [0, 1, 2] as const) {
      const { client } = open({ settings: { maximumQos } })
      expect(client.send(subscribe('0001', ['t', '02'])).receivedHex()).toBe(suback('0001', hex(maximumQos)))
    }
  })

  it('[MQTT-3.9.3-2 v3.1.1 v5.0] only codes that may stand in a SUBACK, whatever a hook says', () => {
    const codes = Array.from({ length: 256 }, (_, code) => {
      const subscribe = () => ({ reasonCode: code })
      const { client } = open({ interceptors: [{ name: 'no', subscribe }] })
      const [answer] = client.send(subscribeTo('t', { qos: 1 })).received()
      return answer?.type === 'suback' ? (answer.reasonCodes[0] ?? -1) : -1
    })
    const wrong = codes.filter(
      (code) => code < 0x80 || (version === 4 ? code !== 0x80 : !isReasonCodeOf(PacketType.suback, code)),
    )
    expect(wrong).toEqual([])
    expect(codes[0x87]).toBe(version === 4 ? 0x80 : 0x87)
  })
})

describe('SUBSCRIBE in one version', () => {
  it('[MQTT-3.8.3-2 v3.1.1] filters with wildcards are refused where the settings say that there are none', () => {
    const broker = new VirtualBroker({ settings: { wildcardSubscriptionAvailable: false } })
    const client = join(broker, 's', { version: 4 })
    client.send(packet('82', '0001', text('a/#'), '00', text('+'), '00', text('a'), '00'))
    expect(client.receivedHex()).toBe('90050001808000')
    expect(broker.core.counters.subscriptions).toBe(1)
  })

  it('[MQTT-3.8.3-3 v5.0] No Local: no message of its own Client Identifier, also after a reconnect; those of others', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', DURABLE)
      .send(subscribeTo('t', { noLocal: true, qos: 1 }))
      .cut()
    const client = join(broker, 'a', DURABLE)
    client.send(message('t', 'own', { qos: 1, packetId: 1 }))
    join(broker, 'b').send(message('t', 'other', { qos: 1, packetId: 1 }))
    expect(seen(client)).toEqual(['puback #1 10', 'publish t other q1 #1'])
  })

  it('[MQTT-3.8.3-4 v5.0] No Local on a Shared Subscription ends the connection', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'a').send(packet('82', '0001', '00', text('$share/g/t'), '04'))
    expect([client.closed, ...seen(client)]).toEqual([true, 'disconnect 82'])
    expect(broker.core.counters.subscriptions).toBe(0)
  })

  it('[MQTT-3.8.4-4 v5.0] replacing loses nothing that waits, and sends retained messages by Retain Handling', () => {
    const broker = new VirtualBroker()
    const properties = { ...DURABLE.properties, receiveMaximum: 1 }
    const client = join(broker, 's', { properties }).send(subscribeTo('t', { qos: 1 }))
    const publisher = join(broker, 'p')
    for (const packetId of [1, 2]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    client.send(subscribeTo('t', { qos: 1, retainHandling: 2 }))
    expect(seen(client)).toEqual(['suback #1 1', 'publish t 1 q1 #1', 'suback #1 1'])
    expect(seen(client.send('40020001'))).toEqual([expect.stringMatching(/^publish t 2 q1/)])
  })
})
