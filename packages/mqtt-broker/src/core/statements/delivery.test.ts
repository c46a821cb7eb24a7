import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, DURABLE, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

/** A 5.0 PUBLISH of each QoS, with DUP where that may be. */
const PUBLISH = [
  packet('30', text('t'), '00', '78'),
  packet('3a', text('t'), '0009', '00', '78'),
  packet('3c', text('t'), '0009', '00', '78'),
].map((digits) => Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
]

describe.each(BOTH)('the broker sends (§4.3), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const publish = (firstByte: string, packetId: string) => packet(firstByte, text('t'), packetId, none, '78')
  const durable = { ...DURABLE, version }
  /** A subscriber, and a publisher that sends one message of each QoS that is asked for. */
  const flow = (...qualities: (0 | 1 | 2)[]) => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', durable).send(subscribeTo('t', { qos: 2 }))
    client.received()
    const publisher = join(broker, 'p')
    const send = (qos: 0 | 1 | 2) => {
      publisher.send(PUBLISH[qos])
      if (qos === 2) publisher.send('62020009')
    }
    for (const qos of qualities) send(qos)
    return { broker, client, send }
  }

  it('[MQTT-4.3.1-1 v3.1.1 v5.0] QoS 0: QoS 0 and DUP 0', () => {
    expect(flow(0).client.receivedHex()).toBe(publish('30', ''))
  })

  it('[MQTT-4.3.2-1 v3.1.1 v5.0] [MQTT-4.3.2-2 v5.0] QoS 1: an identifier that is free, DUP 0', () => {
    expect(flow(1, 1).client.receivedHex()).toBe(publish('32', '0001') + publish('32', '0002'))
  })

  it('[MQTT-4.3.2-1 v3.1.1] [MQTT-4.3.2-3] QoS 1: unacknowledged until PUBACK', () => {
    const { broker, client } = flow(1)
    client.cut()
    const again = broker.connect('s', durable)
    expect(again.receivedHex().endsWith(publish('3a', '0001'))).toBe(true)
    again.send('40020001').cut()
    expect(seen(broker.connect('s', durable))).toEqual(['connack 0 present'])
  })

  it('[MQTT-4.3.3-1 v3.1.1 v5.0] [MQTT-4.3.3-2 v5.0] QoS 2: an identifier that is free, DUP 0', () => {
    expect(flow(2, 2).client.receivedHex()).toBe(publish('34', '0001') + publish('34', '0002'))
  })

  it('[MQTT-4.3.3-1 v3.1.1] [MQTT-4.3.3-3] QoS 2: unacknowledged until PUBREC', () => {
    const { broker, client } = flow(2)
    client.cut()
    expect(broker.connect('s', durable).receivedHex().endsWith(publish('3c', '0001'))).toBe(true)
  })

  it('[MQTT-4.3.3-1 v3.1.1] [MQTT-4.3.3-4] [MQTT-2.3.1-6] [MQTT-2.2.1-5] QoS 2: PUBREL with the same identifier on PUBREC', () => {
    const { client } = flow(1, 2)
    client.received()
    expect(client.send('50020002').receivedHex()).toBe('62020002')
  })

  it('[MQTT-4.3.3-1 v3.1.1] [MQTT-4.3.3-5] [MQTT-4.3.3-6] QoS 2: after it PUBREL is sent again until PUBCOMP, PUBLISH never', () => {
    const { broker, client } = flow(2)
    client.send('50020001').cut()
    const again = broker.connect('s', durable)
    expect(seen(again)).toEqual(['connack 0 present', 'pubrel #1 0'])
    again.send('70020001').cut()
    expect(seen(broker.connect('s', durable))).toEqual(['connack 0 present'])
  })

  it('[MQTT-2.3.1-4] [MQTT-2.2.1-4] an identifier is free again only after its acknowledgement, and never 0', () => {
    const { client, send } = flow(2, 1)
    // One stays unacknowledged, the other is past PUBREC: both are passed over when the numbers begin anew.
    client.send('50020001').received()
    const used = new Set<number>()
    const [idAt, length] = [5, publish('32', '0000').length / 2]
    while (used.size < 65_533) {
      const count = Math.min(90, 65_533 - used.size)
      for (let place = 0; place < count; place++) send(1)
      const bytes = client.bytes.splice(0)
      expect(bytes).toHaveLength(count * length)
      const acknowledgements = new Uint8Array(count * 4)
      for (let place = 0; place < count; place++) {
        const [high = 0, low = 0] = bytes.slice(place * length + idAt)
        used.add((high << 8) | low)
        acknowledgements.set([0x40, 2, high, low], place * 4)
      }
      client.send(acknowledgements)
    }
    expect([used.has(0), used.has(1), used.has(2)]).toEqual([false, false, false])
    send(1)
    expect(seen(client)).toEqual(['publish t x q1 #3'])
  })

  it('[MQTT-4.6.0-1 v3.1.1 v5.0] [MQTT-4.6.0-4 v3.1.1 v5.0] sends again in the original order, and PUBREL in that of the PUBRECs', () => {
    const { broker, client } = flow(2, 1, 2, 1, 2)
    client.send('50020005').send('50020001')
    expect(seen(client).slice(-2)).toEqual(['pubrel #5 0', 'pubrel #1 0'])
    client.cut()
    expect(seen(broker.connect('s', durable))).toEqual([
      'connack 0 present',
      'publish t x q1 #2 dup',
      'publish t x q2 #3 dup',
      'publish t x q1 #4 dup',
      'pubrel #5 0',
      'pubrel #1 0',
    ])
  })

  it('[MQTT-4.6.0-5 v3.1.1 v5.0] [MQTT-4.6.0-6 v3.1.1 v5.0] every topic is ordered, also through the queue of a Client that was away', () => {
    for (const qos of [0, 1, 2] as const) {
      const broker = new VirtualBroker({ settings: { queueQos0: true } })
      const client = join(broker, 's', durable).send(subscribeTo('+/+', { qos: 2 }))
      client.received()
      const publisher = join(broker, 'p')
      const order: string[] = []
      const send = (count: number) => {
        for (let place = 0; place < count; place++) {
          const payload = `${order.length}`
          order.push(payload)
          publisher.send(message(`t/${order.length % 2}`, payload, { qos, ...(qos > 0 && { packetId: order.length }) }))
          if (qos === 2) publisher.send({ type: 'pubrel', packetId: order.length, reasonCode: 0 })
        }
      }
      send(20)
      client.cut()
      send(20)
      const back = broker.connect('s', durable)
      send(20)
      const payloads = [...client.received(), ...back.received()].flatMap((each) =>
        each.type === 'publish' && !each.dup ? [String.fromCharCode(...each.payload)] : [],
      )
      expect(payloads).toEqual(order)
    }
  })
})

