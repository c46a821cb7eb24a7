import { encode, type Packet, StreamDecoder } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { messageFromPacket } from '../core/routed-message.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { CommitGate } from './commit-gate.ts'
import { ConnectionOutput } from './connection-output.ts'
import { SlabPool } from './slab-pool.ts'
import { Turn } from './turn.ts'
import { Variants } from './variants.ts'

/** What is staged does not matter to a gate. */
const KEY = Uint8Array.of(1)

const seen = (client: VirtualClient): string[] => client.received().map(summary)

/** An Output with a gate of its own, and what has come out of its free lane. */
const output = () => {
  const gate = new CommitGate(new MemoryStore())
  const made = new ConnectionOutput({
    pool: new SlabPool(),
    turn: new Turn(
      () => {},
      () => {},
    ),
    gate,
    variants: new Variants(),
  })
  const decoder = new StreamDecoder({ version: 4 })
  const out = (): string[] => {
    const packets: string[] = []
    for (const part of made.free.takeAll()) decoder.push(part, (packet: Packet) => packets.push(summary(packet)))
    return packets
  }
  return { gate, made, out }
}

describe('the two lanes of an Output', () => {
  it('I5: an acknowledgement leaves after its commit, not before', () => {
    const { gate, made, out } = output()
    made.acknowledge(0x40, 1, 0, gate.put(KEY, KEY))
    expect(out()).toEqual([])
    gate.succeeded(gate.seal().commit)
    expect(out()).toEqual(['puback #1 0'])
  })

  it('hostile #148 [MQTT-4.6.0-4 v5.0]: one that waits for nothing keeps its place behind those that do', () => {
    const { gate, made, out } = output()
    made.acknowledge(0x40, 1, 0, gate.put(KEY, KEY))
    made.acknowledge(0x40, 2, 0, 0)
    made.pingresp()
    expect(out()).toEqual(['pingresp'])
    gate.succeeded(gate.seal().commit)
    expect(out()).toEqual(['puback #1 0', 'puback #2 0'])
  })

  it('hostile #147: nothing passes a CONNACK at the gate', () => {
    const { gate, made, out } = output()
    made.packet({ type: 'connack', sessionPresent: false, reasonCode: 0 }, gate.put(KEY, KEY))
    made.pingresp()
    expect(out()).toEqual([])
    gate.succeeded(gate.seal().commit)
    expect(out()).toEqual(['connack 0', 'pingresp'])
    made.pingresp()
    expect(out()).toEqual(['pingresp'])
  })

  it('a closed connection drops what waits, and counts it while it waits', () => {
    const { gate, made, out } = output()
    made.acknowledge(0x40, 1, 0, gate.put(KEY, KEY))
    expect(made.pendingBytes).toBe(4)
    made.end()
    gate.succeeded(gate.seal().commit)
    made.pingresp()
    expect([out(), made.pendingBytes]).toEqual([[], 0])
  })

  it('I25: after a failed commit nothing that waits ever moves', () => {
    const { gate, made, out } = output()
    made.acknowledge(0x40, 1, 0, gate.put(KEY, KEY))
    gate.seal()
    gate.fail()
    expect([out(), gate.ready]).toEqual([[], false])
  })

  it('later commits stay where they are when an earlier one is through', () => {
    const { gate, made, out } = output()
    made.acknowledge(0x40, 1, 0, gate.put(KEY, KEY))
    const first = gate.seal().commit
    made.acknowledge(0x40, 2, 0, gate.put(KEY, KEY))
    gate.succeeded(first)
    expect(out()).toEqual(['puback #1 0'])
    gate.succeeded(gate.seal().commit)
    expect(out()).toEqual(['puback #2 0'])
  })
})

