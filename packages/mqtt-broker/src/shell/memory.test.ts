import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { encode, type Packet, StreamDecoder } from '@godwit/mqtt-codec'
import { memoryPair } from '@godwit/mqtt-transport/memory'
import { describe, expect, it } from 'vitest'
import { type Broker, createBroker } from '../index.ts'

setFlagsFromString('--expose-gc')
const collect = runInNewContext('gc') as () => void

/** Heap and external memory after forced collections, in bytes: the least of a few looks. */
const memoryBytes = async (): Promise<number> => {
  let least = Infinity
  for (let look = 0; look < 4; look++) {
    await new Promise((resolve) => setImmediate(resolve))
    collect()
    const { heapUsed, external } = process.memoryUsage()
    least = Math.min(least, heapUsed + external)
  }
  return least
}

/** A raw Client over a stream in memory. */
class Client {
  readonly #near
  readonly #decoder = new StreamDecoder({ version: 5 })
  #awaited: { count: number; readonly done: () => void } | undefined
  readonly gone: Promise<void>

  constructor(broker: Broker) {
    const [near, far] = memoryPair()
    this.#near = near
    let gone = () => {}
    this.gone = new Promise((resolve) => (gone = resolve))
    near.open({
      onData: (chunk) => void this.#decoder.push(chunk, () => this.#came()),
      onDrain() {},
      onClose: () => gone(),
    })
    broker.attach(far)
  }

  /** Sends, and waits for as many packets. */
  async exchange(packets: readonly Packet[]): Promise<void> {
    const answered = new Promise<void>((done) => (this.#awaited = { count: packets.length, done }))
    for (const packet of packets) this.#near.write(encode(packet, 5))
    await answered
  }

  close(): Promise<void> {
    this.#near.end()
    return this.gone
  }

  #came(): void {
    const awaited = this.#awaited
    if (awaited !== undefined && --awaited.count === 0) awaited.done()
  }
}

const join = async (broker: Broker, clientId: string): Promise<Client> => {
  const client = new Client(broker)
  await client.exchange([{ type: 'connect', protocolVersion: 5, clientId, cleanStart: true, keepAliveSeconds: 0 }])
  return client
}

const options = { noLocal: false, retainAsPublished: false, retainHandling: 0, qos: 1 } as const

const LOADS: readonly [string, (broker: Broker, scale: number) => Promise<void>][] = [
  [
    '200,000 subscriptions',
    async (broker, scale) => {
      const clients = await Promise.all(Array.from({ length: 20 }, (_, number) => join(broker, `client-${number}`)))
      const each = 10_000 * scale
      for (const [number, client] of clients.entries()) {
        const packets: Packet[] = []
        for (let at = 0; at < each; at += 1_000) {
          const subscriptions = Array.from({ length: 1_000 }, (_, place) => ({
            topicFilter: place % 2 === 0 ? `a/${number}/${at + place}` : `b/${number}/${at + place}/+/#`,
            ...options,
          }))
          packets.push({ type: 'subscribe', packetId: packets.length + 1, subscriptions })
        }
        await client.exchange(packets)
      }
      expect(broker.counters.subscriptions).toBe(20 * each)
      await Promise.all(clients.map((client) => client.close()))
    },
  ],
  [
    '100,000 retained topics',
    async (broker, scale) => {
      const count = 100_000 * scale
      const publish = (number: number, payload: string) =>
        broker.publish({ topicName: `site/${number % 100}/device/${number}`, payload, retain: true })
      for (let number = 0; number < count; number++) await publish(number, 'a payload of some bytes')
      expect(broker.counters.retainedMessages).toBe(count)
      for (let number = 0; number < count; number++) await publish(number, '')
    },
  ],
  [
    '10,000 connections',
    async (broker, scale) => {
      const count = 10_000 * scale
      const clients: Client[] = []
      for (let number = 0; number < count; number++) clients.push(await join(broker, `client-${number}`))
      expect(broker.counters.connections).toBe(count)
      await Promise.all(clients.map((client) => client.close()))
    },
  ],
]

describe('memory (heap and external, after a forced collection) is within 10 % of where it was', () => {
  it.each(LOADS)('I20: after %s have come and gone', { timeout: 120_000 }, async (_name, load) => {
    // The matcher remembers topics within a limit of its own, 32 MiB: a cache, kept small here so that it hides no leak. A
    // machine that is busy with other tests is no reason to refuse.
    const limits = { matcherEntries: 1_000, memorySoftPercent: Infinity, eventLoopLagRefuseMs: Infinity }
    await using broker = createBroker({ limits })
    // A tenth first: code is compiled, tables have their first size.
    await load(broker, 0.1)
    const before = await memoryBytes()
    await load(broker, 1)
    const after = await memoryBytes()
    expect(after / before).toBeLessThan(1.1)
    const { subscriptions, retainedMessages, retainedBytes, connections, sessions, queuedBytes } = broker.counters
    expect({ subscriptions, retainedMessages, retainedBytes, connections, sessions, queuedBytes }).toEqual({
      subscriptions: 0,
      retainedMessages: 0,
      retainedBytes: 0,
      connections: 0,
      sessions: 0,
      queuedBytes: 0,
    })
  })
})