describe.each(BOTH)('the broker receives (§4.3), level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const publish = (firstByte: string, packetId: string) => packet(firstByte, text('t'), packetId, none, '78')
  const flow = () => {
    const broker = new VirtualBroker()
    return { broker, watcher: watch(broker, 't'), client: join(broker, 'p', { ...DURABLE, version }) }
  }

  it('[MQTT-4.3.2-2 v3.1.1] [MQTT-4.3.2-4] [MQTT-4.3.2-5] QoS 1: PUBACK with the identifier, which is a new message afterwards, whatever DUP says', () => {
    const { watcher, client } = flow()
    const answers = ['32', '3a', '32'].map((firstByte) => client.send(publish(firstByte, '00ff')).receivedHex())
    expect(answers).toEqual(['400200ff', '400200ff', '400200ff'])
    expect(seen(watcher)).toHaveLength(3)
  })

  it('[MQTT-4.3.3-2 v3.1.1] [MQTT-4.3.3-8] [MQTT-4.3.3-10] QoS 2: PUBREC for each PUBLISH until PUBREL, delivered once', () => {
    const { watcher, client } = flow()
    const answers = ['34', '3c', '34'].map((firstByte) => client.send(publish(firstByte, '00ff')).receivedHex())
    expect(answers).toEqual(['500200ff', '500200ff', '500200ff'])
    expect(seen(watcher)).toEqual(['publish t x q0'])
  })

  it('[MQTT-4.3.3-2 v3.1.1] [MQTT-4.3.3-11] [MQTT-4.3.3-12] QoS 2: PUBCOMP for PUBREL, and the identifier means a new message', () => {
    const { watcher, client } = flow()
    client.send(publish('34', '00ff')).received()
    expect(client.send('620200ff').receivedHex()).toBe('700200ff')
    expect(client.send(publish('3c', '00ff')).receivedHex()).toBe('500200ff')
    expect(seen(watcher)).toHaveLength(2)
  })

  it('[MQTT-4.6.0-2 v3.1.1 v5.0] [MQTT-4.6.0-3 v3.1.1 v5.0] acknowledges in the order of the PUBLISH packets', () => {
    const { client } = flow()
    client.send(['0005', '0003', '0004'].map((packetId) => publish('32', packetId) + publish('34', packetId)).join(''))
    expect(client.receivedHex()).toBe('400200055002000540020003500200034002000450020004')
  })

  it('[MQTT-4.5.0-2 v3.1.1 v5.0] [MQTT-4.3.3-2 v3.1.1] a PUBREL is answered even where nothing is known of it', () => {
    expect(flow().client.send('62021234').receivedHex()).toBe('70021234')
  })
})

