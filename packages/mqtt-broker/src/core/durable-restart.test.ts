import { describe, expect, it } from 'vitest'
import type { Grant } from '../ports/grant.ts'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { acknowledge, count, LASTING, lasting, leftovers, restart, seen } from '../testing/restarts.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'
import { RecordTag } from './records/keys.ts'

describe('a restart', () => {
  it('I12 brings a Session back with its Subscriptions, options and all', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    const client = before.connect('s', LASTING)
    client.send(subscribeTo('a/+', { qos: 1, subscriptionIdentifier: 7, retainAsPublished: true, packetId: 1 }))
    client.send(subscribeTo('own', { qos: 2, noLocal: true, packetId: 2 }))
    client.send(subscribeTo('gone', { qos: 2, packetId: 3 }))
    client.send({ type: 'unsubscribe', packetId: 4, topicFilters: ['gone'] })
    const after = restart(before)
    expect([after.core.counters.sessions, after.core.counters.subscriptions]).toEqual([1, 2])
    const again = after.connect('s', LASTING)
    expect(seen(again)).toEqual(['connack 0 present'])
    again.send(message('own', 'x'))
    const publisher = after.connect('p')
    publisher.send(message('a/b', 'y', { qos: 2, packetId: 1, retain: true })).send(message('gone', 'z'))
    const packets = again.received()
    expect(packets.map(summary)).toEqual(['publish a/b y q1 #1 retain'])
    const [packet] = packets
    expect(packet?.type === 'publish' && packet.properties?.subscriptionIdentifiers).toEqual([7])
  })

  it('I3 I10 brings queued messages back in their order, QoS, properties and flags', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('s', LASTING)
      .send(subscribeTo('#', { qos: 2, retainAsPublished: true }))
      .cut()
    const publisher = before.connect('p', { properties: { topicAliasMaximum: 5 } })
    publisher.send(message('t', '1', { qos: 1, packetId: 1, properties: { topicAlias: 3, contentType: 'text' } }))
    publisher.send(message('', '2', { qos: 2, packetId: 2, properties: { topicAlias: 3 } }))
    publisher.send(message('u', '3', { qos: 1, packetId: 3, retain: true }))
    publisher.send(message('t', '0'))
    before.connect('old', { version: 4 }).send(message('t', '4', { qos: 1, packetId: 9 }))
    const after = restart(before)
    expect(after.core.counters.queuedMessages).toBe(4)
    const packets = after.connect('s', LASTING).received()
    expect(packets.map(summary)).toEqual([
      'connack 0 present',
      'publish t 1 q1 #1',
      'publish t 2 q2 #2',
      'publish u 3 q1 #3 retain',
      'publish t 4 q1 #4',
    ])
    expect(packets[1]?.type === 'publish' && packets[1].properties?.contentType).toBe('text')
    expect(after.core.counters.queuedMessages).toBe(0)
  })

  it('I11 hostile #82 DUP is set where a message may have been sent, and only there', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    const client = before.connect('s', LASTING).send(subscribeTo('t', { qos: 1 }))
    const publisher = before.connect('p')
    publisher.send(message('t', '1', { qos: 1, packetId: 1 }))
    expect(seen(client).at(-1)).toBe('publish t 1 q1 #1')
    client.cut()
    publisher.send(message('t', '2', { qos: 1, packetId: 2 }))
    const offline = restart(before)
    expect(seen(offline.connect('s', LASTING))).toEqual([
      'connack 0 present',
      'publish t 1 q1 #1 dup',
      'publish t 2 q1 #2',
    ])
    // It was connected at the end: everything that was there may have been sent.
    const online = restart(offline)
    expect(seen(online.connect('s', LASTING))).toEqual([
      'connack 0 present',
      'publish t 1 q1 #1 dup',
      'publish t 2 q1 #2 dup',
    ])
  })

  it('I11 hostile #82 one that was still behind the gate when its connection broke goes without DUP', () => {
    const store = new CrashStore()
    const broker = new VirtualBroker({ store })
    const client = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    const publisher = broker.connect('p')
    publisher.send(message('t', '1', { qos: 1, packetId: 1 }))
    store.hangs = true
    publisher.send(message('t', '2', { qos: 2, packetId: 2 })).send(message('t', '3', { qos: 1, packetId: 3 }))
    client.cut()
    store.hangs = false
    broker.settle()
    expect(seen(broker.connect('s', LASTING))).toEqual([
      'connack 0 present',
      'publish t 1 q1 #1 dup',
      'publish t 2 q2 #2',
      'publish t 3 q1 #3',
    ])
  })

  it('I4 a received QoS 2 identifier survives: its repeat is acknowledged and not routed', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 2 }))
      .cut()
    const publisher = before.connect('p', LASTING)
    publisher.send(message('t', 'a', { qos: 2, packetId: 1 })).send(message('t', 'b', { qos: 2, packetId: 2 }))
    publisher.send(acknowledge('pubrel', 2))
    const after = restart(before)
    const again = after.connect('p', LASTING)
    again.send(message('t', 'a', { qos: 2, packetId: 1, dup: true })).send(message('t', 'c', { qos: 2, packetId: 2 }))
    expect(seen(again)).toEqual(['connack 0 present', 'pubrec #1 0', 'pubrec #2 0'])
    again.send(acknowledge('pubrel', 1)).send(acknowledge('pubrel', 2)).send({ type: 'disconnect', reasonCode: 0 })
    expect(count(after.store!, RecordTag.received)).toBe(0)
    expect(seen(after.connect('s', LASTING)).slice(1)).toEqual([
      'publish t a q2 #1',
      'publish t b q2 #2',
      'publish t c q2 #3',
    ])
  })

  it('I6 an owed PUBREL survives, in the order of the PUBRECs, before new PUBLISHes; the message never comes again', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    const client = before.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
    const publisher = before.connect('p')
    for (const packetId of [1, 2, 3]) publisher.send(message('t', `${packetId}`, { qos: 2, packetId }))
    client.send(acknowledge('pubrec', 3)).send(acknowledge('pubrec', 1)).cut()
    const after = restart(before)
    const again = after.connect('s', LASTING)
    expect(seen(again)).toEqual(['connack 0 present', 'pubrel #3 0', 'pubrel #1 0', 'publish t 2 q2 #2 dup'])
    again.send(acknowledge('pubcomp', 3)).send(acknowledge('pubcomp', 1)).send(acknowledge('pubrec', 2))
    again.send(acknowledge('pubcomp', 2))
    expect(leftovers(after.store!)).toEqual({ subscription: 1, session: 1 })
  })

  it('I5 what was staged and not committed did not happen; what was committed and not told did', () => {
    for (const fate of ['lost', 'kept'] as const) {
      const store = new CrashStore()
      const before = new VirtualBroker({ store })
      before
        .connect('s', LASTING)
        .send(subscribeTo('t', { qos: 1 }))
        .cut()
      store.hangs = true
      before.connect('p').send(message('t', 'a', { qos: 1, packetId: 1 }))
      const after = restart(before, { fate })
      const packets = seen(after.connect('s', LASTING))
      expect([fate, packets.slice(1)]).toEqual([fate, fate === 'kept' ? ['publish t a q1 #1'] : []])
    }
  })

  it('I15 retained messages are the last ones, and those that were removed or expired are gone', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    const publisher = before.connect('p')
    publisher
      .send(message('a', 'old', { retain: true }))
      .send(message('a', 'new', { retain: true, qos: 1, packetId: 1 }))
    publisher.send(message('b', 'gone', { retain: true })).send(message('b', '', { retain: true }))
    const expires = (seconds: number) => ({ properties: { messageExpiryIntervalSeconds: seconds } })
    publisher.send(message('c', 'short', { retain: true, ...expires(10) }))
    publisher.send(message('d', 'long', { retain: true, ...expires(100) }))
    const after = restart(before, { awayMs: 20_000 })
    const packets = after
      .connect('s')
      .send(subscribeTo('#', { qos: 1 }))
      .received()
    expect(packets.slice(2).map(summary).sort()).toEqual(['publish a new q1 #1 retain', 'publish d long q0 retain'])
    const long = packets.find((packet) => packet.type === 'publish' && packet.topicName === 'd')
    expect(long?.type === 'publish' && long.properties?.messageExpiryIntervalSeconds).toBe(80)
    expect(count(after.store!, RecordTag.retained)).toBe(2)
  })

  it('I18 I27 Session Expiry counts the time away, clamped to 30 days and never backwards', () => {
    const day = 24 * 3600
    const survives = (seconds: number, awayMs: number): boolean => {
      const before = new VirtualBroker({ store: new CrashStore() })
      before
        .connect('s', lasting(seconds))
        .send(subscribeTo('t', { qos: 1 }))
        .cut()
      before.pass(60_000)
      const after = restart(before, { awayMs })
      const alive = after.core.counters.sessions === 1
      if (!alive) expect(leftovers(after.store!)).toEqual({})
      return alive
    }
    expect(survives(100, 39_000)).toBe(true)
    expect(survives(100, 41_000)).toBe(false)
    expect(survives(31 * day, 365 * day * 1000)).toBe(true)
    expect(survives(29 * day, 365 * day * 1000)).toBe(false)
    expect(survives(100, -365 * day * 1000)).toBe(true)
  })

  it('I27 the wall clock may jump while the broker runs: nothing that is stored gets older or younger', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = before.connect('p')
    publisher.send(message('t', 'a', { qos: 1, packetId: 1, properties: { messageExpiryIntervalSeconds: 100 } }))
    before.wallOffsetMs += 365 * 24 * 3600 * 1000
    before.pass(30_000)
    const client = before.connect('s', LASTING)
    const packets = client.received()
    expect(packets.slice(1).map(summary)).toEqual(['publish t a q1 #1'])
    expect(packets[1]?.type === 'publish' && packets[1].properties?.messageExpiryIntervalSeconds).toBe(70)
    client.cut()
    const after = restart(before, { awayMs: 20_000 })
    const [, again] = after.connect('s', LASTING).received()
    expect(again?.type === 'publish' && again.properties?.messageExpiryIntervalSeconds).toBe(50)
  })

  it('I17 what expired while the broker was away is not sent', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = before.connect('p')
    publisher.send(message('t', 'a', { qos: 1, packetId: 1, properties: { messageExpiryIntervalSeconds: 10 } }))
    publisher.send(message('t', 'b', { qos: 1, packetId: 2 }))
    const after = restart(before, { awayMs: 11_000 })
    expect(seen(after.connect('s', LASTING))).toEqual(['connack 0 present', 'publish t b q1 #2'])
    expect(after.core.counters.messagesDropped['message-expired']).toBe(1)
  })

  it('hostile #90 another principal does not get the Session, also after a restart', () => {
    const edges = { authenticate: () => true }
    const before = new VirtualBroker({ store: new CrashStore(), edges })
    before.connect('s', { ...LASTING, username: 'alice' })
    const after = restart(before, { edges })
    expect(seen(after.connect('s', { ...LASTING, username: 'bob' }))).toEqual(['connack 85'])
    expect(seen(after.connect('s', { ...LASTING, username: 'alice' }))).toEqual(['connack 0 present'])
  })

  it('a Session that ends leaves nothing behind: Clean Start, DISCONNECT with 0, its expiry', () => {
    const endings: ((broker: VirtualBroker, client: VirtualClient) => void)[] = [
      (broker) => void broker.connect('s', { cleanStart: true }),
      (broker, client) => {
        client.cut()
        broker
          .connect('s', LASTING)
          .send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryIntervalSeconds: 0 } })
      },
      (broker, client) => {
        client.cut()
        broker.pass(3_601_000)
      },
    ]
    for (const end of endings) {
      const broker = new VirtualBroker({ store: new CrashStore() })
      const client = broker.connect('s', LASTING).send(subscribeTo('t', { qos: 2 }))
      broker
        .connect('other', LASTING)
        .send(subscribeTo('t', { qos: 1 }))
        .send({ type: 'disconnect', reasonCode: 0, properties: { sessionExpiryIntervalSeconds: 5 } })
      const publisher = broker.connect('p')
      for (let packetId = 1; packetId <= 150; packetId++)
        publisher.send(message('t', 'x'.repeat(300), { qos: 1, packetId }))
      expect(count(broker.store!, RecordTag.body)).toBe(150)
      client.send(message('t', 'y', { qos: 2, packetId: 1 }))
      broker.pass(6_000)
      expect(count(broker.store!, RecordTag.queued)).toBe(151)
      end(broker, client)
      broker.settle()
      expect(leftovers(broker.store!)).toEqual({})
      expect([broker.core.counters.queuedMessages, broker.core.counters.queuedBytes]).toEqual([0, 0])
    }
  })

  it('what an ended Session left when the process was killed is cleared by the next one, and its number not given again', () => {
    const store = new CrashStore()
    const before = new VirtualBroker({ store })
    before
      .connect('s', LASTING)
      .send(subscribeTo('t', { qos: 1 }))
      .cut()
    const publisher = before.connect('p')
    for (let packetId = 1; packetId <= 10; packetId++) publisher.send(message('t', 'x', { qos: 1, packetId }))
    store.readsHang = true
    before.connect('s', { cleanStart: true })
    expect(count(store, RecordTag.queued)).toBe(10)
    const after = restart(before)
    after.connect('s', LASTING)
    expect(leftovers(after.store!)).toEqual({ session: 1 })
    expect(seen(after.connect('s', LASTING))).toEqual(['connack 0 present'])
  })

  it('a body that several Sessions share is stored once, and goes with the last of them', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    for (const clientId of ['a', 'b', 'c'])
      before
        .connect(clientId, LASTING)
        .send(subscribeTo('t', { qos: 1 }))
        .cut()
    const text = 'x'.repeat(1000)
    before
      .connect('p')
      .send(message('t', text, { qos: 1, packetId: 1 }))
      .send(message('t', 'small', { qos: 1, packetId: 2 }))
    expect([count(before.store!, RecordTag.body), count(before.store!, RecordTag.queued)]).toEqual([1, 6])
    const after = restart(before)
    for (const clientId of ['a', 'b', 'c']) {
      expect(count(after.store!, RecordTag.body)).toBe(1)
      const client = after.connect(clientId, LASTING)
      expect(seen(client)).toEqual(['connack 0 present', `publish t ${text} q1 #1`, 'publish t small q1 #2'])
      client.send(acknowledge('puback', 1)).send(acknowledge('puback', 2))
    }
    expect([count(after.store!, RecordTag.body), count(after.store!, RecordTag.queued)]).toEqual([0, 0])
  })
})

