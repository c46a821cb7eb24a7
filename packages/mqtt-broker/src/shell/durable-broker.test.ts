import { StreamDecoder, encode, type Packet } from '@godwit/mqtt-codec'
import { memoryPair } from '@godwit/mqtt-transport/memory'
import { describe, expect, it } from 'vitest'
import { encodeFormat } from '../core/records/number-records.ts'
import { formatKey, queuedKey, sessionKey } from '../core/records/keys.ts'
import { type Broker, createBroker, type Logger } from '../index.ts'
import type { Store } from '../ports/store.ts'
import { MemoryStore } from '../store/memory-store.ts'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'

/** A raw Client over a stream in memory that waits for what it is to receive. */
class RawClient {
  readonly #near
  readonly #decoder = new StreamDecoder({ version: 5 })
  readonly #packets: string[] = []
  #changed: () => void = () => {}
  readonly closed: Promise<void>

  constructor(broker: Broker) {
    const [near, far] = memoryPair()
    this.#near = near
    let closed = () => {}
    this.closed = new Promise((resolve) => (closed = resolve))
    near.open({
      onData: (chunk) => {
        this.#decoder.push(chunk, (packet) => this.#packets.push(summary(packet)))
        this.#changed()
      },
      onDrain() {},
      onClose: () => closed(),
    })
    broker.attach(far)
  }

  send(packet: Packet): this {
    this.#near.write(encode(packet, 5))
    return this
  }

