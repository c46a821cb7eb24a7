import { setTimeout as delay } from 'node:timers/promises'
import { LIBRARIES, type LibraryClient, type LibraryName, PAYLOAD_BYTES } from './client/libraries.ts'
import { type Figure, type Scenario, WINDOW } from './client/scenarios.ts'

/**
 * One library in one scenario, in a process of its own: `node --expose-gc client-contestant.mjs JSON`. Its parent hears `ready` when messages may
 * come, numbers of received messages, and at last the result.
 */
export interface ContestRequest extends Pick<Scenario, 'name' | 'count' | 'warmUp'> {
  readonly library: LibraryName
  readonly url: string
}

export interface ContestResult {
  readonly figures: Readonly<Partial<Record<Figure, number>>>
  /** By the clock. */
  readonly perSecond: number
}

export type ContestMessage = 'ready' | { readonly received: number } | { readonly result: ContestResult }

/** How many messages are received before the parent hears of them, and may send as many more. */
const REPORT_EVERY = 5_000
/** Sockets that a client still closes or opens lazily come to rest. */
const REST_MS = 300

const request = JSON.parse(process.argv[2]!) as ContestRequest
const library = LIBRARIES[request.library]
const tell = (message: ContestMessage): void => void process.send!(message)

const began = { cpu: process.cpuUsage(), ms: performance.now() }
const begin = (): void => {
  began.cpu = process.cpuUsage()
  began.ms = performance.now()
}
const spent = (): ContestResult => {
  const ms = performance.now() - began.ms
  const { user, system } = process.cpuUsage(began.cpu)
  return { figures: { cpuUs: (user + system) / request.count }, perSecond: (request.count / ms) * 1_000 }
}

const measurePublish = async (client: LibraryClient, qos: 0 | 1): Promise<ContestResult> => {
  await client.publish('bench', qos, request.warmUp, WINDOW)
  begin()
  await client.publish('bench', qos, request.count, WINDOW)
  const result = spent()
  await client.close()
  return result
}

const measureReceive = async (client: LibraryClient): Promise<ContestResult> => {
  let received = 0
  const all = new Promise<ContestResult>((resolve, reject) => {
    const each = (topicName: string, payload: Uint8Array) => {
      if (topicName !== 'bench' || payload.length !== PAYLOAD_BYTES || payload[0] !== 0x78)
        reject(new TypeError(`${topicName} came with ${payload.length} bytes`))
      if (++received === request.warmUp) begin()
      if (received % REPORT_EVERY === 0) tell({ received })
      if (received === request.warmUp + request.count) resolve(spent())
    }
    client.receive('bench', each).then(() => tell('ready'), reject)
  })
  return all
}

const measureIdle = async (): Promise<ContestResult> => {
  const clients: LibraryClient[] = []
  const open = async (count: number) => {
    for (let number = 0; number < count; number++) clients.push(await library.open(request.url))
    await delay(REST_MS)
    globalThis.gc!()
    return process.memoryUsage()
  }
  const before = await open(request.warmUp)
  const after = await open(request.count)
  const grown = (of: (usage: NodeJS.MemoryUsage) => number) => (of(after) - of(before)) / request.count
  return {
    figures: {
      heapBytes: grown(({ heapUsed, external }) => heapUsed + external),
      residentBytes: grown(({ rss }) => rss),
    },
    perSecond: 0,
  }
}

const measure = async (): Promise<ContestResult> => {
  if (request.name === 'idle') return measureIdle()
  const client = await library.open(request.url)
  if (request.name === 'receive') return measureReceive(client)
  return measurePublish(client, request.name === 'publish-qos-1' ? 1 : 0)
}

const result = await measure()
process.send!({ result } satisfies ContestMessage, () => process.exit())
