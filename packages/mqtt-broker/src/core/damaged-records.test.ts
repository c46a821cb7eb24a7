import { encode } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import type { StoreRecord } from '../ports/store.ts'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo } from '../testing/packets.ts'
import { acknowledge, LASTING, leftovers, seen } from '../testing/restarts.ts'
import { VirtualBroker } from '../testing/virtual-broker.ts'
import * as keys from './records/keys.ts'
import { encodeGroup, encodeReceived } from './records/number-records.ts'
import { encodeSession, encodeWaiting } from './records/session-record.ts'
import { encodeSubscription } from './records/subscription-record.ts'
import { RECOVERY_ORDER, type RecoveryFailure } from './recovery.ts'

const { RecordTag } = keys

/** A store with records of every kind: Sessions with a Will, a group with a message, messages with and without a body. */
const whole = (): StoreRecord[] => {
  const store = new CrashStore()
  const broker = new VirtualBroker({ store })
  const will = { topicName: 'w', payload: new Uint8Array(0), qos: 0, retain: false } as const
  for (const clientId of ['a', 'b']) {
    const client = broker.connect(clientId, { ...LASTING, will })
    client
      .send(subscribeTo('t/#', { qos: 2 }))
      .send(subscribeTo('$share/g/s', { qos: 1 }))
      .cut()
  }
  const publisher = broker.connect('p', LASTING)
  publisher.send(message('t/short', 'x', { qos: 2, packetId: 1, retain: true }))
  publisher.send(message('t/long', 'x'.repeat(1_000), { qos: 1, packetId: 2 }))
  publisher.send(message('s', 'for the group', { qos: 1, packetId: 3 }))
  const released = broker.connect('a', LASTING)
  released.send(acknowledge('pubrec', 1)).cut()
  publisher.send(message('s', 'and one that waits', { qos: 1, packetId: 4 }))
  return RECOVERY_ORDER.flatMap((tag) => store.read(keys.rangeOfTag(tag)))
}

/** What a broker says of these records, and the broker. */
const recovered = (
  records: readonly StoreRecord[],
): { failure: RecoveryFailure | undefined; broker: VirtualBroker } => {
  const broker = new VirtualBroker({ store: new CrashStore() })
  const recovery = broker.core.recover(0, broker.wallOffsetMs)
  for (const [key, value] of records) {
    const failure = recovery.record(key, value)
    if (failure !== undefined) return { failure, broker }
  }
  const failure = recovery.finish()
  broker.settle()
  return { failure, broker }
}

const tagOf = ([key]: StoreRecord): number => key[0]!
const cut = (bytes: Uint8Array): Uint8Array => bytes.slice(0, -1)
const longer = (bytes: Uint8Array): Uint8Array => Uint8Array.of(...bytes, 0xff)

/** The records with every one of a kind changed. */
const changed = (tag: number, change: (record: StoreRecord) => StoreRecord): StoreRecord[] =>
  whole().map((record) => (tagOf(record) === tag ? change(record) : record))

