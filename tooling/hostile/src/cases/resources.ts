import { readFileSync } from 'node:fs'
import { hostile, type HostileCase } from '../run/hostile-case.ts'
import { bytes, text, variable } from '../wire/bytes.ts'
import { TYPES } from '../wire/frames.ts'
import { connect, publish, subscribe } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { addSubscriptions, becomes, BOTH, pause, published, subscribed } from './helpers.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Whether the kernel asks the other side of an idle connection: a keep-alive timer in proc(5), /proc/net/tcp. */
const isProbed = (brokerPort: number, client: WireClient): boolean => {
  const { localPort } = client.stream as unknown as { localPort: number }
  const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0')
  const line = readFileSync('/proc/net/tcp', 'utf8')
    .split('\n')
    .find((each) => new RegExp(`^ *\\d+: \\w+:${hexPort(brokerPort)} \\w+:${hexPort(localPort)} `).test(each))
  return line?.trim().split(/\s+/)[5]?.startsWith('02:') === true
}

const closedAfter = async (client: WireClient, from: number, timeoutMs: number): Promise<number> => {
  await client.ended(timeoutMs)
  return performance.now() - from
}

export const RESOURCES: readonly HostileCase[] = [
  hostile(104, { limits: { connectTimeoutMs: 500 } }, async (trial) => {
    const started = performance.now()
    const silent = await trial.open()
    const half = await trial.open()
    half.send(bytes(0x10, 0x80))
    const dripped = await trial.open()
    const content = connect({ version: 4, clientId: 'x'.repeat(100) })
    let at = 0
    const drip = setInterval(() => dripped.send(content.subarray(at, ++at)), 50)
    try {
      const took = await Promise.all([silent, half, dripped].map((client) => closedAfter(client, started, 3_000)))
      trial.count('connectTimeouts', 3)
      trial.count('met connectTimeoutMs', 3)
      trial.check(
        took.every((each) => each > 450),
        `closed after ${took.map(Math.round).join(', ')} ms, before the time was over`,
      )
      trial.quick(
        took.every((each) => each < 1_000),
        `closed after ${took.map(Math.round).join(', ')} ms`,
      )
    } finally {
      clearInterval(drip)
    }
  }),

  hostile(105, async (trial) => {
    const sockets: WireClient[] = []
    for (let count = 0; count < 3_000; count += 100) {
      sockets.push(...(await Promise.all(Array.from({ length: 100 }, () => trial.open()))))
    }
    const refused = (): number => sockets.filter(({ hasEnded }) => hasEnded).length
    await becomes(() => refused() >= 2_000, 3_000)
    trial.equal(refused(), 2_000, 'sockets refused of 3,000')
    trial.count('connectionsRefused', 2_000)
    trial.count('met maximumUnauthenticatedConnectionsPerAddress', 2_000)
    const started = performance.now()
    const other = await trial.open({ localAddress: '127.0.0.2' })
    await other.connect({ clientId: trial.name() })
    const tookMs = performance.now() - started
    trial.measure('until another address was let in', tookMs, 'ms')
    trial.quick(tookMs < 100, `another address waited ${Math.round(tookMs)} ms`)
    for (const socket of sockets) socket.drop()
  }),

  hostile(106, { limits: { maximumUnauthenticatedBytes: 3 * MiB } }, async (trial) => {
    const before = await trial.look()
    const content = bytes(0x10, variable(65_000), text('MQTT'), 4, 2, 0, 60)
    const clients = await Promise.all(Array.from({ length: 100 }, () => trial.open()))
    for (const client of clients) client.send(content, Buffer.alloc(60_000))
    // 100 times 60 kB is more than the cap of 3 MiB: some have to go.
    await becomes(() => clients.some(({ hasEnded }) => hasEnded), 2_000)
    await pause(100)
    const after = await trial.look()
    const ended = clients.filter(({ hasEnded }) => hasEnded).length
    if (trial.ours) {
      const held = after.gauges['unauthenticatedBytes'] ?? 0
      trial.check(held <= 3 * MiB, `${held} bytes held before CONNECT`)
      trial.check(ended > 30 && ended < 70, `${ended} of 100 were closed`)
    }
    // How many it takes is a matter of what came first; that each is counted is what the others of them say.
    for (const name of ['connectionsRefused', 'protocolErrors', 'met maximumUnauthenticatedBytes']) {
      trial.freeCounts.add(name)
      const rise = (after.counts[name] ?? 0) - (before.counts[name] ?? 0)
      trial.check(!trial.ours || rise >= ended, `${name} rose by ${rise} for ${ended} connections`)
    }
    const grown = (after.residentBytes - before.residentBytes) / MiB
    trial.measure('resident memory for 100 half CONNECTs', grown, 'MiB')
    trial.check(grown < 32, `${grown.toFixed(1)} MiB more for 6 MB`)
    for (const client of clients) client.drop()
  }),

  hostile(107, async (trial) => {
    const version = trial.versions.at(-1)!
    const client = await trial.connected(version)
    const filters = Array.from({ length: 2_000 }, (_, place) => {
      const levels = Array.from({ length: 200 }, (__, level): string =>
        (place * 31 + level * 17) % 3 === 0 ? '+' : 'x',
      )
      levels[199] = `n${place}`
      return [levels.join('/'), 0] as const
    })
    for (let at = 0; at < filters.length; at += 200) {
      client.send(subscribe(version, 1, filters.slice(at, at + 200)))
      await client.expect('suback')
    }
    const publisher = await trial.connected(version)
    const before = trial.cpuMs()
    for (let count = 0; count < 50; count++) {
      publisher.send(publish({ version, topicName: `${'x/'.repeat(199)}n${count * 7}` }))
    }
    await publisher.ping(10_000)
    const each = (trial.cpuMs() - before) / 50
    trial.measure('CPU for a PUBLISH of 200 levels against 2,000 filters', each, 'ms')
    trial.equal((await client.ping()).length, 50, 'deliveries')
    trial.quick(each < 2, `${each.toFixed(1)} ms of CPU for each`)
  }),

  hostile(108, { limits: { maximumKeepAliveSeconds: 1 } }, async (trial) => {
    await trial.versionsOf([5], async (version) => {
      for (const keepAliveSeconds of [0, 100]) {
        const client = await trial.connected(version, { keepAliveSeconds })
        const told = client.connack?.properties.find(({ id }) => id === 0x13)?.value
        trial.equal(told, 1, `Server Keep Alive for ${keepAliveSeconds}`)
      }
    })
    await trial.versionsOf([4], async (version) => {
      const started = performance.now()
      const clients = await Promise.all(
        [0, 100].map((keepAliveSeconds) => trial.connected(version, { keepAliveSeconds })),
      )
      trial.check(isProbed(trial.broker.ports.tcp, clients[0]!), 'no keep-alive probe of TCP')
      for (const client of clients) {
        const tookMs = await closedAfter(client, started, 4_000)
        trial.check(tookMs >= 1_490, `closed after ${Math.round(tookMs)} ms`)
      }
    })
    for (const name of ['keepAliveTimeouts', 'met maximumKeepAliveSeconds', 'protocolErrors'])
      trial.freeCounts.add(name)
  }),

  hostile(109, (trial) =>
    trial.versionsOf(trial.versions, async (version) => {
      // Its time begins somewhere between CONNECT and CONNACK.
      const started = performance.now()
      const client = await trial.connected(version, { keepAliveSeconds: 1 })
      trial.count('keepAliveTimeouts')
      await trial.endsAsRuled(client, [0x8d], '')
      const tookMs = performance.now() - started
      trial.check(tookMs >= 1_490, `closed after ${Math.round(tookMs)} ms, before 1.5 times its Keep Alive`)
      trial.quick(tookMs <= 2_600, `closed after ${Math.round(tookMs)} ms`)
    }),
  ),

  hostile(114, { limits: { maximumRetainedTopics: 1_000, matcherEntries: 1_000 } }, (trial) =>
    trial.versionsOf(BOTH, async (version) => {
      const watcher = await subscribed(trial, version, `114/${version}/#`)
      const client = await trial.connected(version)
      const set = async (payload: string): Promise<number[]> => {
        const codes: number[] = []
        for (let place = 0; place < 1_200; place++) {
          const fields = { topicName: `114/${version}/${place}`, qos: 1, packetId: 1, payload, retain: true }
          codes.push((await published(client, fields)) ?? -1)
        }
        return codes
      }
      const codes = await set('r')
      const refused = codes.filter((code) => code === 0x97).length
      trial.equal(refused, version === 5 ? 200 : 0, 'PUBACKs with 0x97')
      const live = (await watcher.ping()).filter(({ type }) => type === TYPES.publish).length
      trial.check(live === (version === 5 ? live : 1_200), `${live} of 1,200 were delivered`)
      const later = await subscribed(trial, version, `114/${version}/#`)
      const came = (): number => later.frames.filter(({ type }) => type === TYPES.publish).length
      await becomes(() => came() >= 1_000, 3_000)
      trial.equal(came(), 1_000, 'retained messages')
      trial.freeCounts.add('met retainedReplayPerTurn')
      trial.count('dropped retained-limit', 200)
      trial.count('met maximumRetainedTopics', 200)
      await set('')
    }),
  ),

  hostile(115, { limits: { matcherEntries: 1_000 } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const client = await trial.connected(version)
    const count = trial.scale(1_000_000, 200_000)
    for (let at = 0; at < count; at += 10_000) {
      const chunk = Array.from({ length: 10_000 }, (_, place) =>
        publish({ version, topicName: `115/${at + place}`, retain: true }),
      )
      await client.sendAll(Buffer.concat(chunk))
      if (at % 50_000 === 0) await client.ping(10_000)
    }
    await client.ping(20_000)
    trial.equal(client.frames.length, 0, 'answers')
    for (const name of ['met readBytesPerTurn', 'met deliveriesPerTurn']) trial.freeCounts.add(name)
    trial.checks++
  }),

  hostile(139, { limits: { maximumQueuedBytes: 64 * MiB } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const sleepers = Array.from({ length: trial.scale(10_000, 500) }, () => trial.name())
    for (const clientId of sleepers) {
      const sleeper = await trial.durable(version, clientId)
      await addSubscriptions(sleeper, [['139', 1]])
      await sleeper.leave()
    }
    const publisher = await trial.connected(version)
    // Large slabs are kept for next time.
    trial.keptBytes = 4 * MiB
    const before = await trial.broker.measure()
    await published(publisher, { topicName: '139', qos: 1, payload: Buffer.alloc(MiB, 0x61) })
    const grown = (await trial.broker.measure()).memoryBytes - before.memoryBytes
    trial.measure(`memory for 1 MiB that ${sleepers.length} Sessions wait for`, grown / MiB, 'MiB')
    trial.check(grown < 3 * MiB + sleepers.length * 512, `${(grown / MiB).toFixed(1)} MiB for a payload of 1 MiB`)
    const back = await trial.durable(version, sleepers[250]!)
    trial.equal((await back.expectPublish()).payload.length, MiB, 'bytes that arrive')
    for (const name of ['met outputPauseBytes', 'met readBytesPerTurn']) trial.freeCounts.add(name)
    // Collections in the middle of it are not what others wait for.
    trial.patience = { ms: 400, why: 'memory is collected during the case' }
  }),

  hostile(140, async (trial) => {
    const version = trial.versions.at(-1)!
    const publisher = await trial.connected(version)
    const filler = publish({ version, topicName: 'f', payload: Buffer.alloc(60_000) })
    /** Memory for each retained message of so many bytes. */
    const kept = async (payloadBytes: number, count: number): Promise<number> => {
      const payload = Buffer.alloc(payloadBytes, 0x61)
      const before = await trial.broker.measure()
      for (let place = 0; place < count; place++) {
        const topicName = `140/${place}`
        await publisher.sendAll(bytes(publish({ version, topicName, payload, retain: true }), filler))
      }
      await publisher.ping(10_000)
      const grown = (await trial.broker.measure()).memoryBytes - before.memoryBytes
      trial.measure(`memory for each retained message of ${payloadBytes} bytes`, grown / count, 'bytes')
      for (let place = 0; place < count; place++)
        publisher.send(publish({ version, topicName: `140/${place}`, retain: true }))
      await publisher.ping(10_000)
      return grown / count
    }
    // A chunk that is pinned would be 64 KiB. Of 10 bytes it is the topic and its entry that cost.
    const ofTen = await kept(10, 2_000)
    trial.check(ofTen < 2_048, `${Math.round(ofTen)} bytes for each message of 10`)
    const ofThousand = await kept(1_000, 500)
    trial.check(ofThousand < 4_000, `${Math.round(ofThousand)} bytes for each message of 1,000`)
    for (const name of ['met readBytesPerTurn']) trial.freeCounts.add(name)
    trial.patience = { ms: 400, why: 'memory is collected during the case' }
  }),
]
