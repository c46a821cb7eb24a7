import { describe, expect, it } from 'vitest'
import type { AuthenticationStep } from '../ports/authentication-mechanism.ts'
import { CrashStore } from '../testing/crash-store.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualBrokerOptions, type VirtualClient } from '../testing/virtual-broker.ts'
import { packet, text } from '../testing/wire.ts'
import { type CountedLimitName, DEFAULT_LIMITS, type Limits, LIMITS, STRICT_LIMITS } from './limits.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const last = (client: VirtualClient): string => seen(client).at(-1) ?? (client.closed ? 'closed' : 'nothing')
const durable = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }

/** Up to a limit, or one past it, and what those see who are concerned. */
interface Case {
  readonly limits?: Partial<Limits>
  readonly options?: () => Omit<VirtualBrokerOptions, 'limits'>
  readonly run: (broker: VirtualBroker, past: 0 | 1) => string
  /** What `run` says at the limit, and one past it. */
  readonly says: readonly [string, string]
}

const offline = (broker: VirtualBroker): void => {
  broker
    .connect('s', durable)
    .send(subscribeTo('t', { qos: 1 }))
    .cut()
}

const publishes = (broker: VirtualBroker, count: number): string => {
  const publisher = broker.connect('p')
  for (let packetId = 1; packetId <= count; packetId++) publisher.send(message('t', 'x', { qos: 1, packetId }))
  return last(publisher)
}

/** How many are read while the commit of the first hangs. */
const publishesUncommitted = (broker: VirtualBroker, count: number): string => {
  broker.connect('s', durable).send(subscribeTo('t', { qos: 1 }))
  const publisher = broker.connect('p')
  broker.store!.hangs = true
  for (let packetId = 1; packetId <= count; packetId++) publisher.send(message('t', 'x', { qos: 1, packetId }))
  return `${broker.core.counters.messagesReceived}`
}

const retains = (broker: VirtualBroker, topicNames: readonly string[], payload = 'x'): string => {
  const publisher = broker.connect('p')
  for (const topicName of topicNames) publisher.send(message(topicName, payload, { qos: 1, packetId: 1, retain: true }))
  return last(publisher)
}

/** A Client that reads nothing, and that many bytes for it, in messages of 1,000 and one of the rest. */
const frozenWith = (broker: VirtualBroker, bytes: number): VirtualClient => {
  const frozen = broker.connect('frozen').send(subscribeTo('t'))
  frozen.received()
  frozen.frozen = true
  const publisher = broker.connect('p', { version: 5 })
  // 5 bytes of header and property length up to 127 bytes, 6 above.
  for (let left = bytes; left > 0; left -= Math.min(left, 1_000)) {
    const size = Math.min(left, 1_000)
    publisher.send(message('t', 'x'.repeat(size - (size > 129 ? 7 : 6))))
  }
  return frozen
}

const userProperties = (count: number, value = 'v') => ({
  userProperties: Array.from({ length: count }, () => ['k', value] as const),
})

