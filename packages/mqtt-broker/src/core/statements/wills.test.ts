import { describe, expect, it } from 'vitest'
import { subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../../testing/virtual-broker.ts'
import { BOTH, connect, join, seen, watch } from '../../testing/wire.ts'

const will = { topicName: 'w', payload: Uint8Array.of(0x6d), qos: 0, retain: false } as const
const delayed = (willDelayIntervalSeconds: number) => ({ ...will, properties: { willDelayIntervalSeconds } })
const minute = { sessionExpiryIntervalSeconds: 60 }

describe.each(BOTH)('a Will, level %i', (version) => {
  const ends: [string, (client: VirtualClient, broker: VirtualBroker) => unknown][] = [
    ['the connection breaks', (client) => client.cut()],
    ['silence for longer than the Keep Alive', (_client, broker) => broker.pass(15_000)],
    ['a malformed packet', (client) => client.send('00')],
    ['a second CONNECT', (client) => client.send(connect(version))],
    ['another connection with its Client Identifier', (_client, broker) => broker.connect('a', { version })],
    [
      'the operator disconnects it',
      (_client, broker) =>
        broker.core.handle({ type: 'client-disconnected', clientId: 'a', refusal: { reasonCode: 0x98 } }, broker.now),
    ],
  ]
  it.each(ends)('[MQTT-3.1.2-8 v3.1.1 v5.0] [MQTT-3.1.2-10 v3.1.1 v5.0] is published once: %s', (_title, end) => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    const client = join(broker, 'a', { version, will, keepAliveSeconds: 10 })
    broker.pass(9_000)
    expect(watcher.receivedHex()).toBe('')
    end(client, broker)
    broker.settle()
    expect(client.closed).toBe(true)
    expect(seen(watcher).filter((each) => each.startsWith('publish'))).toEqual(['publish w m q0'])
    broker.pass(1_000_000)
    expect(broker.core.counters.willsPublished).toBe(1)
  })

  it('[MQTT-3.1.2-8 v3.1.1 v5.0] [MQTT-3.1.2-10 v3.1.1 v5.0] [MQTT-3.14.4-3 v3.1.1 v5.0] DISCONNECT takes it away', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    join(broker, 'a', { version, will, properties: minute }).send('e000')
    broker.pass(1_000_000)
    expect(watcher.receivedHex()).toBe('')
  })

  it('[MQTT-3.1.2-10 v3.1.1 v5.0] a later connection of the Session does not have it', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    join(broker, 'a', { version, will, cleanStart: false, properties: minute }).cut()
    expect(seen(watcher)).toEqual(['publish w m q0'])
    join(broker, 'a', { version, cleanStart: false, properties: minute }).cut()
    expect(watcher.receivedHex()).toBe('')
  })

  it('[MQTT-3.1.2-12 v3.1.1] Will Flag 0: none is published', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, '#')
    join(broker, 'a', { version }).cut()
    expect([watcher.receivedHex(), broker.core.counters.willsPublished]).toEqual(['', 0])
  })

  it('[MQTT-3.1.2-16 v3.1.1] [MQTT-3.1.2-14 v5.0] Will Retain 0: is not retained', () => {
    const broker = new VirtualBroker()
    join(broker, 'a', { version, will }).cut()
    expect(seen(join(broker, 'b').send(subscribeTo('w')))).toEqual(['suback #1 0'])
  })

  it('[MQTT-3.1.2-17 v3.1.1] [MQTT-3.1.2-15 v5.0] Will Retain 1: is retained', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w', 2)
    join(broker, 'a', { version, will: { ...will, qos: 1, retain: true } }).cut()
    expect(seen(watcher)).toEqual(['publish w m q1 #1'])
    expect(seen(join(broker, 'b').send(subscribeTo('w')))).toEqual(['suback #1 0', 'publish w m q0 retain'])
  })
})

describe('a Will in 5.0', () => {
  it('[MQTT-3.1.2-7 v5.0] [MQTT-3.1.2-8 v5.0] waits with its Session for the delay', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    join(broker, 'a', { will: delayed(10), properties: minute }).cut()
    broker.pass(9_999)
    expect(watcher.receivedHex()).toBe('')
    broker.pass(1)
    expect(seen(watcher)).toEqual(['publish w m q0'])
  })

  it('[MQTT-3.1.2-8 v5.0] is published when its Session ends before the delay', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    join(broker, 'a', { will: delayed(100), properties: minute }).cut()
    broker.pass(59_999)
    expect(watcher.receivedHex()).toBe('')
    broker.pass(1)
    expect(seen(watcher)).toEqual(['publish w m q0'])
    broker.pass(100_000)
    expect(watcher.receivedHex()).toBe('')
  })

  it('[MQTT-3.1.2-8 v5.0] DISCONNECT with 0x04 leaves it to be published', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    join(broker, 'a', { will }).send('e00104')
    expect(seen(watcher)).toEqual(['publish w m q0'])
  })

  it('[MQTT-3.1.2-8 v5.0] [MQTT-3.1.3-9 v5.0] a new connection in time takes it away, a clean start publishes it', () => {
    for (const cleanStart of [false, true]) {
      const broker = new VirtualBroker()
      const watcher = watch(broker, 'w')
      join(broker, 'a', { will: delayed(10), properties: minute }).cut()
      broker.pass(5_000)
      broker.connect('a', { cleanStart, properties: minute })
      broker.pass(1_000_000)
      expect(seen(watcher)).toEqual(cleanStart ? ['publish w m q0'] : [])
    }
  })

  it('[MQTT-3.1.3-10 v5.0] has its properties, User Properties in order, without the delay', () => {
    const broker = new VirtualBroker()
    const watcher = watch(broker, 'w')
    const userProperties = [
      ['b', '1'],
      ['a', '2'],
      ['b', '1'],
      ['', ''],
    ] as const
    const properties = { willDelayIntervalSeconds: 1, contentType: 'c', responseTopic: 'r', userProperties }
    join(broker, 'a', { will: { ...will, properties } }).cut()
    const [published] = watcher.received()
    expect(published).toEqual({
      type: 'publish',
      topicName: 'w',
      payload: Uint8Array.of(0x6d),
      qos: 0,
      retain: false,
      dup: false,
      properties: { contentType: 'c', responseTopic: 'r', userProperties },
    })
  })
})
