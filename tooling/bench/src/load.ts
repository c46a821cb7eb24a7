import { readdirSync, readFileSync } from 'node:fs'
import { encode, type FrameScanner, type Packet, PacketType } from '@godwit/mqtt-codec'
import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import { connectBy } from './broker/connect.ts'
import { acknowledgement, packetIdOf, Peer } from './broker/peer.ts'
import type { Load } from './broker/scenarios.ts'
import { backgroundFilters, hotTopics } from './topics/hot-topics.ts'

/**
 * A load generator, for where the one in C is not at hand: `node load.mjs '{"port":1883,"pid":1,"seconds":2,...}'`. Each
 * payload carries publisher, sequence and the time it was sent; each subscriber must see each publisher's messages once and
 * in order. Prints one line of JSON. It costs more CPU than the one in C, so it is slower to bring a broker to its limit:
 * what counts is the broker's CPU time for a message.
 */
export interface LoadRequest extends Load {
  readonly port: number
  /** The broker: whose CPU time is read. */
  readonly pid: number
  readonly warmSeconds: number
  readonly seconds: number
}

export interface LoadResult {
  readonly ok: boolean
  readonly error?: string
  readonly messagesPerSecond: number
  /** Microseconds of the broker's CPU time for a delivered message. */
  readonly cpuUs: number
  /** Resident memory of an idle connection, or of a subscription; 0 where that is not what is measured. */
  readonly memoryBytes: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
}