const CASES: Record<Exclude<CountedLimitName, 'closeTimeoutMs' | 'tlsHandshakeTimeoutMs'>, Case> = {
  maximumPacketSizeBytes: {
    limits: { maximumPacketSizeBytes: 100 },
    run: (broker, past) => last(broker.connect('a').send(packet('30', text('t'), '00', '78'.repeat(94 + past)))),
    says: ['connack 0', 'disconnect 95'],
  },
  maximumConnectPacketSizeBytes: {
    limits: { maximumConnectPacketSizeBytes: 20 },
    run: (broker, past) =>
      last(
        broker
          .open()
          .send(packet('10', text('MQTT'), '05', '02', '0000', '00', text('abcde'.slice(0, 5) + 'x'.repeat(past)))),
      ),
    says: ['connack 0', 'closed'],
  },
  maximumUnauthenticatedBytes: {
    limits: { maximumUnauthenticatedBytes: 10 },
    run: (broker, past) => {
      const clients = [broker.open().send('1050000444'), broker.open().send(`1050000444${'00'.repeat(past)}`)]
      return clients.map(({ closed }) => closed).join()
    },
    says: ['false,false', 'false,true'],
  },
  connectTimeoutMs: {
    run: (broker, past) => {
      const client = broker.open()
      broker.pass(9_999 + past)
      return last(client)
    },
    says: ['nothing', 'closed'],
  },
  authenticationTimeoutMs: {
    options: () => ({ edges: { authenticate: () => undefined } }),
    run: (broker, past) => {
      const client = broker.connect('a')
      broker.pass(9_999 + past)
      return last(client)
    },
    says: ['nothing', 'connack 88'],
  },
  maximumAuthenticationRounds: {
    limits: { maximumAuthenticationRounds: 2 },
    options: () => ({
      mechanisms: [{ name: 'M', begin: () => ({ step: (): AuthenticationStep => ({ type: 'continue' }) }) }],
    }),
    run: (broker, past) => {
      const properties = { authenticationMethod: 'M' }
      const client = broker.connect('a', { properties })
      for (let round = 2; round <= 2 + past; round++) client.send({ type: 'auth', reasonCode: 0x18, properties })
      return last(client)
    },
    says: ['auth', 'connack 82'],
  },
  packetAssemblyTimeoutMs: {
    run: (broker, past) => {
      const client = broker.connect('a').send('307f')
      client.received()
      broker.pass(29_999 + past)
      return last(client)
    },
    says: ['nothing', 'disconnect 98'],
  },
  maximumConnections: {
    limits: { maximumConnections: 3 },
    run: (broker, past) => `${broker.core.admits('::1', 2 + past, 0)}`,
    says: ['true', 'false'],
  },
  maximumUnauthenticatedConnections: {
    limits: { maximumUnauthenticatedConnections: 3 },
    run: (broker, past) => {
      for (let open = 0; open < 2 + past; open++) broker.open(5, `10.0.0.${open}`)
      broker.connect('let in')
      return `${broker.core.admits('::1', 3, 0)}`
    },
    says: ['true', 'false'],
  },
  maximumUnauthenticatedConnectionsPerAddress: {
    limits: { maximumUnauthenticatedConnectionsPerAddress: 3 },
    run: (broker, past) => {
      const clients = Array.from({ length: 3 + past }, () => broker.open(5, '10.0.0.1'))
      clients[0]!.cut()
      const here = broker.core.admits('10.0.0.1', 3, 0)
      return [here, broker.core.admits('10.0.0.2', 3, 0)].join()
    },
    says: ['true,true', 'false,true'],
  },
  acceptsPerSecond: {
    limits: { acceptsPerSecond: 2, acceptBurst: 3 },
    run: (broker, past) => {
      for (let taken = 0; taken < 2 + past; taken++) broker.core.admits(`10.0.0.${taken}`, 0, 0)
      const now = broker.core.admits('10.0.0.9', 0, 0)
      return [now, broker.core.admits('10.0.0.10', 0, 500)].join()
    },
    says: ['true,true', 'false,true'],
  },
  acceptsPerSecondPerAddress: {
    limits: { acceptsPerSecondPerAddress: 2, acceptBurstPerAddress: 3 },
    run: (broker, past) => {
      for (let taken = 0; taken < 2 + past; taken++) broker.core.admits('10.0.0.1', 0, 0)
      const now = broker.core.admits('10.0.0.1', 0, 0)
      return [now, broker.core.admits('10.0.0.2', 0, 0), broker.core.admits('10.0.0.1', 0, 500)].join()
    },
    says: ['true,true,true', 'false,true,true'],
  },
  maximumClientIdBytes: {
    // A character of each length of UTF-8.
    limits: { maximumClientIdBytes: 10 },
    run: (broker, past) => last(broker.connect(`aé€😀${'x'.repeat(past)}`)),
    says: ['connack 0', 'connack 85'],
  },
  maximumTopicBytes: {
    limits: { maximumTopicBytes: 10 },
    run: (broker, past) => {
      const topic = 'x'.repeat(10 + past)
      const will = { topicName: topic, payload: new Uint8Array(0), qos: 0, retain: false } as const
      return [
        last(broker.connect('a').send(subscribeTo(topic))),
        last(broker.connect('b').send(message(topic, 'x'))),
        last(broker.connect('c', { will })),
      ].join()
    },
    says: ['suback #1 0,connack 0,connack 0', 'disconnect 8f,disconnect 90,connack 90'],
  },
  maximumTopicLevels: {
    run: (broker, past) => {
      const topic = `a${'/'.repeat(200 + past)}`
      return [
        last(broker.connect('a').send(subscribeTo(topic))),
        last(broker.connect('b').send(subscribeTo(`$share/g/${topic}`))),
        last(broker.connect('c').send(message(topic, 'x'))),
      ].join()
    },
    says: ['suback #1 0,suback #1 0,connack 0', 'disconnect 8f,disconnect 8f,disconnect 90'],
  },
  maximumUserProperties: {
    run: (broker, past) => last(broker.connect('a').send(message('t', 'x', { properties: userProperties(64 + past) }))),
    says: ['connack 0', 'disconnect 97'],
  },
  maximumUserPropertyBytes: {
    // Two pairs of one name each: 2 + 1 + 2 bytes beside the value.
    run: (broker, past) => {
      const value = 'x'.repeat(4_091)
      const properties = { userProperties: [['k', value] as const, ['k', value + 'x'.repeat(past)] as const] }
      return last(broker.connect('a').send(message('t', 'x', { properties })))
    },
    says: ['connack 0', 'disconnect 97'],
  },
  maximumFiltersPerSubscribe: {
    limits: { maximumFiltersPerSubscribe: 2 },
    run: (broker, past) => {
      const filters = ['a', 'b', 'c'].slice(0, 2 + past)
      return last(broker.connect('a').send(packet('82', '0001', '00', ...filters.map((filter) => `${text(filter)}00`))))
    },
    says: ['suback #1 0 0', 'suback #1 0 0 97'],
  },
  maximumSubscriptionsPerSession: {
    limits: { maximumSubscriptionsPerSession: 2 },
    run: (broker, past) => {
      const client = broker.connect('a')
      for (const filter of ['a', 'b', past === 0 ? 'a' : 'c']) client.send(subscribeTo(filter))
      return last(client)
    },
    says: ['suback #1 0', 'suback #1 97'],
  },
  receiveMaximum: {
    run: (broker, past) => {
      const publisher = broker.connect('p')
      for (let packetId = 1; packetId <= 64 + past; packetId++) publisher.send(message('t', 'x', { qos: 2, packetId }))
      return last(publisher)
    },
    says: ['pubrec #64 10', 'disconnect 93'],
  },
  topicAliasMaximum: {
    run: (broker, past) => last(broker.connect('p').send(message('t', 'x', { properties: { topicAlias: 16 + past } }))),
    says: ['connack 0', 'disconnect 94'],
  },
  maximumQueuedMessages: {
    limits: { maximumQueuedMessages: 2 },
    run: (broker, past) => {
      offline(broker)
      return publishes(broker, 2 + past)
    },
    says: ['puback #2 0', 'puback #3 97'],
  },
  maximumQueuedBytes: {
    // A QoS 1 PUBLISH of one byte to one level: 9 bytes.
    limits: { maximumQueuedBytes: 18 },
    run: (broker, past) => {
      offline(broker)
      return publishes(broker, 2 + past)
    },
    says: ['puback #2 0', 'puback #3 97'],
  },
  maximumUncommittedRecords: {
    limits: { maximumUncommittedRecords: 3 },
    options: () => ({ store: new CrashStore() }),
    run: (broker, past) => publishesUncommitted(broker, 4 + past),
    says: ['4', '4'],
  },
  maximumUncommittedBytes: {
    limits: { maximumUncommittedBytes: 60 },
    options: () => ({ store: new CrashStore() }),
    run: (broker, past) => publishesUncommitted(broker, 3 + past),
    says: ['3', '3'],
  },
  outputPauseBytes: {
    limits: { outputPauseBytes: 3_000 },
    run: (broker, past) => {
      const frozen = frozenWith(broker, 3_000 + past * 100)
      frozen.thaw()
      return `${broker.core.counters.messagesDelivered}`
    },
    says: ['3', '4'],
  },
  outputDropBytes: {
    limits: { outputDropBytes: 3_000 },
    // The message that finds more than that waiting is dropped.
    run: (broker, past) => {
      frozenWith(broker, 3_000 + past * 100)
      broker.connect('q').send(message('t', 'x'))
      return `${broker.core.counters.messagesDropped['slow-client']}`
    },
    says: ['0', '1'],
  },
  outputStallTimeoutMs: {
    limits: { outputPauseBytes: 1_000 },
    run: (broker, past) => {
      const frozen = frozenWith(broker, 2_000)
      broker.pass(29_999 + past)
      const stalled = broker.core.counters.stalledConnections
      frozen.thaw()
      return `${stalled} ${frozen.closed}`
    },
    says: ['0 false', '1 true'],
  },
  maximumSessionExpirySeconds: {
    limits: { maximumSessionExpirySeconds: 60 },
    run: (broker, past) => {
      const client = broker.connect('a', { ...durable, properties: { sessionExpiryIntervalSeconds: 60 + past } })
      const [connack] = client.received()
      return `${connack?.type === 'connack' && connack.properties?.sessionExpiryIntervalSeconds}`
    },
    says: ['undefined', '60'],
  },
  maximumSessions: {
    limits: { maximumSessions: 2 },
    run: (broker, past) => {
      broker.connect('a')
      if (past === 1) broker.connect('b', durable).cut()
      return last(broker.connect('c'))
    },
    says: ['connack 0', 'connack 97'],
  },
  maximumRetainedTopics: {
    limits: { maximumRetainedTopics: 2 },
    run: (broker, past) => retains(broker, ['a', 'b', past === 0 ? 'b' : 'c']),
    says: ['puback #1 10', 'puback #1 97'],
  },
  maximumRetainedBytes: {
    limits: { maximumRetainedBytes: 18 },
    run: (broker, past) => retains(broker, ['a', 'b', past === 0 ? 'b' : 'c']),
    says: ['puback #1 10', 'puback #1 97'],
  },
  maximumRetainedMessageBytes: {
    limits: { maximumRetainedMessageBytes: 20 },
    run: (broker, past) => retains(broker, ['a'], 'x'.repeat(12 + past)),
    says: ['puback #1 10', 'puback #1 97'],
  },
  retainedReplayPerTurn: {
    limits: { retainedReplayPerTurn: 3 },
    run: (broker, past) => {
      retains(broker, ['1', '2', '3', '4'].slice(0, 3 + past))
      const client = broker.connect('s').send(subscribeTo('+'))
      return `${seen(client).filter((what) => what.startsWith('publish')).length}`
    },
    says: ['3', '4'],
  },
  maximumReplays: {
    limits: { maximumReplays: 2 },
    options: () => ({ edges: { authorizeSubscribe: () => undefined } }),
    // Subscriptions that are allowed in one turn of the loop.
    run: (broker, past) => {
      retains(broker, ['a', 'b'])
      const clients = ['1', '2', '3'].slice(0, 2 + past).map((name) => broker.connect(name).send(subscribeTo('+')))
      for (const ticket of clients.keys()) {
        broker.core.handle({ type: 'subscriptions-authorized', ticket: ticket + 1, verdicts: [true] }, 0)
      }
      broker.settle()
      return clients.map((client) => seen(client).filter((what) => what.startsWith('publish')).length).join()
    },
    says: ['2,2', '2,2,2'],
  },
  maximumKeepAliveSeconds: {
    limits: { maximumKeepAliveSeconds: 10 },
    run: (broker, past) => {
      const [connack] = broker.connect('a', { keepAliveSeconds: 10 + past }).received()
      return `${connack?.type === 'connack' && connack.properties?.serverKeepAliveSeconds}`
    },
    says: ['undefined', '10'],
  },
  maximumTakeoversPer10Seconds: {
    limits: { maximumTakeoversPer10Seconds: 1 },
    run: (broker, past) => {
      const clients = Array.from({ length: 2 + past }, () => broker.connect('a'))
      return last(clients.at(-1)!)
    },
    says: ['connack 0', 'connack 9f'],
  },
  publishesPerSecond: {
    limits: { publishesPerSecond: 10, publishBurst: 3 },
    run: (broker, past) => {
      const client = broker.connect('p')
      for (let count = 0; count < 2 + past; count++) client.send(message('t', 'x'))
      return `${client.paused}`
    },
    says: ['false', 'true'],
  },
  memorySoftPercent: {
    run: (broker, past) => {
      const client = broker.connect('p').send(message('t', 'x'))
      broker.measure(past === 0 ? 0.5999 : 0.6)
      client.send(message('t', 'x'))
      return `${client.paused}`
    },
    says: ['false', 'true'],
  },
  memoryHighPercent: {
    run: (broker, past) => {
      broker.measure(past === 0 ? 0.7499 : 0.75)
      return last(broker.connect('a'))
    },
    says: ['connack 0', 'connack 89'],
  },
  memoryHardPercent: {
    limits: { outputPauseBytes: 1_000 },
    run: (broker, past) => {
      const frozen = frozenWith(broker, 2_000)
      broker.measure(past === 0 ? 0.8999 : 0.9)
      frozen.thaw()
      return last(frozen).replace(/^publish.*/, 'publish')
    },
    says: ['publish', 'disconnect 97'],
  },
  eventLoopLagRefuseMs: {
    run: (broker, past) => {
      broker.measure(0, 249 + past)
      return last(broker.connect('a'))
    },
    says: ['connack 0', 'connack 89'],
  },
  eventLoopLagShedMs: {
    run: (broker, past) => {
      const client = broker.connect('p').send(message('t', 'x'))
      broker.measure(0, 1_999 + past)
      client.send(message('t', 'x'))
      return `${client.paused}`
    },
    says: ['false', 'true'],
  },
  readBytesPerTurn: {
    // Whoever has had all of its share waits.
    limits: { readBytesPerTurn: 1_000 },
    run: (broker, past) => {
      const client = broker.connect('p').send(packet('30', text('t'), '00', '78'.repeat(992 + past)))
      return last(client)
    },
    says: ['connack 0', 'connack 0'],
  },
  deliveriesPerTurn: {
    limits: { deliveriesPerTurn: 8 },
    run: (broker, past) => {
      const subscriber = broker.connect('s').send(subscribeTo('t'))
      broker.connect('p').send(packet('30', text('t'), '00').repeat(8 + past))
      return `${seen(subscriber).length - 2}`
    },
    says: ['8', '9'],
  },
}

