import { spawnSync } from 'node:child_process'
import { mkdir, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { spreadOf } from '../harness/statistics.ts'
import type { LoadRequest, LoadResult } from '../load.ts'
import { Client } from './client.ts'
import { Host } from './host.ts'

/** One figure and the bar that it is held to. */
export interface Figure {
  readonly name: string
  readonly measured: string
  readonly bar: string
  readonly met: boolean
}

/** Where things are: the folder on the disk that is measured, and the programs. */
export interface Place {
  readonly folder: string
  readonly hostFile: string
  readonly loadFile: string
}

const MIB = 1024 * 1024

const fresh = async (folder: string): Promise<string> => {
  await rm(folder, { recursive: true, force: true })
  await mkdir(folder, { recursive: true })
  return join(folder, 'store')
}

/** A Session that outlives its connection, subscribed, and gone. */
const leaveSession = async (port: number, clientId: string, topicFilter: string): Promise<void> => {
  const client = await Client.open(port, clientId, { cleanStart: false })
  await client.subscribe(topicFilter)
  client.close()
}

/** One publisher with one message in flight, beside one write and fdatasync at a time of a file in the same folder. */
export const latency = async ({ folder, hostFile }: Place): Promise<Figure> => {
  await using host = await Host.start(hostFile, await fresh(folder))
  await leaveSession(host.port, 'offline', 'latency')
  const publisher = await Client.open(host.port, 'publisher')
  const file = await open(join(folder, 'fdatasync'), 'w')
  const syncsMs: number[] = []
  const acknowledgementsMs: number[] = []
  for (let message = 0; message < 600; message++) {
    let began = performance.now()
    await file.write(new Uint8Array(150))
    await file.datasync()
    syncsMs.push(performance.now() - began)
    began = performance.now()
    publisher.publish('latency')
    await publisher.until(() => publisher.acknowledged > message)
    acknowledgementsMs.push(performance.now() - began)
  }
  publisher.close()
  await file.close()
  const [sync, acknowledgement] = [spreadOf(syncsMs).median, spreadOf(acknowledgementsMs).median]
  const ratio = acknowledgement / sync
  return {
    name: 'PUBLISH to PUBACK with one in flight, in write-and-fdatasync of the same run (medians)',
    measured: `${ratio.toFixed(2)} (${acknowledgement.toFixed(2)} ms / ${sync.toFixed(2)} ms)`,
    bar: 'at most 3',
    met: ratio <= 3,
  }
}

/** QoS 1 that no durable Session wants: on disk against in memory. */
export const nothingDurable = async ({ folder, hostFile, loadFile }: Place, rounds: number): Promise<Figure> => {
  const ratios: number[] = []
  for (let round = 0; round < rounds; round++) {
    const cpuUs = async (directory?: string) => {
      await using host = await Host.start(hostFile, directory)
      const load = {
        mode: 'p2p',
        count: 10,
        version: 4,
        qos: 1,
        window: 100,
        payloadBytes: 64,
        transport: 'tcp',
        properties: false,
        persistent: false,
      } as const
      const request: LoadRequest = { ...load, port: host.port, pid: host.pid, warmSeconds: 1, seconds: 2 }
      const { stdout } = spawnSync(process.execPath, [loadFile, JSON.stringify(request)], { encoding: 'utf8' })
      return (JSON.parse(stdout) as LoadResult).cpuUs
    }
    const onDisk = await cpuUs(await fresh(folder))
    ratios.push(onDisk / (await cpuUs()))
  }
  const { median, least, most } = spreadOf(ratios)
  return {
    name: 'CPU of a QoS 1 message that no durable Session wants, against the same in memory',
    measured: `${median.toFixed(2)} [${least.toFixed(2)}-${most.toFixed(2)}]`,
    bar: 'at most 1.10',
    met: median <= 1.1,
  }
}

/** The event loop of the broker while ten publishers keep 100 durable messages each in flight, and while passwords are hashed too. */
export const eventLoop = async ({ folder, hostFile }: Place): Promise<Figure[]> => {
  await using host = await Host.start(hostFile, await fresh(folder))
  const subscribers: Client[] = []
  const publishers: Client[] = []
  for (let pair = 0; pair < 10; pair++) {
    const subscriber = await Client.open(host.port, `subscriber-${pair}`, { cleanStart: false })
    await subscriber.subscribe(`loop/${pair}`)
    subscribers.push(subscriber)
    publishers.push(await Client.open(host.port, `publisher-${pair}`))
  }
  let until = performance.now() + 1000
  const keepPublishing = async (publisher: Client, topicName: string): Promise<void> => {
    for (let sent = 0; performance.now() < until;) {
      for (; sent < publisher.acknowledged + 100; sent++) publisher.publish(topicName)
      const enough = sent - 50
      await publisher.until(() => publisher.acknowledged >= enough)
    }
    // What is in flight is acknowledged before the next part counts.
    publisher.acknowledged = 0
  }
  const drive = async (seconds: number, beside: () => Promise<void> = async () => {}) => {
    const before = await host.state()
    until = performance.now() + seconds * 1000
    await Promise.all([...publishers.map((publisher, pair) => keepPublishing(publisher, `loop/${pair}`)), beside()])
    return { before, after: await host.state() }
  }
  const guess = async () => {
    let refused = 0
    while (performance.now() < until) {
      const login = { username: 'alice', password: new TextEncoder().encode(`wrong ${refused}`) }
      await Client.open(host.port, `guess-${refused}`, login).then(
        () => Promise.reject(new Error('a wrong password was let in')),
        () => refused++,
      )
    }
  }
  await drive(1)
  const alone = (await drive(4)).after
  const withHashes = (await drive(4, async () => void (await Promise.all([guess(), guess(), guess()])))).after
  for (const client of [...subscribers, ...publishers]) client.close()
  const figure = (name: string, { delayP99Ms, delayMaximumMs }: typeof alone): Figure => ({
    name,
    measured: `${delayP99Ms.toFixed(1)} ms (longest ${delayMaximumMs.toFixed(1)} ms)`,
    bar: 'under 20 ms',
    met: delayP99Ms < 20,
  })
  return [
    figure('p99 delay of the event loop under durable load', alone),
    figure('the same while three Clients guess passwords, 100,000 rounds of PBKDF2 each', withHashes),
  ]
}

const SESSIONS = 100
const EACH = 10_000

/** A million messages for a hundred Sessions that are away, a crash, a restart, and all of them coming back. */
export const aMillionQueued = async ({ folder, hostFile }: Place): Promise<Figure[]> => {
  const store = await fresh(folder)
  await using host = await Host.start(hostFile, store)
  for (let session = 0; session < SESSIONS; session++) {
    await leaveSession(host.port, `away-${session}`, `away/${session}`)
  }
  const publisher = await Client.open(host.port, 'publisher')
  const before = await host.state()
  const total = SESSIONS * EACH
  const beganQueueing = performance.now()
  for (let sent = 0; sent < total;) {
    for (; sent < Math.min(total, publisher.acknowledged + 1000); sent++) publisher.publish(`away/${sent % SESSIONS}`)
    const enough = Math.min(total, sent - 500)
    await publisher.until(() => publisher.acknowledged >= enough)
  }
  await publisher.until(() => publisher.acknowledged === total)
  const queuedPerSecond = total / ((performance.now() - beganQueueing) / 1000)
  const after = await host.state()
  publisher.close()
  await host[Symbol.asyncDispose]()
  const beganRestart = performance.now()
  await using restarted = await Host.start(hostFile, store)
  const restartSeconds = (performance.now() - beganRestart) / 1000
  const began = performance.now()
  const clients = await Promise.all(
    Array.from({ length: SESSIONS }, (_, session) =>
      Client.open(restarted.port, `away-${session}`, { cleanStart: false }),
    ),
  )
  await Promise.all(clients.map((client) => client.until(() => client.received >= EACH)))
  const drainedPerSecond = total / ((performance.now() - began) / 1000)
  for (const client of clients) client.close()
  const grown = (after.residentBytes - before.residentBytes) / MIB
  return [
    {
      name: `resident memory that ${total.toLocaleString('en')} messages for ${SESSIONS} offline Sessions add`,
      measured: `${grown.toFixed(0)} MiB (queued at ${Math.round(queuedPerSecond).toLocaleString('en')} a second)`,
      bar: 'less than 150 MiB',
      met: grown < 150,
    },
    {
      name: 'start of the broker with them, after SIGKILL, until it listens',
      measured: `${restartSeconds.toFixed(1)} s`,
      bar: 'under 10 s',
      met: restartSeconds < 10,
    },
    {
      name: 'messages a second when all of them come back',
      measured: Math.round(drainedPerSecond).toLocaleString('en'),
      bar: 'at least 100,000',
      met: drainedPerSecond >= 100_000,
    },
  ]
}