  async receives(count: number): Promise<string[]> {
    while (this.#packets.length < count) await new Promise<void>((resolve) => (this.#changed = resolve))
    return this.#packets.splice(0, count)
  }
}

const connect = (broker: Broker, clientId: string): RawClient =>
  new RawClient(broker).send({
    type: 'connect',
    protocolVersion: 5,
    clientId,
    cleanStart: false,
    keepAliveSeconds: 60,
    properties: { sessionExpiryIntervalSeconds: 3600 },
  })

/** A store whose commits wait until the test says so. */
const slowStore = () => {
  const inner = new MemoryStore({ durability: 'fsync' })
  const waiting: (() => void)[] = []
  const store: Store = {
    durability: 'fsync',
    batch: () => inner.batch(),
    commit: (batch) => new Promise((resolve) => waiting.push(() => resolve(inner.commit(batch)))),
    get: (key) => inner.get(key),
    scan: (range) => inner.scan(range),
    health: () => inner.health(),
    close: () => inner.close(),
  }
  return { store, waiting }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What outlives a broker of a test: the records, while each broker closes its own store. */
const keeping = (inner: MemoryStore): Store => ({
  durability: 'process',
  batch: () => inner.batch(),
  commit: (batch) => inner.commit(batch),
  get: (key) => inner.get(key),
  scan: (range) => inner.scan(range),
  health: () => ({ writable: true }),
  close: async () => {},
})

describe('a broker with a store', () => {
  it('says what it promises, at the start and after', async () => {
    const lines: string[] = []
    const logger: Logger = { debug() {}, warn() {}, error() {}, info: (_fields, line) => void lines.push(line) }
    await using none = createBroker({ logger })
    await using memory = createBroker({ store: new MemoryStore() })
    await using durable = createBroker({ store: new MemoryStore({ durability: 'fsync' }), logger })
    await using unused = createBroker({ store: new MemoryStore({ durability: 'fsync' }), durability: 'none' })
    expect([none, memory, durable, unused].map(({ durability }) => durability)).toEqual([
      'none',
      'none',
      'fsync',
      'none',
    ])
    await durable.ready
    const promises = lines.filter((line) => !line.includes('descriptors'))
    expect(promises[0]).toMatch(/end with this process/)
    expect(promises[1]).toMatch(/on disk/)
    expect(lines.at(-1)).toBe('the store has been read')
    expect([none.health(), durable.health()]).toEqual([{ writable: true }, { writable: true }])
    expect(() => createBroker({ store: new MemoryStore({ durability: 'process' }), durability: 'fsync' })).toThrow(
      expect.objectContaining({ code: 'DURABILITY_NOT_GIVEN' }),
    )
    expect(() => createBroker({ durability: 'process' })).toThrow(
      expect.objectContaining({ code: 'DURABILITY_NOT_GIVEN' }),
    )
  })

  it('finds everything again that the one before it left, and says how far reading has come', async () => {
    const store = new MemoryStore({ durability: 'process' })
    {
      await using broker = createBroker({ store: keeping(store) })
      const client = connect(broker, 's').send(subscribeTo('t', { qos: 1 }))
      expect(await client.receives(2)).toEqual(['connack 0', 'suback #1 1'])
      client.send({ type: 'disconnect', reasonCode: 0 })
      await client.closed
      const text = 'x'.repeat(600)
      for (let number = 0; number < 100; number++) {
        await broker.publish({ topicName: 't', payload: `${number}${text}`, qos: 1 })
      }
      await broker.publish({ topicName: 'r', payload: 'kept', qos: 1, retain: true })
    }
    const progress: number[] = []
    await using broker = createBroker({
      store: keeping(store),
      onRecovery: ({ records }) => void progress.push(records),
    })
    // Who comes before the store has been read waits for it.
    const client = connect(broker, 's')
    const [connack, ...publishes] = await client.receives(101)
    expect([connack, publishes.length, publishes[0]?.slice(0, 13), publishes[99]?.slice(0, 14)]).toEqual([
      'connack 0 present',
      100,
      'publish t 0xx',
      'publish t 99xx',
    ])
    client.send(subscribeTo('r', { packetId: 2 }))
    expect(await client.receives(2)).toEqual(['suback #2 0', 'publish r kept q0 retain'])
    expect(progress).toEqual([106])
  })

  it('answers one packet after another, with nothing else going on', async () => {
    await using broker = createBroker({ store: new MemoryStore({ durability: 'process' }) })
    await broker.ready
    const client = connect(broker, 's')
    expect(await client.receives(1)).toEqual(['connack 0'])
    client.send(subscribeTo('t', { qos: 1 }))
    expect(await client.receives(1)).toEqual(['suback #1 1'])
    for (const packetId of [1, 2]) {
      await turn()
      await turn()
      client.send(message('t', 'x', { qos: 1, packetId }))
      expect(await client.receives(2)).toEqual([`publish t x q1 #${packetId}`, `puback #${packetId} 0`])
      client.send({ type: 'puback', packetId, reasonCode: 0 })
    }
  })

  it('publishes as the embedding program: QoS 1 resolves after its commit, QoS 0 at once', async () => {
    const { store, waiting } = slowStore()
    const broker = createBroker({ store })
    await broker.ready
    await turn()
    waiting.shift()!()
    let done = false
    const published = broker.publish({ topicName: 'r', payload: 'x', qos: 1, retain: true }).then(() => (done = true))
    await broker.publish({ topicName: 'q', payload: 'x' })
    await turn()
    await turn()
    expect(done).toBe(false)
    waiting.shift()!()
    await published
    const closing = broker.close()
    while (waiting.length > 0) waiting.shift()!()
    await closing
  })

  it('a shutdown drains the gate: what was taken is acknowledged before the DISCONNECT', async () => {
    const { store, waiting } = slowStore()
    const broker = createBroker({ store })
    await broker.ready
    const client = connect(broker, 's')
    await turn()
    const pump = setInterval(() => waiting.shift()?.(), 1)
    expect(await client.receives(1)).toEqual(['connack 0'])
    clearInterval(pump)
    client.send(subscribeTo('t', { qos: 1 })).send(message('t', 'x', { qos: 1, packetId: 1 }))
    while (waiting.length === 0) await turn()
    const closing = broker.close()
    const finish = setInterval(() => waiting.shift()?.(), 1)
    expect(await client.receives(4)).toEqual(['suback #1 1', 'publish t x q1 #1', 'puback #1 0', 'disconnect 8b'])
    await closing
    clearInterval(finish)
    expect(store.health().writable).toBe(false)
  })

  it('a store that is being closed is no store that fails: nothing is logged', async () => {
    const lines: string[] = []
    const log = (_fields: unknown, line: string) => void lines.push(line)
    const inner = new MemoryStore({ durability: 'fsync' })
    let closing = false
    const store: Store = {
      ...keeping(inner),
      health: () => (closing ? { writable: false, reason: 'closed' } : { writable: true }),
      async close() {
        closing = true
        // Longer than a turn of the loop: one that was asked for before has its chance.
        for (let turns = 0; turns < 3; turns++) await new Promise(setImmediate)
      },
    }
    const broker = createBroker({ store, logger: { debug() {}, info() {}, warn: log, error: log } })
    await connect(broker, 'c').receives(1)
    await broker.close()
    expect(lines).toEqual([])
  })

  it('I25 a failed commit is told by the log, by health and by who publishes', async () => {
    const lines: string[] = []
    const logger: Logger = { debug() {}, warn() {}, info() {}, error: (_fields, line) => void lines.push(line) }
    const store = new CrashStore()
    const broker = createBroker({ store, logger })
    await broker.ready
    await turn()
    store.hangs = true
    const published = broker.publish({ topicName: 'r', payload: 'x', qos: 1, retain: true })
    while (!store.waits) await turn()
    store.fail()
    await expect(published).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(broker.health()).toEqual({ writable: false, reason: 'a commit failed: fsync failed' })
    expect(lines).toEqual([expect.stringMatching(/^a commit failed/)])
    await expect(broker.publish({ topicName: 'r', payload: 'x', qos: 1 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    await broker.publish({ topicName: 'r', payload: 'x' })
    await broker.close()
  })

  it('I26 a full disk is told by health, and gone when there is room again', async () => {
    const store = new CrashStore()
    await using broker = createBroker({ store })
    await broker.ready
    store.full = true
    expect(broker.health()).toEqual({ writable: false, reason: 'the disk is full' })
    await expect(broker.publish({ topicName: 'r', payload: 'x', qos: 2 })).rejects.toMatchObject({
      code: 'STORE_UNAVAILABLE',
    })
    store.full = false
    await broker.publish({ topicName: 'r', payload: 'x', qos: 2 })
  })

  it('I24 a store of an unknown layout, or a damaged one, is refused and nothing in it is changed', async () => {
    const cases: [code: string, fill: (put: (key: Uint8Array, value: Uint8Array) => void) => void][] = [
      ['STORE_FORMAT_UNKNOWN', (put) => put(formatKey(), encodeFormat(2))],
      ['STORE_FORMAT_UNKNOWN', (put) => put(sessionKey('s'), Uint8Array.of(1))],
      [
        'STORE_DAMAGED',
        (put) => {
          put(formatKey(), encodeFormat())
          put(queuedKey(1, 1), Uint8Array.of(0xff))
        },
      ],
    ]
    for (const [code, fill] of cases) {
      const store = new MemoryStore({ durability: 'process' })
      const batch = store.batch()
      fill((key, value) => batch.put(key, value))
      await store.commit(batch)
      const before = store.read({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) })
      const broker = createBroker({ store: keeping(store) })
      const client = connect(broker, 's')
      await expect(broker.ready).rejects.toMatchObject({ code })
      await client.closed
      await expect(broker.listen('mqtt://127.0.0.1:0')).rejects.toMatchObject({ code })
      await connect(broker, 't').closed
      await broker.close()
      expect(store.read({ from: Uint8Array.of(0), to: Uint8Array.of(0xff) })).toEqual(before)
    }
  })

  it('a store that cannot be read keeps the broker from starting, and a Client from its messages', async () => {
    const failing: Store = { ...keeping(new MemoryStore()), scan: () => failingScan() }
    const broker = createBroker({ store: failing })
    await expect(broker.ready).rejects.toMatchObject({ code: 'STORE_UNREADABLE' })
    await broker.close()
    let fails = false
    const inner = new MemoryStore({ durability: 'process' })
    await using second = createBroker({
      store: { ...keeping(inner), scan: (range) => (fails ? failingScan() : inner.scan(range)) },
    })
    const client = connect(second, 's').send(subscribeTo('t', { qos: 1 }))
    await client.receives(2)
    client.send({ type: 'disconnect', reasonCode: 0 })
    await client.closed
    await second.publish({ topicName: 't', payload: 'x', qos: 1 })
    fails = true
    const refused = connect(second, 's')
    expect(await refused.receives(2)).toEqual(['connack 0 present', 'disconnect 83'])
    fails = false
    expect(await connect(second, 's').receives(2)).toEqual(['connack 0 present', 'publish t x q1 #1'])
  })
})

const failingScan = (): AsyncIterable<never> => ({
  [Symbol.asyncIterator]: () => ({ next: () => Promise.reject(new TypeError('unreadable')) }),
})