describe('limits: up to each of them, and one past it', () => {
  it.each(Object.entries(CASES))('limit %s', (name, { limits = {}, options, run, says }) => {
    for (const past of [0, 1] as const) {
      const broker = new VirtualBroker({ limits, ...options?.() })
      expect([past, run(broker, past)]).toEqual([past, says[past]])
      const met = broker.core.counters.limitsMet[name as CountedLimitName]
      expect([past, met > 0]).toEqual([past, past === 1])
    }
  })

  it('every limit has a number of its own, or shapes what is sent and drops, refuses and closes nothing', () => {
    const shaping = [
      'acceptBurst',
      'acceptBurstPerAddress',
      'maximumInflightMessages',
      'maximumMemoryBytes',
      'matcherEntries',
      'matcherEntryBytes',
      'outgoingTopicAliasMaximum',
      'publishBurst',
    ]
    const elsewhere = ['closeTimeoutMs', 'tlsHandshakeTimeoutMs']
    expect(new Set([...Object.keys(CASES), ...shaping, ...elsewhere])).toEqual(new Set(Object.keys(LIMITS)))
  })

  it('the strict preset is the default, stricter', () => {
    const changed = Object.entries(STRICT_LIMITS).filter(
      ([name, value]) => DEFAULT_LIMITS[name as keyof Limits] !== value,
    )
    expect(Object.fromEntries(changed)).toEqual({
      acceptsPerSecond: 500,
      acceptsPerSecondPerAddress: 20,
      publishesPerSecond: 1_000,
      maximumKeepAliveSeconds: 1_200,
      maximumTakeoversPer10Seconds: 10,
    })
    for (const [name, value] of changed) expect(value).toBeLessThan(DEFAULT_LIMITS[name as keyof Limits])
    const { acceptBurst, acceptBurstPerAddress } = STRICT_LIMITS
    expect([acceptBurst, acceptBurstPerAddress]).toEqual([1_000, 100])
  })
})

