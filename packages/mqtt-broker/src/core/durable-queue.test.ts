import { describe, expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { acknowledge, count, LASTING, restart, seen } from '../testing/restarts.ts'
import { VirtualBroker, type VirtualBrokerOptions, type VirtualClient } from '../testing/virtual-broker.ts'
import { RecordTag, rangeOfTag } from './records/keys.ts'

describe('a queue that is larger than memory holds', () => {
  const fill = (options: VirtualBrokerOptions = {}, messages = 500): VirtualBroker => {
    const broker = new VirtualBroker({ store: new CrashStore(), ...options })
    broker
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 2 }))
      .cut()
    const publisher = broker.connect('p')
    for (let number = 1; number <= messages; number++) {
      publisher.send(message('t', `${number}`, { qos: number % 3 === 0 ? 2 : 1, packetId: number }))
      if (number % 3 === 0) publisher.send(acknowledge('pubrel', number))
    }
    return broker
  }
  /** Answers everything that comes until nothing comes any more; the payloads in order. */
  const drain = (client: VirtualClient): string[] => {
    const payloads: string[] = []
    for (let packets = client.received(); packets.length > 0; packets = client.received()) {
      for (const packet of packets) {
        if (packet.type === 'publish') {
          payloads.push(String.fromCharCode(...packet.payload))
          client.send(acknowledge(packet.qos === 1 ? 'puback' : 'pubrec', packet.packetId!))
        } else if (packet.type === 'pubrel') client.send(acknowledge('pubcomp', packet.packetId))
      }
    }
    return payloads
  }
  const numbers = (from: number, to: number): string[] =>
    Array.from({ length: to - from + 1 }, (_, place) => `${from + place}`)

  it('is read piece by piece, in order, within the Receive Maximum, and nothing new passes it', () => {
    for (const receiveMaximum of [1, 7, 65_535]) {
      const broker = fill()
      broker.store!.readsHang = true
      const client = broker.connect('s', { ...LASTING, properties: { ...LASTING.properties, receiveMaximum } })
      const publisher = broker.connect('q')
      publisher.send(message('t', 'new', { qos: 1, packetId: 1 }))
      expect(seen(client)).toEqual(['connack 0 present'])
      broker.store!.readsHang = false
      broker.settle()
      expect(drain(client)).toEqual([...numbers(1, 500), 'new'])
      expect(count(broker.store!, RecordTag.queued)).toBe(0)
    }
  })

  it('a takeover while it is read: what the old connection asked for is not given to the new one', () => {
    const broker = fill()
    broker.store!.readsHang = true
    const old = broker.connect('s', LASTING)
    const next = broker.connect('s', LASTING)
    broker.store!.readsHang = false
    broker.settle()
    expect(seen(old)).toEqual(['connack 0 present', 'disconnect 8e'])
    expect(drain(next)).toEqual(numbers(1, 500))
  })

  it('is resent after a break, in order, what was acknowledged is not, and after a restart too', () => {
    const broker = fill()
    const first = broker.connect('s', { ...LASTING, properties: { ...LASTING.properties, receiveMaximum: 100 } })
    const publishes = first.received().filter(({ type }) => type === 'publish')
    expect(publishes.length).toBe(100)
    first.send(acknowledge('puback', 2)).send(acknowledge('pubrec', 3)).cut()
    const second = broker.connect('s', LASTING)
    const [, ...packets] = second.received()
    expect(summary(packets[0]!)).toBe('publish t 1 q1 #1 dup')
    const resent = packets.filter((packet) => packet.type === 'publish' && packet.dup)
    // One more had left when the acknowledgement of the second opened the window.
    expect(resent.length).toBe(99)
    expect(packets.some((packet) => packet.type === 'pubrel' && packet.packetId === 3)).toBe(true)
    second.cut()
    const after = restart(broker)
    expect(drain(after.connect('s', LASTING))).toEqual(['1', ...numbers(4, 500)])
  })

  it('is limited: the newest is dropped, or the oldest, also where its body is only in the store', () => {
    const newest = fill({ limits: { maximumQueuedMessages: 200 } }, 300)
    expect(newest.core.counters.messagesDropped['queue-full']).toBe(100)
    expect(drain(newest.connect('s', LASTING))).toEqual(numbers(1, 200))
    const oldest = fill({ limits: { maximumQueuedMessages: 200 }, settings: { queueOverflow: 'drop-oldest' } }, 300)
    expect(count(oldest.store!, RecordTag.queued)).toBe(200)
    expect(drain(oldest.connect('s', LASTING))).toEqual(numbers(101, 300))
    const bytes = fill({ limits: { maximumQueuedBytes: 500 } }, 300)
    expect(bytes.core.counters.queuedBytes).toBeLessThanOrEqual(500)
    expect(bytes.core.counters.messagesDropped['queue-full']).toBeGreaterThan(200)
  })

  it('a Client that does not read gets nothing more out of the store until it reads', () => {
    const broker = new VirtualBroker({ store: new CrashStore(), limits: { outputPauseBytes: 10_000 } })
    broker
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = broker.connect('p')
    for (let packetId = 1; packetId <= 100; packetId++) {
      publisher.send(message('t', 'x'.repeat(1000), { qos: 1, packetId }))
    }
    const client = broker.open()
    client.frozen = true
    client.send({ type: 'connect', protocolVersion: 5, clientId: 's', keepAliveSeconds: 0, ...LASTING })
    expect(broker.core.counters.queuedMessages).toBeGreaterThan(80)
    client.thaw()
    expect(drain(client).length).toBe(100)
  })

  it('I6 [MQTT-4.6.0-6 v5.0] nothing new passes what has to be sent again to a Client that reads slowly', () => {
    const broker = new VirtualBroker({ store: new CrashStore(), limits: { outputPauseBytes: 1_500 } })
    const first = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    const publisher = broker.connect('p')
    for (let packetId = 1; packetId <= 3; packetId++) {
      publisher.send(message('t', `${packetId}`.repeat(1_000), { qos: 2, packetId }))
    }
    first.received()
    first.send(acknowledge('pubrec', 3)).cut()
    const second = broker.open()
    second.frozen = true
    second.send({ type: 'connect', protocolVersion: 5, clientId: 's', keepAliveSeconds: 0, ...LASTING })
    publisher.send(message('t', 'new', { qos: 2, packetId: 4 }))
    second.thaw()
    const names = second
      .received()
      .map((packet) =>
        packet.type === 'publish' ? String.fromCharCode(...packet.payload.subarray(0, 3)) : packet.type,
      )
    expect(names).toEqual(['connack', '111', '222', 'pubrel', 'new'])
  })

  it('I10 what follows a message that is passed over leaves when that one is gone from the disk', () => {
    const brief = { messageExpiryIntervalSeconds: 2 }
    const passedOver = [
      { first: message('t', 'first', { qos: 2, packetId: 1, properties: brief }), properties: LASTING.properties },
      {
        first: message('t', 'x'.repeat(100), { qos: 2, packetId: 1 }),
        properties: { ...LASTING.properties, maximumPacketSizeBytes: 50 },
      },
    ]
    for (const { first, properties } of passedOver) {
      const broker = new VirtualBroker({ store: new CrashStore() })
      const store = broker.store!
      const commit = (): void => {
        store.finish()
        broker.settle()
      }
      broker
        .connect('s', LASTING)
        .send(subscribeTo('t', { qos: 2 }))
        .cut()
      broker
        .connect('p')
        .send(first)
        .send(message('t', 'second', { qos: 2, packetId: 2 }))
      broker.pass(3_000)
      store.hangs = true
      const client = broker.connect('s', { ...LASTING, properties })
      commit()
      expect(seen(client)).toEqual(['connack 0 present'])
      // A loss of power at this moment would bring the first back: nobody has seen the second before it.
      expect(count(store, RecordTag.queued)).toBe(2)
      commit()
      expect(seen(client)).toEqual(['publish t second q2 #2'])
      expect(count(store, RecordTag.queued)).toBe(1)
    }
  })

  it('I17 [MQTT-3.3.2-6] what was written down within this millisecond has waited no less than nothing', () => {
    const broker = new VirtualBroker({ store: new CrashStore() })
    broker
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    broker.now = 0.6
    const properties = { messageExpiryIntervalSeconds: 100 }
    broker.connect('p').send(message('t', 'a', { qos: 1, packetId: 1, properties }))
    const [, packet] = broker.connect('s', LASTING).received()
    expect(packet?.type === 'publish' && packet.properties?.messageExpiryIntervalSeconds).toBe(100)
  })

  it('a message that is damaged in the store is lost alone, and said so', () => {
    const broker = fill({}, 10)
    const store = broker.store!
    const batch = store.batch()
    const records = store.read(rangeOfTag(RecordTag.queued))
    batch.put(records[3]![0], Uint8Array.of(0xff))
    batch.delete(records[6]![0])
    store.commitLater(batch, () => {})
    store.advance()
    const client = broker.connect('s', LASTING)
    expect(drain(client)).toEqual(['1', '2', '3', '5', '6', '8', '9', '10'])
    expect(broker.core.counters.messagesDropped['store-damaged']).toBeGreaterThan(0)
  })
})