describe('Wills across a restart', () => {
  const will = { topicName: 'will', payload: Uint8Array.of(0x77), qos: 1, retain: false } as const
  const delayed = (seconds: number) => ({ ...will, properties: { willDelayIntervalSeconds: seconds } })

  it('I14 of a Client that was connected is published once, when its delay is over', () => {
    for (const delaySeconds of [0, 30]) {
      const before = new VirtualBroker({ store: new CrashStore() })
      before
        .connect('w', LASTING)
        .send(subscribeTo('will', { qos: 1 }))
        .cut()
      before.connect('s', { ...LASTING, will: delayed(delaySeconds) })
      const after = restart(before)
      if (delaySeconds > 0) {
        after.pass(29_000)
        expect(after.core.counters.willsPublished).toBe(0)
        after.pass(1_000)
      }
      expect(after.core.counters.willsPublished).toBe(1)
      const last = restart(after)
      last.pass(100_000)
      expect(last.core.counters.willsPublished).toBe(0)
      expect(seen(last.connect('w', LASTING))).toEqual(['connack 0 present', 'publish will w q1 #1'])
    }
  })

  it('I14 the delay goes on from where it was, and a Client that is back in time takes its Will back', () => {
    const begin = (): VirtualBroker => {
      const before = new VirtualBroker({ store: new CrashStore() })
      before.connect('s', { ...LASTING, will: delayed(60) }).cut()
      before.pass(20_000)
      return restart(before, { awayMs: 20_000 })
    }
    const left = begin()
    left.pass(19_000)
    expect(left.core.counters.willsPublished).toBe(0)
    left.pass(1_000)
    expect(left.core.counters.willsPublished).toBe(1)
    const back = begin()
    expect(seen(back.connect('s', LASTING))).toEqual(['connack 0 present'])
    const later = restart(back, { awayMs: 1_000_000 })
    later.pass(1_000_000)
    expect(later.core.counters.willsPublished).toBe(0)
  })

  it('I14 of a Session that ended with the broker is published, and waits for whoever wants it', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('w', LASTING)
      .send(subscribeTo('will', { qos: 1 }))
      .cut()
    before.connect('p').send(message('will', 'before', { qos: 1, packetId: 1 }))
    before.connect('s', LASTING).cut()
    before.connect('s', { ...lasting(0), will })
    const after = restart(before)
    expect([after.core.counters.sessions, after.core.counters.willsPublished]).toEqual([1, 1])
    expect(seen(after.connect('w', LASTING))).toEqual([
      'connack 0 present',
      'publish will before q1 #1',
      'publish will w q1 #2',
    ])
  })

  it('[MQTT-3.14.4-3 v5.0] a DISCONNECT in order takes it away for good', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before.connect('s', { ...LASTING, will }).send({ type: 'disconnect', reasonCode: 0 })
    const after = restart(before)
    after.pass(10_000)
    expect([after.core.counters.sessions, after.core.counters.willsPublished]).toEqual([1, 0])
  })

  it('I14 that it has been published is committed before anybody sees it, also with QoS 0', () => {
    const store = new CrashStore()
    const before = new VirtualBroker({ store })
    const watcher = before.connect('w').send(subscribeTo('will'))
    const client = before.connect('s', { ...LASTING, will: { ...will, qos: 0 } })
    watcher.received()
    store.hangs = true
    client.cut()
    expect(seen(watcher)).toEqual([])
    const after = restart(before)
    const again = after.connect('w').send(subscribeTo('will'))
    expect(after.core.counters.willsPublished).toBe(1)
    expect(seen(again)).toEqual(['connack 0', 'suback #1 0'])
    store.hangs = false
    const live = new VirtualBroker({ store: new CrashStore() })
    const reader = live.connect('w').send(subscribeTo('will'))
    live.connect('s', { ...LASTING, will }).cut()
    expect(seen(reader)).toEqual(['connack 0', 'suback #1 0', 'publish will w q0'])
  })

  it('I19 a Client without the right to its topic has no Will after a restart either', () => {
    const grants: Record<string, Grant> = { s: { canPublish: () => false }, t: { canPublish: () => true } }
    const edges = { authenticate: (_ticket: number, { clientId }: { clientId: string }) => grants[clientId] ?? true }
    const before = new VirtualBroker({ store: new CrashStore(), edges })
    before.connect('s', { ...LASTING, will })
    before.connect('t', { ...LASTING, will })
    const after = restart(before, { edges })
    expect(after.core.counters.willsPublished).toBe(1)
    const refusing = restart(before, { edges: { ...edges, authorizePublish: () => false } })
    expect(refusing.core.counters.willsPublished).toBe(0)
  })
})