describe('limits that shape what is kept and sent', () => {
  it('limit maximumInflightMessages: of 3.1.1, which has no Receive Maximum', () => {
    const broker = new VirtualBroker({ limits: { maximumInflightMessages: 2 } })
    const client = broker.connect('s', { version: 4 }).send(subscribeTo('t', { qos: 1 }))
    publishes(broker, 3)
    expect(seen(client).slice(2)).toEqual(['publish t x q1 #1', 'publish t x q1 #2'])
    expect(broker.core.counters.queuedMessages).toBe(1)
  })

  it('limit outgoingTopicAliasMaximum: the least recently used is set anew', () => {
    const broker = new VirtualBroker({ limits: { outgoingTopicAliasMaximum: 2 } })
    const client = broker.connect('s', { properties: { topicAliasMaximum: 65_535 } }).send(subscribeTo('#'))
    const publisher = broker.connect('p')
    for (const topicName of ['a', 'b', 'a', 'c', 'a', 'b']) publisher.send(message(topicName, 'x'))
    const aliases = client
      .received()
      .flatMap((each) => (each.type === 'publish' ? [`${each.topicName}=${each.properties?.topicAlias}`] : []))
    expect(aliases).toEqual(['a=1', 'b=2', '=1', 'c=2', '=1', 'b=2'])
  })

  it('limits matcherEntries and matcherEntryBytes: as many topics are remembered, whoever publishes how many', () => {
    for (const limits of [{ matcherEntries: 10 }, { matcherEntryBytes: 2_000 }]) {
      const broker = new VirtualBroker({ limits })
      const subscriber = broker.connect('s').send(subscribeTo('#'))
      const publisher = broker.connect('p')
      for (let number = 0; number < 100; number++) publisher.send(message(`t/${number}`, 'x'))
      expect(broker.core.topicEntries).toBeLessThanOrEqual(20)
      expect(seen(subscriber)).toHaveLength(102)
    }
  })
})
