import { describe, expect, it } from 'vitest'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo } from '../testing/packets.ts'
import { LASTING, seen } from '../testing/restarts.ts'
import { VirtualBroker, type VirtualBrokerOptions } from '../testing/virtual-broker.ts'

/** A broker over a store whose commits hang from now on, and what was there before. */
const durableBroker = (options: VirtualBrokerOptions = {}) => {
  const store = new CrashStore()
  const broker = new VirtualBroker({ ...options, store })
  /** The commit in flight is answered; the next one hangs again. */
  const commit = () => {
    store.finish()
    broker.settle()
  }
  return { store, broker, commit }
}

describe('the commit gate', () => {
  it('I5 PUBACK and PUBREC leave after the commit of what they promise, QoS 0 and PINGRESP at once', () => {
    const { store, broker, commit } = durableBroker()
    broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    const watcher = broker.connect('w').send(subscribeTo('t', { qos: 0 }))
    const publisher = broker.connect('p')
    watcher.received()
    publisher.received()
    store.hangs = true
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    publisher.send({ type: 'pingreq' })
    expect(seen(publisher)).toEqual(['pingresp'])
    expect(seen(watcher)).toEqual(['publish t a q0', 'publish t b q0'])
    commit()
    expect(seen(publisher)).toEqual(['puback #1 0'])
    commit()
    expect(seen(publisher)).toEqual(['pubrec #2 0'])
  })

  it('I5 a PUBLISH to a Session that outlives its connection leaves after its commit', () => {
    const { store, broker, commit } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p')
    subscriber.received()
    store.hangs = true
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 })).send(message('t', 'b'))
    expect(seen(subscriber)).toEqual(['publish t b q0'])
    commit()
    expect(seen(subscriber)).toEqual(['publish t a q1 #1'])
  })

  it('I5 CONNACK, SUBACK and UNSUBACK wait for what they promise', () => {
    const { store, broker, commit } = durableBroker()
    store.hangs = true
    const client = broker.connect('s', LASTING)
    expect(seen(client)).toEqual([])
    commit()
    expect(seen(client)).toEqual(['connack 0'])
    client.send(subscribeTo('t', { qos: 1 }))
    expect(seen(client)).toEqual([])
    commit()
    expect(seen(client)).toEqual(['suback #1 1'])
    client.send({ type: 'unsubscribe', packetId: 2, topicFilters: ['t'] })
    expect(seen(client)).toEqual([])
    commit()
    expect(seen(client)).toEqual(['unsuback #2 0'])
  })

  it('what nothing durable wants never touches the disk', () => {
    const { store, broker } = durableBroker()
    const subscriber = broker.connect('s').send(subscribeTo('t', { qos: 2 }))
    const publisher = broker.connect('p')
    subscriber.received()
    publisher.received()
    const before = store.commits
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    publisher.send({ type: 'pubrel', packetId: 2, reasonCode: 0 })
    publisher.send(message('t', 'c'))
    expect(seen(subscriber)).toEqual(['publish t a q1 #1', 'publish t b q2 #2', 'publish t c q0'])
    expect(seen(publisher)).toEqual(['puback #1 0', 'pubrec #2 0', 'pubcomp #2 0'])
    subscriber.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    subscriber.send({ type: 'pubrec', packetId: 2, reasonCode: 0 }).cut()
    expect(store.commits).toBe(before)
  })

  it('I15 a retained QoS 0 message is written, and never waited for; with QoS 1 it is', () => {
    const { store, broker, commit } = durableBroker()
    const publisher = broker.connect('p')
    publisher.received()
    store.hangs = true
    publisher.send(message('r', 'a', { retain: true }))
    expect(store.waits).toBe(true)
    publisher.send(message('x', 'b', { qos: 1, packetId: 1 }))
    expect(seen(publisher)).toEqual(['puback #1 10'])
    publisher.send(message('r', 'c', { qos: 1, packetId: 2, retain: true }))
    expect(seen(publisher)).toEqual([])
    commit()
    commit()
    expect(seen(publisher)).toEqual(['puback #2 10'])
  })

  it('I5 I15 the PUBACK of what clears a retained message leaves after that is gone from the disk', () => {
    const { store, broker, commit } = durableBroker()
    const publisher = broker.connect('p').send(message('r', 'a', { retain: true }))
    publisher.received()
    store.hangs = true
    publisher.send(message('r', '', { qos: 1, packetId: 1, retain: true }))
    expect(seen(publisher)).toEqual([])
    commit()
    expect(seen(publisher)).toEqual(['puback #1 10'])
  })

  it('hostile #148 [MQTT-4.6.0-4 v5.0] QoS 1 for a durable and then for no Session: PUBACKs in order', () => {
    const { store, broker, commit } = durableBroker()
    broker.connect('s', LASTING).send(subscribeTo('durable', { qos: 1 }))
    const publisher = broker.connect('p', { version: 4 })
    publisher.received()
    store.hangs = true
    publisher.send(message('durable', 'a', { qos: 1, packetId: 1 }))
    publisher.send(message('nobody', 'b', { qos: 1, packetId: 2 }))
    expect(seen(publisher)).toEqual([])
    commit()
    expect(seen(publisher)).toEqual(['puback #1 0', 'puback #2 0'])
  })

  it('hostile #147: CONNECT, PINGREQ and a violation while the CONNACK waits: CONNACK, PINGRESP, DISCONNECT', () => {
    const { store, broker, commit } = durableBroker()
    store.hangs = true
    const client = broker.connect('s', LASTING)
    client.send({ type: 'pingreq' })
    // A SUBSCRIBE waits for a later commit than the CONNACK: the DISCONNECT overtakes its SUBACK, which is dropped.
    client.send(subscribeTo('t', { qos: 1 }))
    client.send('c000 c100')
    expect([seen(client), client.closed]).toEqual([[], false])
    commit()
    expect([seen(client), client.closed]).toEqual([['connack 0', 'pingresp', 'disconnect 81'], true])
  })

  it('a DISCONNECT goes at once, and what waits behind the gate is dropped', () => {
    const { store, broker, commit } = durableBroker()
    const client = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    client.received()
    store.hangs = true
    client.send(message('t', 'a', { qos: 1, packetId: 1 })).send('c100')
    expect([seen(client), client.closed]).toEqual([['disconnect 81'], true])
    commit()
    expect(seen(client)).toEqual([])
  })

  it('QoS 2 to a durable Session: PUBREL waits for the record of the PUBREC, also of a repeated one', () => {
    const { store, broker, commit } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    subscriber.received()
    broker.connect('p').send(message('t', 'a', { qos: 2, packetId: 1 }))
    expect(seen(subscriber)).toEqual(['publish t a q2 #1'])
    store.hangs = true
    subscriber.send({ type: 'pubrec', packetId: 1, reasonCode: 0 })
    subscriber.send({ type: 'pubrec', packetId: 1, reasonCode: 0 })
    expect(seen(subscriber)).toEqual([])
    commit()
    expect(seen(subscriber)).toEqual(['pubrel #1 0', 'pubrel #1 0'])
    subscriber.send({ type: 'pubcomp', packetId: 1, reasonCode: 0 })
    commit()
    expect(broker.gate.busy).toBe(false)
  })

  it.each([1_000, 10_000])(
    'hostile #146: PUBLISH, takeover, DUP repeat, PUBREL repeat and CONNECT while a commit hangs for %i ms, then SIGKILL',
    (hangMs) => {
      const { store, broker } = durableBroker()
      const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
      const publisher = broker.connect('p', LASTING)
      subscriber.received()
      publisher.received()
      store.hangs = true
      publisher.send(message('t', 'a', { qos: 2, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
      const second = broker.connect('p', LASTING)
      second.send(message('t', 'a', { qos: 2, packetId: 1, dup: true }))
      second.send({ type: 'pubrel', packetId: 1, reasonCode: 0 })
      second.send({ type: 'pubrel', packetId: 1, reasonCode: 0 })
      second.send({ type: 'pingreq' })
      const third = broker.connect('p', LASTING)
      third.send(message('t', 'b', { qos: 2, packetId: 2, dup: true })).send({ type: 'pingreq' })
      broker.pass(hangMs)
      // Taken over while their CONNACK or their acknowledgements waited: a DISCONNECT at the most, nothing of a promise.
      expect(seen(publisher)).toEqual(['disconnect 8e'])
      expect([seen(second), seen(third), seen(subscriber)]).toEqual([[], [], []])
      const after = new VirtualBroker({ store: broker.crash() })
      // Nothing was promised and nothing happened: it is a new message, routed once.
      const again = after.connect('p', LASTING)
      expect(seen(again)).toEqual(['connack 0 present'])
      const reader = after.connect('s', LASTING)
      expect(seen(reader)).toEqual(['connack 0 present'])
      again.send(message('t', 'a', { qos: 2, packetId: 1, dup: true }))
      again.send(message('t', 'b', { qos: 2, packetId: 2, dup: true }))
      expect(seen(again)).toEqual(['pubrec #1 0', 'pubrec #2 0'])
      expect(seen(reader)).toEqual(['publish t a q2 #1', 'publish t b q2 #2'])
    },
  )

  it('hostile #146: the same where the commits are through at last: in order, CONNACK first, then PINGRESP', () => {
    const { store, broker, commit } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    const publisher = broker.connect('p', LASTING)
    subscriber.received()
    publisher.received()
    store.hangs = true
    publisher.send(message('t', 'a', { qos: 2, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    const second = broker.connect('p', LASTING)
    second.send({ type: 'pingreq' })
    second.send(message('t', 'b', { qos: 2, packetId: 2, dup: true }))
    second.send({ type: 'pubrel', packetId: 1, reasonCode: 0 })
    expect(seen(second)).toEqual([])
    commit()
    expect([seen(second), seen(subscriber)]).toEqual([[], ['publish t a q2 #1']])
    commit()
    expect(seen(second)).toEqual(['connack 0 present', 'pingresp', 'pubrec #2 0', 'pubcomp #1 0'])
    expect(seen(subscriber)).toEqual(['publish t b q2 #2'])
  })

  it('first deliveries and retained messages follow the SUBACK, also of QoS 0', () => {
    const { store, broker, commit } = durableBroker()
    broker.connect('p').send(message('t', 'r', { retain: true }))
    const subscriber = broker.connect('s', LASTING)
    subscriber.received()
    store.hangs = true
    subscriber.send(subscribeTo('t', { qos: 0 }))
    broker.connect('q').send(message('t', 'x'))
    expect(seen(subscriber)).toEqual([])
    commit()
    const packets = seen(subscriber)
    expect([packets[0], packets.slice(1).sort()]).toEqual(['suback #1 0', ['publish t r q0 retain', 'publish t x q0']])
  })

  it('LIMITS: an uncommitted batch that is full stops the publishers, and nobody else', () => {
    const { store, broker, commit } = durableBroker({ limits: { maximumUncommittedRecords: 10 } })
    broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p', { keepAliveSeconds: 10 })
    const other = broker.connect('o').send(subscribeTo('q'))
    other.received()
    publisher.received()
    store.hangs = true
    for (let number = 1; number <= 30; number++) publisher.send(message('t', 'x', { qos: 1, packetId: number }))
    publisher.send({ type: 'pingreq' })
    expect(broker.core.counters.messagesReceived).toBeLessThanOrEqual(12)
    other.send(message('q', 'flows'))
    expect(seen(other)).toEqual(['publish q flows q0'])
    // Who is not read is not silent: no Keep Alive ends it.
    broker.pass(60_000)
    expect([publisher.closed, seen(publisher)]).toEqual([false, []])
    for (let round = 0; round < 6; round++) commit()
    expect(seen(publisher).length).toBe(31)
    expect(broker.core.counters.messagesReceived).toBe(31)
    broker.pass(14_000)
    expect(publisher.closed).toBe(false)
    broker.pass(2_000)
    expect(seen(publisher)).toEqual(['disconnect 8d'])
  })
})

describe('a store that fails', () => {
  it('I25 after a failed commit no gated lane ever moves, and QoS 1 and 2 are refused with 0x83', () => {
    const { store, broker, commit } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p')
    const old = broker.connect('o', { version: 4 })
    subscriber.received()
    publisher.received()
    old.received()
    store.hangs = true
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 }))
    store.fail()
    broker.settle()
    publisher.send(message('t', 'b', { qos: 1, packetId: 2 })).send(message('nobody', 'c', { qos: 2, packetId: 3 }))
    old.send(message('nobody', 'd', { qos: 1, packetId: 1 }))
    commit()
    broker.pass(100_000)
    expect([seen(publisher), seen(subscriber), seen(old), old.closed]).toEqual([[], [], [], false])
    const another = broker.connect('q').send(message('t', 'e', { qos: 1, packetId: 1 }))
    expect(seen(another)).toEqual(['connack 0', 'puback #1 83'])
    another.send(message('t', 'f'))
    expect(seen(subscriber)).toEqual(['publish t f q0'])
    expect(seen(broker.connect('n', LASTING))).toEqual(['connack 88'])
    expect([broker.gate.failed, broker.gate.writable, broker.core.counters.commitsFailed]).toEqual([true, false, 1])
    // A connection that was to be closed behind its CONNACK is closed now.
    const late = new VirtualBroker({ store: new CrashStore() })
    late.store!.hangs = true
    const client = late.connect('x', LASTING).send('c100')
    expect(client.closed).toBe(false)
    late.store!.fail()
    late.settle()
    expect([client.closed, seen(client)]).toEqual([true, []])
  })

  it('I26 a full disk: QoS 1 and 2 are refused with 0x97, 3.1.1 is not read, QoS 0 flows, and it recovers by itself', () => {
    const { store, broker } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p', LASTING)
    const old = broker.connect('o', { version: 4, keepAliveSeconds: 10 })
    for (const client of [subscriber, publisher, old]) client.received()
    publisher.send(message('t', 'before', { qos: 2, packetId: 9 }))
    publisher.received()
    store.full = true
    broker.settle()
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    // What was promised before stays promised.
    publisher.send(message('t', 'before', { qos: 2, packetId: 9, dup: true })).send(message('t', 'c'))
    expect(seen(publisher)).toEqual(['puback #1 97', 'pubrec #2 97', 'pubrec #9 0'])
    old.send(message('t', 'd', { qos: 1, packetId: 1 })).send(message('t', 'e'))
    expect(seen(old)).toEqual([])
    expect(seen(subscriber)).toEqual(['publish t before q1 #1', 'publish t c q0'])
    expect(seen(broker.connect('n', LASTING))).toEqual(['connack 97'])
    expect(seen(broker.connect('m'))).toEqual(['connack 0'])
    subscriber.send(subscribeTo('u', { packetId: 5 }))
    expect(seen(subscriber)).toEqual(['suback #5 97'])
    broker.pass(30_000)
    expect(old.closed).toBe(false)
    store.full = false
    broker.pass(1_000)
    expect(seen(old)).toEqual(['puback #1 0'])
    // QoS 0 may overtake what waits at the gate.
    expect(seen(subscriber)).toEqual(['publish t e q0', 'publish t d q1 #2'])
    publisher.send(message('t', 'f', { qos: 1, packetId: 1 }))
    expect(seen(publisher)).toEqual(['puback #1 0'])
  })

  it('I26 a batch that found the disk full stays whole, is tried again, and its sends stay held', () => {
    const { store, broker } = durableBroker()
    const subscriber = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p')
    subscriber.received()
    publisher.received()
    store.hangs = true
    publisher.send(message('t', 'a', { qos: 1, packetId: 1 }))
    store.full = true
    store.hangs = false
    broker.settle()
    expect([seen(publisher), seen(subscriber), broker.gate.writable, broker.gate.failed]).toEqual([
      [],
      [],
      false,
      false,
    ])
    broker.pass(5_000)
    expect(seen(publisher)).toEqual([])
    store.full = false
    broker.pass(1_000)
    expect([seen(publisher), seen(subscriber)]).toEqual([['puback #1 0'], ['publish t a q1 #1']])
  })
})