describe('a store that was damaged is refused, with what cannot be read', () => {
  it('and one that is whole is not', () => {
    expect([...new Set(whole().map(tagOf))].sort()).toEqual(Object.values(RecordTag).sort())
    expect(recovered(whole()).failure).toBeUndefined()
  })

  it.each<[string, number, string]>([
    ['the clock', RecordTag.clock, 'the clock cannot be read'],
    ['a Session', RecordTag.session, 'the Session of a cannot be read'],
    ['the time of a Session', RecordTag.waiting, 'the time of a Session cannot be read'],
    ['a group', RecordTag.group, 'the group g/s cannot be read'],
    ['a Subscription', RecordTag.subscription, 'the Subscription to $share/g/s cannot be read'],
    ['an identifier', RecordTag.received, 'an identifier cannot be read'],
  ])('the value of %s is cut off', (_what, tag, reason) => {
    const records = changed(tag, ([key, value]) => [key, cut(value)])
    expect(recovered(records).failure).toEqual({ code: 'STORE_DAMAGED', reason })
  })

  it.each<[string, number, string]>([
    ['a Session', RecordTag.session, 'the key of a Session cannot be read'],
    ['the time of a Session', RecordTag.waiting, 'the time of a Session cannot be read'],
    ['a group', RecordTag.group, 'the key of a group cannot be read'],
    ['a Subscription', RecordTag.subscription, 'the key of a Subscription cannot be read'],
    ['an identifier', RecordTag.received, 'an identifier cannot be read'],
    ['a body', RecordTag.body, 'the key of a body cannot be read'],
    ['a message', RecordTag.queued, 'the key of a message cannot be read'],
  ])('the key of %s is no text, or too long', (_what, tag, reason) => {
    const records = changed(tag, ([key, value]) => [longer(key), value])
    expect(recovered(records).failure).toEqual({ code: 'STORE_DAMAGED', reason })
  })

  it.each<[string, number, string]>([
    ['a retained message', RecordTag.retained, 'a retained message cannot be read'],
    ['a message', RecordTag.queued, 'a message cannot be read'],
  ])('%s is of a version that is not known', (_what, tag, reason) => {
    const records = changed(tag, ([key, value]) => [key, Uint8Array.of(0xff, ...value.subarray(1))])
    expect(recovered(records).failure).toEqual({ code: 'STORE_DAMAGED', reason })
  })

  it('a retained message, or one of a group, holds no PUBLISH', () => {
    // Its Topic Name is longer than all of it.
    const broken = (value: Uint8Array): Uint8Array => {
      const at = value.findIndex((byte, place) => byte >> 4 === 3 && place >= 8)
      const copy = value.slice()
      copy[at + 2] = 0xff
      return copy
    }
    const retained = changed(RecordTag.retained, ([key, value]) => [key, broken(value)])
    expect(recovered(retained).failure?.reason).toBe('a retained message cannot be read')
    const records = whole()
    const group = records.find((record) => tagOf(record) === RecordTag.group)!
    const number = group[1].subarray(1)
    const queued = records.map(([key, value]): StoreRecord =>
      key[0] === RecordTag.queued && number.every((byte, place) => key[1 + place] === byte)
        ? [key, broken(value)]
        : [key, value],
    )
    expect(recovered(queued).failure?.reason).toBe('a message of a group cannot be read')
  })

  it('the Will of a Session is no PUBLISH', () => {
    const record = { number: 9, principal: '', username: undefined, protocolVersion: 5, keepAliveSeconds: 0 } as const
    for (const publish of [
      new Uint8Array(0),
      Uint8Array.of(0x30),
      encode({ type: 'pingreq' }, 5),
      Uint8Array.of(0x30, 2, 0, 5),
    ]) {
      const session = encodeSession({
        ...record,
        expiryIntervalSeconds: 60,
        will: { delaySeconds: 0, allowed: true, publish },
      }).slice()
      const records = whole().filter((each) => ![RecordTag.session, RecordTag.waiting].includes(tagOf(each) as 0x73))
      records.splice(2, 0, [keys.sessionKey('w').slice(), session])
      expect(recovered(records).failure).toEqual({ code: 'STORE_DAMAGED', reason: 'the Will of w cannot be read' })
    }
  })

  it('the body that messages refer to is missing', () => {
    const records = whole().filter((record) => tagOf(record) !== RecordTag.body)
    expect(recovered(records).failure).toEqual({
      code: 'STORE_DAMAGED',
      reason: expect.stringMatching(/^the body \d+ of messages is missing$/),
    })
  })

  it('Sessions without a clock, an identifier 0, a record of an unknown kind', () => {
    const noClock = whole().filter((record) => tagOf(record) !== RecordTag.clock)
    expect(recovered(noClock).failure?.reason).toBe('the Session of a cannot be read')
    const zero = [...whole(), [keys.receivedKey(1, 0).slice(), encodeReceived().slice()] as const]
    expect(recovered(zero).failure?.reason).toBe('an identifier cannot be read')
    const unknown = [...whole(), [Uint8Array.of(0x7a, 0, 0, 0, 0, 0, 1), Uint8Array.of(1)] as const]
    expect(recovered(unknown).failure?.reason).toBe('a record of an unknown kind (122) cannot be read')
  })

  it('records before the version of their layout, or of another one', () => {
    const records = whole()
    const [, ...noFormat] = records
    expect(recovered(noFormat).failure?.code).toBe('STORE_FORMAT_UNKNOWN')
    const other = changed(RecordTag.format, ([key]) => [key, Uint8Array.of(0, 0, 0, 99)])
    expect(recovered(other).failure?.reason).toMatch(/^its layout has version 99, /)
  })
})

describe('what belongs to nobody', () => {
  it('goes: identifiers, times and Subscriptions of no Session, filters that are none, groups without members, bodies of no message', () => {
    const nobody: StoreRecord[] = [
      [keys.waitingKey(500).slice(), encodeWaiting({ since: 1, sentBefore: 0 }).slice()],
      [keys.groupKey('nobody/x').slice(), encodeGroup(501).slice()],
      [
        keys.subscriptionKey(500, 'a').slice(),
        encodeSubscription({ qos: 1, noLocal: false, retainAsPublished: false, subscriptionIdentifier: 0 }).slice(),
      ],
      [
        keys.subscriptionKey(1, 'a/#/b').slice(),
        encodeSubscription({ qos: 1, noLocal: false, retainAsPublished: false, subscriptionIdentifier: 0 }).slice(),
      ],
      [keys.receivedKey(500, 7).slice(), encodeReceived().slice()],
      [keys.bodyKey(77).slice(), Uint8Array.of(1, 0x30, 3, 0, 1, 0x61)],
    ]
    const store = new CrashStore()
    const batch = store.batch()
    const records = [...whole(), ...nobody]
    for (const [key, value] of records) batch.put(key, value)
    store.commitLater(batch, () => {})
    store.finish()
    const before = leftovers(store)
    const broker = new VirtualBroker({ store })
    const after = leftovers(store)
    expect(after).toEqual({
      ...before,
      waiting: before['waiting']!,
      group: before['group']! - 1,
      subscription: before['subscription']! - 2,
      received: before['received']! - 1,
      body: before['body']! - 1,
    })
    expect(seen(broker.connect('b', LASTING))[0]).toBe('connack 0 present')
  })
})