describe('what an Output writes', () => {
  it('[MQTT-3.3.2-11] Topic Aliases: set once, then used; the least recently used one is set anew', () => {
    const broker = new VirtualBroker()
    const client = broker.connect('s', { properties: { topicAliasMaximum: 2 } }).send(subscribeTo('#'))
    client.received()
    const publisher = broker.connect('p')
    for (const topicName of ['a', 'a', 'b', 'c', 'b', 'a']) publisher.send(message(topicName, 'x'))
    const told = client
      .received()
      .map((packet) => (packet.type === 'publish' ? `${packet.topicName}=${packet.properties?.topicAlias}` : ''))
    expect(told).toEqual(['a=1', '=1', 'b=2', 'c=1', '=2', 'a=1'])
  })

  it('a message that waited goes out as it was, in a form that others had it in before', () => {
    const broker = new VirtualBroker()
    const lasting = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60, receiveMaximum: 1 } } as const
    const slow = broker.connect('slow', lasting).send(subscribeTo('t', { qos: 1 }))
    const fast = broker.connect('fast').send(subscribeTo('t', { qos: 1 }))
    slow.received()
    fast.received()
    // Rewritten for both of them, from 3.1.1 to 5.0; the second waits for one and not for the other.
    const publisher = broker.connect('p', { version: 4 })
    for (const packetId of [1, 2]) publisher.send(message('t', `number ${packetId}`, { qos: 1, packetId }))
    publisher.send(message('elsewhere', 'something else', { qos: 0 }))
    slow.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    expect(seen(slow)).toEqual(['publish t number 1 q1 #1', 'publish t number 2 q1 #2'])
    expect(seen(fast)).toEqual(['publish t number 1 q1 #1', 'publish t number 2 q1 #2'])
  })

  it('hostile #139: a large payload arrives whole, at every subscriber and in every version', () => {
    const broker = new VirtualBroker()
    const text = 'x'.repeat(20_000)
    const clients = [
      broker.connect('a'),
      broker.connect('b', { version: 4 }),
      broker.connect('c', { properties: { topicAliasMaximum: 1 } }),
    ]
    for (const client of clients) client.send(subscribeTo('t', { qos: 1 })).received()
    broker.connect('p').send(message('t', text, { qos: 1, packetId: 1 }))
    for (const client of clients) {
      const [packet] = client.received()
      expect(packet?.type === 'publish' && packet.payload.length).toBe(text.length)
      expect(packet?.type === 'publish' && packet.payload.every((byte) => byte === 0x78)).toBe(true)
    }
  })

  it('hostile #139: large payloads arrive whole and in order where there is one subscriber, also of one chunk', () => {
    const broker = new VirtualBroker()
    const client = broker.connect('a')
    client.send(subscribeTo('t')).received()
    const sizes = [5_000, 20_000, 70_000, 10, 20_000]
    const chunk = sizes.map((size, place) => encode(message('t', String(place).repeat(size)), 5))
    broker.connect('p').send(Buffer.concat(chunk))
    const payloads = client.received().map((packet) => (packet.type === 'publish' ? [...packet.payload] : []))
    expect(payloads.map((payload) => [payload.length, new Set(payload).size, payload[0]])).toEqual(
      sizes.map((size, place) => [size, 1, 0x30 + place]),
    )
  })

  it('[MQTT-3.1.2-24 v5.0] [MQTT-3.2.2-19] hostile #142: Reason String and User Properties are left out first', () => {
    const settings = { connackUserProperties: [['key', 'x'.repeat(100)]] as const }
    const broker = new VirtualBroker({ settings })
    const [connack] = broker.connect('a', { properties: { maximumPacketSizeBytes: 60 } }).received()
    expect(connack).toMatchObject({ type: 'connack', reasonCode: 0 })
    expect(connack?.type === 'connack' && connack.properties?.userProperties).toBeUndefined()
    const tiny = broker.connect('b', { properties: { maximumPacketSizeBytes: 3 } })
    expect([tiny.closed, seen(tiny)]).toEqual([true, []])
    const many = broker.connect('c', { properties: { maximumPacketSizeBytes: 30 } })
    many.received()
    const filters = Array.from(
      { length: 40 },
      (_, number) =>
        ({ topicFilter: `t${number}`, qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }) as const,
    )
    many.send({ type: 'subscribe', packetId: 1, subscriptions: filters })
    expect(seen(many)).toEqual(['disconnect 95'])
  })
  it.each<[string, Packet]>([
    ['[MQTT-3.4.2-2] [MQTT-3.4.2-3]', { type: 'puback', packetId: 1, reasonCode: 0x97 }],
    ['[MQTT-3.5.2-2] [MQTT-3.5.2-3]', { type: 'pubrec', packetId: 1, reasonCode: 0x97 }],
    ['[MQTT-3.6.2-2] [MQTT-3.6.2-3]', { type: 'pubrel', packetId: 1, reasonCode: 0x92 }],
    ['[MQTT-3.7.2-2] [MQTT-3.7.2-3]', { type: 'pubcomp', packetId: 1, reasonCode: 0x92 }],
    ['[MQTT-3.9.2-1] [MQTT-3.9.2-2]', { type: 'suback', packetId: 1, reasonCodes: [0x97] }],
    ['[MQTT-3.11.2-1] [MQTT-3.11.2-2]', { type: 'unsuback', packetId: 1, reasonCodes: [0x87] }],
    ['[MQTT-3.14.2-3] [MQTT-3.14.2-4]', { type: 'disconnect', reasonCode: 0x97 }],
    ['[MQTT-3.15.2-2] [MQTT-3.15.2-3]', { type: 'auth', reasonCode: 0x18 }],
  ])('%s one byte too much, and Reason String and User Properties are left out', (_statements, bare) => {
    const method = bare.type === 'auth' ? { authenticationMethod: 'M' } : undefined
    const smaller = { ...bare, ...(method && { properties: method }) } as Packet
    const properties = { ...method, reasonString: 'because', userProperties: [['key', 'value'] as const] }
    const whole = { ...bare, properties } as Packet
    const length = encode(whole, 5).length
    for (const [maximum, expected] of [
      [length, whole],
      [length - 1, smaller],
      [encode(smaller, 5).length, smaller],
      [encode(smaller, 5).length - 1, undefined],
    ] as const) {
      const { made } = output()
      made.version = 5
      made.maximumPacketSizeBytes = maximum
      expect(made.packet(whole, 0)).toBe(expected !== undefined)
      const bytes = made.free.takeAll().flatMap((part) => [...part])
      expect(bytes).toEqual(expected === undefined ? [] : [...encode(expected, 5)])
    }
  })
})