describe('QoS 2 in 5.0', () => {
  it('[MQTT-4.3.3-9] after PUBREC of 0x80 and above the identifier means a new message', () => {
    let allowed = false
    const broker = new VirtualBroker({
      edges: { authorizePublish: (_client, topicName) => allowed || topicName !== 't' },
    })
    const watcher = watch(broker, '#')
    const client = join(broker, 'p')
    const publish = (topicName: string) => packet('34', text(topicName), '0001', '00', '78')
    expect(client.send(publish('t')).receivedHex()).toBe('5003000187')
    allowed = true
    expect(client.send(publish('u')).receivedHex()).toBe('50020001')
    expect(seen(watcher)).toEqual(['publish u x q0'])
  })

  const expiring = (qos: 1 | 2) =>
    message('t', 'x', { qos, packetId: 1, properties: { messageExpiryIntervalSeconds: 5 } })

  it('[MQTT-4.3.3-7] what was sent no longer expires: it is sent again after a reconnect', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', DURABLE).send(subscribeTo('t', { qos: 2 }))
    join(broker, 'p').send(expiring(2))
    expect(seen(client)).toHaveLength(2)
    client.cut()
    broker.pass(20_000)
    expect(seen(broker.connect('s', DURABLE))).toEqual(['connack 0 present', 'publish t x q2 #1 dup'])
  })

  it('[MQTT-4.3.3-13] the handshake of a receiver goes on although the message has expired', () => {
    const broker = new VirtualBroker()
    const client = join(broker, 'p').send(expiring(2))
    client.received()
    broker.pass(20_000)
    expect(client.send(expiring(2)).receivedHex()).toBe('50020001')
    expect(client.send('62020001').receivedHex()).toBe('70020001')
  })
})

describe('flow control in 5.0 (§4.9)', () => {
  it('[MQTT-3.3.4-7] one unacknowledged PUBLISH more than our Receive Maximum ends the connection', () => {
    const broker = new VirtualBroker({ limits: { receiveMaximum: 3 } })
    const client = join(broker, 'p')
    const publish = (packetId: number) => client.send(packet('34', text('t'), hex(packetId, 2), '00', '78'))
    for (const packetId of [1, 2, 3]) publish(packetId)
    expect(client.closed).toBe(false)
    client.send('62020001')
    publish(4)
    expect(client.closed).toBe(false)
    client.received()
    publish(5)
    expect([client.closed, ...seen(client)]).toEqual([true, 'disconnect 93'])
  })

  const narrow = (qos: 1 | 2) => {
    const broker = new VirtualBroker()
    const properties = { receiveMaximum: 2 }
    const client = join(broker, 's', { properties })
      .send(subscribeTo('t', { qos: 2 }))
      .send(subscribeTo('zero', { packetId: 2 }))
    client.received()
    const publisher = join(broker, 'p')
    for (let packetId = 1; packetId <= 5; packetId++) publisher.send(message('t', `${packetId}`, { qos, packetId }))
    return { broker, client, publisher }
  }

  it('[MQTT-3.3.4-9] [MQTT-4.9.0-1] [MQTT-4.9.0-2] never more than the Receive Maximum of the Client; each acknowledgement makes room for one', () => {
    const one = narrow(1).client
    expect(seen(one)).toEqual(['publish t 1 q1 #1', 'publish t 2 q1 #2'])
    one.send('40020002')
    expect(seen(one)).toEqual([expect.stringMatching(/^publish t 3 q1/)])
    const two = narrow(2).client
    expect(seen(two)).toEqual(['publish t 1 q2 #1', 'publish t 2 q2 #2'])
    expect(seen(two.send('50020001'))).toEqual(['pubrel #1 0'])
    expect(seen(two.send('70020001'))).toEqual([expect.stringMatching(/^publish t 3 q2/)])
    expect(seen(two.send('5003000280'))).toEqual([expect.stringMatching(/^publish t 4 q2/)])
  })

  it('[MQTT-3.3.4-9] [MQTT-4.9.0-1] a Receive Maximum that is not told is 65,535', () => {
    const broker = new VirtualBroker({ limits: { maximumQueuedMessages: 10, readBytesPerTurn: 1_000_000_000 } })
    const client = join(broker, 's').send(subscribeTo('t', { qos: 1 }))
    client.bytes = []
    const publisher = join(broker, 'p')
    const burst = Uint8Array.from({ length: 1000 * 8 }, (_, place) => [0x32, 6, 0, 1, 0x74, 0, 1, 0][place % 8] ?? 0)
    for (let sent = 0; sent < 66_000; sent += 1_000) publisher.send(burst)
    const published = client.received().length
    expect(published).toBe(65_535)
    expect(broker.core.counters.queuedMessages).toBe(10)
  })

  it('[MQTT-3.3.4-10] [MQTT-4.9.0-3] a full window delays nothing but PUBLISH packets above QoS 0', () => {
    const { client, publisher } = narrow(1)
    client.received()
    publisher.send(message('zero', 'x'))
    client
      .send('c000')
      .send(subscribeTo('u', { packetId: 3 }))
      .send(packet('32', text('v'), '0007', '00', '78'))
    client.send({ type: 'unsubscribe', packetId: 4, topicFilters: ['u'] })
    expect(seen(client)).toEqual(['publish zero x q0', 'pingresp', 'suback #3 0', 'puback #7 10', 'unsuback #4 0'])
  })
})