const HEADER_BYTES = 16
const FILTERS_OF_A_PACKET = 100
const OPTIONS = { noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
const HOT_TOPICS_OF_A_PAIR = 50
/** Who have the other Subscriptions between them. */
const BACKGROUND_CLIENTS = 100

class Publisher {
  readonly number: number
  readonly #peer: Peer
  /** One for each topic, in turn. */
  readonly #templates: readonly Template[]
  /** Where there are Topic Aliases, only the first message names its topic. */
  readonly #aliased: Template | undefined
  readonly #copies: number
  #sent = 0
  /** Deliveries that are still to come, over all subscribers. */
  #missing = 0

  constructor(peer: Peer, number: number, topicNames: readonly string[], load: Load, copies: number) {
    this.number = number
    this.#peer = peer
    this.#copies = copies
    this.#templates = topicNames.map((topicName) => templateOf(topicName, load))
    this.#aliased = load.properties ? templateOf('', load) : undefined
  }

  publish(): void {
    const sequence = this.#sent++
    const named = this.#templates[sequence % this.#templates.length]!
    const { packet, payloadAt, packetIdAt } = sequence === 0 ? named : (this.#aliased ?? named)
    const bytes = Buffer.from(packet)
    if (packetIdAt !== -1) bytes.writeUInt16BE((sequence % 65_535) + 1, packetIdAt)
    bytes.writeUInt32BE(this.number, payloadAt)
    bytes.writeUInt32BE(sequence, payloadAt + 4)
    bytes.writeDoubleBE(performance.now(), payloadAt + 8)
    this.#missing += this.#copies
    this.#peer.send(bytes)
  }

  /** One copy has come; where all of a message have, the next may go. */
  arrived(stopped: boolean): void {
    this.#missing--
    if (!stopped && this.#missing % this.#copies === 0) this.publish()
  }

  get settled(): boolean {
    return this.#missing === 0
  }
}

/** A PUBLISH, and where in it the parts stand that differ from message to message. */
interface Template {
  readonly packet: Buffer
  readonly payloadAt: number
  /** -1 at QoS 0. */
  readonly packetIdAt: number
}

const USER_PROPERTIES: readonly (readonly [string, string])[] = [
  ['content', 'temperature'],
  ['unit', 'degree Celsius'],
  ['site', 'north-7'],
]

function templateOf(topicName: string, { qos, payloadBytes, version, properties }: Load): Template {
  const payload = Buffer.alloc(Math.max(HEADER_BYTES, payloadBytes), 0xdb)
  const fields = { type: 'publish', topicName, payload, qos, retain: false, dup: false } as const
  const packet: Packet = {
    ...fields,
    ...(qos > 0 && { packetId: 1 }),
    ...(properties && { properties: { topicAlias: 1, userProperties: USER_PROPERTIES } }),
  }
  const bytes = Buffer.from(encode(packet, version))
  let bodyStart = 1
  while (bytes[bodyStart++]! >= 0x80);
  return {
    packet: bytes,
    payloadAt: bytes.length - payload.length,
    packetIdAt: qos === 0 ? -1 : bodyStart + 2 + Buffer.byteLength(topicName),
  }
}

const request = JSON.parse(process.argv[2]!) as LoadRequest
console.log(JSON.stringify(await run(request)))
process.exit()

async function run({ port, pid, warmSeconds, seconds, ...load }: LoadRequest): Promise<LoadResult> {
  const { mode, count, window, version } = load
  const publishers: Publisher[] = []
  const peers: Peer[] = []
  const latenciesMs: number[] = []
  let delivered = 0
  let stopped = false
  const frame = new PublishFrame()

  const open = async (clientId: string, topicFilters: readonly string[]): Promise<Peer> => {
    const stream = await connectBy[load.transport](port)
    const next: number[] = []
    let ready: (() => void) | undefined
    const peer = new Peer(stream, version, (self, scanner) => {
      const type = scanner.firstByte >> 4
      switch (type) {
        case PacketType.suback:
          refuseRefusal(scanner, version)
          return ready?.()
        case PacketType.connack:
          return ready?.()
        case PacketType.publish: {
          const { bytes, start, bodyStart, end } = scanner
          const failure = readPublishFrame(frame, bytes, start, bodyStart, end, version)
          if (failure !== undefined) throw new TypeError(failure.message)
          const view = new DataView(bytes.buffer, bytes.byteOffset + frame.payloadStart, HEADER_BYTES)
          const publisher = view.getUint32(0)
          const sequence = view.getUint32(4)
          if (sequence !== (next[publisher] ?? 0)) {
            throw new RangeError(
              `message ${sequence} of publisher ${publisher} came instead of ${next[publisher] ?? 0}`,
            )
          }
          next[publisher] = sequence + 1
          delivered++
          if (delivered % 64 === 0 || window === 1) latenciesMs.push(performance.now() - view.getFloat64(8))
          if (frame.qos > 0) self.send(acknowledgement(frame.qos === 1 ? 0x40 : 0x50, frame.packetId))
          return publishers[publisher]!.arrived(stopped)
        }
        case PacketType.pubrec:
          return self.send(acknowledgement(0x62, packetIdOf(scanner)))
        case PacketType.pubrel:
          return self.send(acknowledgement(0x70, packetIdOf(scanner)))
      }
    })
    peers.push(peer)
    // A Session of 3.1.1 that is not clean outlives its connection.
    const cleanStart = topicFilters.length === 0 || !load.persistent
    const answered = () => new Promise<void>((resolve) => (ready = resolve))
    const aliases = load.properties && { properties: { topicAliasMaximum: 10 } }
    const fields = { type: 'connect', clientId, cleanStart, keepAliveSeconds: 0 } as const
    peer.send(encode({ ...fields, protocolVersion: version, ...aliases }, version))
    await answered()
    for (let place = 0; place < topicFilters.length; place += FILTERS_OF_A_PACKET) {
      const subscriptions = topicFilters
        .slice(place, place + FILTERS_OF_A_PACKET)
        .map((topicFilter) => ({ ...OPTIONS, topicFilter, qos: load.qos }))
      peer.send(encode({ type: 'subscribe', packetId: 1, subscriptions }, version))
      await answered()
    }
    return peer
  }

  const { subscriptions = 0 } = load
  const topicsOf = (number: number): readonly string[] => {
    if (subscriptions > 0) return hotTopics(number, HOT_TOPICS_OF_A_PAIR, subscriptions)
    return [mode === 'p2p' ? `load/${1000 + number}/value` : 'load/all/value']
  }
  const background = backgroundFilters(Math.max(0, subscriptions - count * HOT_TOPICS_OF_A_PAIR))
  const share = Math.ceil(background.length / BACKGROUND_CLIENTS)
  // All at once, so that broker and generator do not wait for each other.
  await Promise.all(
    Array.from({ length: Math.ceil(background.length / share) || 0 }, (_, place) =>
      open(`background-${place}`, background.slice(place * share, (place + 1) * share)),
    ),
  )
  const subscribers = mode === 'fanin' ? 1 : count
  for (let number = 0; number < subscribers; number++) await open(`subscriber-${number}`, topicsOf(number))
  for (let number = 0; number < (mode === 'fanout' ? 1 : count); number++) {
    const peer = await open(`publisher-${number}`, [])
    publishers.push(new Publisher(peer, number, topicsOf(number), load, mode === 'fanout' ? count : 1))
  }
  for (const publisher of publishers) for (let sent = 0; sent < window; sent++) publisher.publish()
  await pass(warmSeconds)
  latenciesMs.length = 0
  const [before, cpuBefore, began] = [delivered, cpuNanoseconds(pid), performance.now()]
  await pass(seconds)
  const messages = delivered - before
  const cpuUs = (cpuNanoseconds(pid) - cpuBefore) / 1000 / messages
  const messagesPerSecond = Math.round(messages / ((performance.now() - began) / 1000))
  stopped = true
  for (let waited = 0; waited < 100 && !publishers.every(({ settled }) => settled); waited++) await pass(0.05)
  const ok = publishers.every(({ settled }) => settled)
  for (const peer of peers) peer.close()
  latenciesMs.sort((left, right) => left - right)
  const percentile = (share: number) => Math.round((latenciesMs[Math.floor(latenciesMs.length * share)] ?? 0) * 1000)
  return {
    ok,
    ...(ok ? {} : { error: 'messages are missing' }),
    messagesPerSecond,
    cpuUs,
    memoryBytes: 0,
    p50Us: percentile(0.5),
    p99Us: percentile(0.99),
    p999Us: percentile(0.999),
  }
}

/** Of a SUBACK: without a Subscription, something else would be measured. */
function refuseRefusal({ bytes, bodyStart, end }: FrameScanner, version: 4 | 5): void {
  const codesStart = bodyStart + 2 + (version === 5 ? 1 + bytes[bodyStart + 2]! : 0)
  const refused = bytes.subarray(codesStart, end).find((code) => code >= 0x80)
  if (refused !== undefined) throw new TypeError(`a Subscription was refused: ${refused}`)
}

function pass(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}

/** All threads of a process. Linux alone tells this so exactly. */
function cpuNanoseconds(pid: number): number {
  let sum = 0
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    sum += Number(readFileSync(`/proc/${pid}/task/${task}/schedstat`, 'utf8').split(' ')[0])
  }
  return sum
}