describe('Topic Aliases and the gate', () => {
  it('hostile #148: what waits at the gate has no alias, since QoS 0 overtakes it', () => {
    const { gate, made } = output()
    made.version = 5
    made.topicAliasMaximum = 1
    const decoder = new StreamDecoder({ version: 5 })
    const out = (): [string, number | undefined][] => {
      const packets: [string, number | undefined][] = []
      for (const part of made.free.takeAll()) {
        decoder.push(part, (packet: Packet) => {
          if (packet.type === 'publish') packets.push([packet.topicName, packet.properties?.topicAlias])
        })
      }
      return packets
    }
    const publish = (topicName: string, packetId: number, commit: number) => {
      const packet = { ...message(topicName, 'x'), qos: packetId === 0 ? 0 : 1, ...(packetId > 0 && { packetId }) }
      const bytes = encode(packet as Packet, 5)
      const topicBytes = Uint8Array.from(topicName, (character) => character.charCodeAt(0))
      const routed = messageFromPacket(bytes, topicName, topicBytes, 0, packetId + topicName.length * 1000)
      made.publish(routed, packetId === 0 ? 0x30 : 0x32, packetId, undefined, -1, commit)
    }
    publish('known', 0, 0)
    expect(out()).toEqual([['known', 1]])
    publish('known', 1, gate.put(KEY, KEY))
    publish('other', 0, 0)
    publish('known', 0, 0)
    expect(out()).toEqual([
      ['other', 1],
      ['known', 1],
    ])
    gate.succeeded(gate.seal().commit)
    expect(out()).toEqual([['known', undefined]])
    publish('known', 0, 0)
    expect(out()).toEqual([['', 1]])
  })
})

describe('packets that follow each other in the read buffer', () => {
  it.each([4, 5] as const)(
    'reach every subscriber as they came, in version %s, however the stream is cut',
    (version) => {
      for (const cut of [1, 7, 64, 300, 5000]) {
        const broker = new VirtualBroker()
        const subscribers = [0, 1, 2].map((qos) => {
          const client = broker.connect(`reader-${qos}`, { version })
          client.send(subscribeTo('a/+', { qos: qos as 0 | 1 | 2 }))
          client.received()
          return client
        })
        const publisher = broker.connect('writer', { version })
        const sent = Array.from({ length: 40 }, (_, place) => ({
          type: 'publish' as const,
          topicName: `a/${place % 3}`,
          payload: new Uint8Array(place * 3).fill(place),
          qos: (place % 3) as 0 | 1 | 2,
          retain: place % 5 === 0,
          dup: false,
          ...(place % 3 > 0 && { packetId: 1000 + place }),
        }))
        const bytes = sent.flatMap((packet) => [...encode(packet, version)])
        for (let at = 0; at < bytes.length; at += cut) publisher.send(Uint8Array.from(bytes.slice(at, at + cut)))
        for (const [granted, client] of subscribers.entries()) {
          const received = client.received().filter((packet) => packet.type === 'publish')
          expect(received).toHaveLength(sent.length)
          for (const [place, packet] of received.entries()) {
            const { topicName, payload, qos } = sent[place]!
            expect(packet).toMatchObject({ topicName, qos: Math.min(qos, granted), retain: false })
            expect([...packet.payload]).toEqual([...payload])
          }
          const identifiers = received.flatMap(({ packetId }) => (packetId === undefined ? [] : [packetId]))
          expect(identifiers).toEqual(identifiers.map((_, place) => place + 1))
        }
      }
    },
  )
})