describe('Shared Subscriptions across a restart', () => {
  const FILTER = '$share/g/t'

  it('I16 what waits for a group with a durable member comes back in order, and goes to one of them', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('a', LASTING)
      .send(subscribeTo(FILTER, { qos: 2 }))
      .cut()
    before
      .connect('b', LASTING)
      .send(subscribeTo(FILTER, { qos: 2 }))
      .cut()
    const publisher = before.connect('p')
    for (const packetId of [1, 2, 3]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    const after = restart(before)
    const member = after.connect('b', LASTING)
    expect(seen(member)).toEqual(['connack 0 present', 'publish t 1 q1 #1', 'publish t 2 q1 #2', 'publish t 3 q1 #3'])
    for (const packetId of [1, 2, 3]) member.send(acknowledge('puback', packetId))
    expect(count(after.store!, RecordTag.queued)).toBe(0)
    expect(seen(after.connect('a', LASTING))).toEqual(['connack 0 present'])
  })

  it('I16 a member that is not durable gets it, and until it has acknowledged it the group still has it', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('a', LASTING)
      .send(subscribeTo(FILTER, { qos: 2 }))
      .cut()
    const member = before.connect('m').send(subscribeTo(FILTER, { qos: 2 }))
    member.received()
    const publisher = before.connect('p')
    for (const packetId of [1, 2, 3, 4])
      publisher.send(message('t', `${packetId}`, { qos: packetId === 2 ? 2 : 1, packetId }))
    expect(seen(member).length).toBe(4)
    expect(count(before.store!, RecordTag.queued)).toBe(4)
    member.send(acknowledge('puback', 1)).send(acknowledge('pubrec', 2))
    member.send({ type: 'puback', packetId: 3, reasonCode: 0x97 })
    expect(count(before.store!, RecordTag.queued)).toBe(1)
    const after = restart(before)
    expect(seen(after.connect('a', LASTING))).toEqual(['connack 0 present', 'publish t 4 q1 #1'])
  })

  it('I16 unacknowledged QoS 1 of a durable member whose Session ends goes back to the group in its place, QoS 2 does not', () => {
    for (const killed of [false, true]) {
      const store = new CrashStore()
      let broker = new VirtualBroker({ store })
      const member = broker.connect('a', LASTING).send(subscribeTo(FILTER, { qos: 2 }))
      broker
        .connect('b', LASTING)
        .send(subscribeTo(FILTER, { qos: 2 }))
        .cut()
      const publisher = broker.connect('p')
      publisher.send(message('t', '1', { qos: 1, packetId: 1 })).send(message('t', '2', { qos: 2, packetId: 2 }))
      publisher.send(message('t', '3', { qos: 1, packetId: 3 }))
      expect(seen(member).length).toBe(5)
      member.cut()
      publisher.send(message('t', '4', { qos: 1, packetId: 4 }))
      if (killed) store.readsHang = true
      broker.connect('a', { cleanStart: true })
      if (killed) broker = restart(broker)
      const other = broker.connect('b', LASTING)
      expect(seen(other)).toEqual(['connack 0 present', 'publish t 1 q1 #1', 'publish t 3 q1 #2', 'publish t 4 q1 #3'])
      for (const packetId of [1, 2, 3]) other.send(acknowledge('puback', packetId))
      expect(count(broker.store!, RecordTag.queued)).toBe(0)
    }
  })

  it('I16 I31 what waits in a group goes to a member as soon as its own messages have been read, or are gone', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    const member = before
      .connect('a', LASTING)
      .send(subscribeTo(FILTER, { qos: 1 }))
      .send(subscribeTo('own', { qos: 1 }))
    member.cut()
    const publisher = before.connect('p')
    const expiring = { properties: { messageExpiryIntervalSeconds: 5 } }
    publisher.send(message('own', 'late', { qos: 1, packetId: 1, ...expiring }))
    publisher.send(message('t', 'shared', { qos: 1, packetId: 2 }))
    before.pass(10_000)
    expect(seen(before.connect('a', LASTING))).toEqual(['connack 0 present', 'publish t shared q1 #2'])
  })

  it.each([1, 2] as const)(
    'I20 a message of QoS %i that is too large for the member that gets it leaves no record',
    (qos) => {
      const broker = new VirtualBroker({ store: new CrashStore() })
      broker
        .connect('away', LASTING)
        .send(subscribeTo(FILTER, { qos: 2 }))
        .cut()
      broker.connect('m', { properties: { maximumPacketSizeBytes: 100 } }).send(subscribeTo(FILTER, { qos: 2 }))
      broker.connect('p').send(message('t', 'x'.repeat(200), { qos, packetId: 1 }))
      expect(broker.core.counters.messagesDropped['packet-too-large']).toBe(1)
      expect(count(broker.store!, RecordTag.queued)).toBe(0)
      expect(seen(restart(broker).connect('away', LASTING))).toEqual(['connack 0 present'])
    },
  )

  it('I20 with its last member the group and what waits in it are gone from the store', () => {
    const before = new VirtualBroker({ store: new CrashStore() })
    before
      .connect('a', LASTING)
      .send(subscribeTo(FILTER, { qos: 2 }))
      .cut()
    before.connect('p').send(message('t', '1', { qos: 1, packetId: 1 }))
    const after = restart(before)
    after.connect('a', { cleanStart: true })
    expect(leftovers(after.store!)).toEqual({})
  })
})
