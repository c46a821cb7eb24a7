import { hostile, type HostileCase } from '../run/hostile-case.ts'
import type { Trial } from '../run/trial.ts'
import { publish, type Version } from '../wire/packets.ts'
import type { WireClient } from '../wire/wire-client.ts'
import { becomes, pause, subscribed } from './helpers.ts'

const KiB = 1024
const MiB = 1024 * KiB

/** Each message of so many bytes, so many times. */
const many = (version: Version, topicName: string, count: number, size: number, qos = 0): Buffer =>
  Buffer.concat(
    Array.from({ length: count }, (_, place) =>
      publish({ version, topicName, payload: Buffer.alloc(size, 0x61), qos, packetId: (place % 60_000) + 1 }),
    ),
  )

export const SLOW_READERS: readonly HostileCase[] = [
  hostile(
    110,
    { limits: { outputStallTimeoutMs: 1_000, outputPauseBytes: 64 * KiB, outputDropBytes: 256 * KiB } },
    async (trial) => {
      const version = trial.versions.at(-1)!
      const rate = async (topicName: string): Promise<number> => {
        const reader = await subscribed(trial, version, topicName)
        const publisher = await trial.connected(version)
        reader.keeps = false
        const chunk = many(version, topicName, 100, 4 * KiB)
        const started = performance.now()
        for (let count = 0; count < 100; count++) {
          await publisher.sendAll(chunk)
          await becomes(() => reader.receivedFrames >= 1 + count * 100, 5_000)
        }
        await becomes(() => reader.receivedFrames >= 2 + 10_000, 10_000)
        trial.check(
          reader.receivedFrames >= 2 + 10_000,
          `somebody else got ${reader.receivedFrames - 2} of 10,000 messages`,
        )
        return 10_000_000 / (performance.now() - started)
      }
      const alone = await rate('110/a')
      const frozen: WireClient[] = []
      for (const qos of [0, 1, 2]) {
        const client = await subscribed(trial, version, [['110/b', qos]])
        client.freeze()
        frozen.push(client)
      }
      const beside = await rate('110/b')
      trial.measure('messages a second beside three frozen subscribers', beside, '')
      trial.measure('without them', alone, '')
      // Every message now goes to four; what must not be is that the three hold the others up.
      trial.quick(beside > alone / 4, `${Math.round(beside)} messages a second instead of ${Math.round(alone)}`)
      const cut = await cutWithin(trial, 3, 5_000)
      trial.check(cut, 'frozen subscribers are not cut')
      for (const client of frozen) client.thaw()
      for (const name of [
        'dropped slow-client',
        'dropped queue-full',
        'met outputDropBytes',
        'met outputPauseBytes',
        'met outputStallTimeoutMs',
        'met readBytesPerTurn',
        'met deliveriesPerTurn',
        'met closeTimeoutMs',
        'stalledConnections',
        'protocolErrors',
      ]) {
        trial.freeCounts.add(name)
      }
    },
  ),

  hostile(
    111,
    { limits: { outputStallTimeoutMs: 400, outputPauseBytes: 16 * KiB, outputDropBytes: 64 * KiB } },
    async (trial) => {
      const version = trial.versions.at(-1)!
      const reader = await subscribed(trial, version, '111')
      reader.freeze()
      const publisher = await trial.connected(version)
      const until = performance.now() + 2_500
      while (performance.now() < until) {
        await publisher.sendAll(many(version, '111', 50, 4 * KiB))
        // It reads something within each stretch of time in which it has to.
        reader.thaw()
        await pause(5)
        reader.freeze()
        await pause(95)
        trial.check(!reader.hasEnded, 'a subscriber that reads slowly was cut')
        if (reader.hasEnded) break
      }
      reader.keeps = false
      reader.thaw()
      await trial.alive(publisher)
      for (const name of [
        'dropped slow-client',
        'met outputDropBytes',
        'met outputPauseBytes',
        'met readBytesPerTurn',
        'met outputStallTimeoutMs',
      ]) {
        trial.freeCounts.add(name)
      }
    },
  ),

  hostile(112, { limits: { outputDropBytes: 256 * KiB, maximumMemoryBytes: 1024 * MiB } }, async (trial) => {
    const version = trial.versions.at(-1)!
    const count = trial.scale(1_000, 150)
    const frozen: WireClient[] = []
    for (let place = 0; place < count; place++) {
      const client = await subscribed(trial, version, '112')
      client.freeze()
      frozen.push(client)
    }
    const publisher = await trial.connected(version)
    const before = await trial.look()
    const chunk = many(version, '112', 20, 64 * KiB)
    // More than the kernel and both ends keep for each: 8 MiB.
    let most = 0
    for (let round = 0; round < 7; round++) {
      await publisher.sendAll(chunk)
      await publisher.ping(20_000)
      most = Math.max(most, (await trial.look()).residentBytes - before.residentBytes)
    }
    trial.measure(`resident memory for ${count} frozen subscribers`, most / MiB, 'MiB')
    trial.check(most <= 256 * MiB, `${Math.round(most / MiB)} MiB of 1,024 are held for subscribers that do not read`)
    trial.equal(frozen.filter(({ hasEnded }) => hasEnded).length, 0, 'connections that were cut before their time')
    for (const client of frozen) client.drop('reset')
    trial.keptBytes = 20 * MiB
    // Each of these messages goes to all of them.
    trial.patience = { ms: 500, why: 'a message of 64 KiB is copied for each of them' }
    for (const name of [
      'dropped slow-client',
      'met outputDropBytes',
      'met outputPauseBytes',
      'met readBytesPerTurn',
      'met deliveriesPerTurn',
    ]) {
      trial.freeCounts.add(name)
    }
  }),

  hostile(113, { limits: { outputStallTimeoutMs: 1_000 } }, async (trial) => {
    const version = trial.versions.includes(4) ? 4 : 5
    const client = await trial.connected(version)
    client.freeze()
    const before = await trial.look()
    const chunk = many(version, '113', 20_000, 0, 1)
    let sent = 0
    const flood = async (): Promise<void> => {
      while (!client.hasEnded && sent < 400) {
        await Promise.race([client.sendAll(chunk), pause(50)])
        if (client.stream.writableLength > 2 * MiB) await pause(50)
        else sent++
      }
    }
    void flood()
    const cut = await cutWithin(trial, 1, 8_000)
    trial.check(cut, 'a publisher that reads nothing is not cut')
    const grown = ((await trial.look()).residentBytes - before.residentBytes) / MiB
    trial.check(grown < 64, `${grown.toFixed(0)} MiB more for a publisher that reads nothing`)
    sent = 400
    client.drop('reset')
    for (const name of [
      'stalledConnections',
      'met outputStallTimeoutMs',
      'met outputPauseBytes',
      'met readBytesPerTurn',
      'protocolErrors',
      'met closeTimeoutMs',
    ]) {
      trial.freeCounts.add(name)
    }
  }),
]

/** Whether the broker has closed so many connections for want of progress: those who do not read do not see it. */
const cutWithin = async (trial: Trial, count: number, milliseconds: number): Promise<boolean> => {
  const opened = await openSockets(trial)
  return await becomes(async () => (await openSockets(trial)) <= opened - count, milliseconds)
}

/** How many connections the broker has, where it tells, else how many files it has open. */
const openSockets = async (trial: Trial): Promise<number> => {
  const { gauges } = await trial.look()
  return gauges['connections'] ?? gauges['open files'] ?? 0
}
