import { createBroker, type Broker } from '@godwit/mqtt-broker'
import { encode, type ProtocolVersion, type QoS } from '@godwit/mqtt-codec'
import { WireClient } from './wire-client.ts'

/** A fixed pattern of traffic. */
export interface Pattern {
  readonly name: string
  readonly version: ProtocolVersion
  readonly qos: QoS
  readonly publishers: number
  /** Subscribers of each publisher's topic. */
  readonly subscribers: number
  /** All publishers have one topic. */
  readonly oneTopic: boolean
  /** Messages that one publisher sends at a time. */
  readonly burst: number
  readonly payloadBytes: number
}

const pattern = (name: string, over: Partial<Pattern>): Pattern => ({
  name,
  version: 4,
  qos: 0,
  publishers: 10,
  subscribers: 1,
  oneTopic: false,
  burst: 100,
  payloadBytes: 64,
  ...over,
})

export const PATTERNS: readonly Pattern[] = [
  pattern('p2p QoS 0', {}),
  pattern('p2p QoS 1', { qos: 1 }),
  pattern('p2p QoS 2', { qos: 2 }),
  pattern('p2p QoS 0, one at a time', { burst: 1 }),
  pattern('p2p QoS 0, 5.0', { version: 5 }),
  pattern('fan-in QoS 0', { publishers: 50, oneTopic: true, burst: 20 }),
  pattern('fan-in QoS 1', { publishers: 50, oneTopic: true, burst: 20, qos: 1 }),
  pattern('fan-out QoS 0', { publishers: 1, subscribers: 100, burst: 50 }),
  pattern('fan-out QoS 1', { publishers: 1, subscribers: 100, burst: 50, qos: 1 }),
]

/** The real broker with Clients in memory: everything but sockets. */
export class Traffic {
  /** Messages that one round delivers. */
  readonly deliveries: number
  readonly #broker: Broker
  readonly #publishers: readonly WireClient[]
  readonly #subscribers: readonly WireClient[]
  readonly #bursts: readonly Uint8Array[]

  private constructor(
    broker: Broker,
    publishers: readonly WireClient[],
    subscribers: readonly WireClient[],
    bursts: readonly Uint8Array[],
    deliveries: number,
  ) {
    this.#broker = broker
    this.#publishers = publishers
    this.#subscribers = subscribers
    this.#bursts = bursts
    this.deliveries = deliveries
  }

  static async of(pattern: Pattern): Promise<Traffic> {
    const { version, qos, publishers, subscribers, oneTopic, burst, payloadBytes } = pattern
    const broker = createBroker()
    const join = async (clientId: string) => {
      const client = new WireClient()
      broker.attach(client)
      client.sendPacket(
        { type: 'connect', protocolVersion: version, clientId, cleanStart: true, keepAliveSeconds: 0 },
        version,
      )
      await turn()
      return client
    }
    const topicOf = (publisher: number) => (oneTopic ? 'bench/in/all' : `bench/${1000 + publisher}/out`)
    const topics = [...new Set(Array.from({ length: publishers }, (_, publisher) => topicOf(publisher)))]
    const subscribing: WireClient[] = []
    for (const topicFilter of topics) {
      for (let place = 0; place < subscribers; place++) {
        const client = await join(`subscriber-${topicFilter}-${place}`)
        const options = { topicFilter, qos, noLocal: false, retainAsPublished: false, retainHandling: 0 } as const
        client.sendPacket({ type: 'subscribe', packetId: 1, subscriptions: [options] }, version)
        await turn()
        subscribing.push(client)
      }
    }
    const publishing: WireClient[] = []
    const bursts: Uint8Array[] = []
    for (let publisher = 0; publisher < publishers; publisher++) {
      publishing.push(await join(`publisher-${publisher}`))
      const packets = Array.from({ length: burst }, (_, place) =>
        encode(
          {
            type: 'publish',
            topicName: topicOf(publisher),
            payload: new Uint8Array(payloadBytes).fill(place),
            qos,
            retain: false,
            dup: false,
            ...(qos > 0 && { packetId: place + 1 }),
          },
          version,
        ).slice(),
      )
      bursts.push(Buffer.concat(packets))
    }
    const deliveries = publishers * burst * subscribers
    return new Traffic(broker, publishing, subscribing, bursts, deliveries)
  }

  /** So many rounds as deliver about so many messages, one at least. */
  roundsFor(messages: number): number {
    return Math.max(1, Math.round(messages / this.deliveries))
  }

  /** So many rounds, of which nothing may be lost. Returns what was delivered. */
  async play(rounds: number): Promise<number> {
    let delivered = 0
    for (let round = 0; round < rounds; round++) delivered += await this.round()
    const due = rounds * this.deliveries
    if (delivered !== due) throw new RangeError(`${delivered} of ${due}`)
    return delivered
  }

  /** Every publisher sends one burst, and everybody acknowledges until nothing is owed. Returns what was delivered. */
  async round(): Promise<number> {
    let before = 0
    for (const subscriber of this.#subscribers) before += subscriber.received
    for (let place = 0; place < this.#publishers.length; place++) this.#publishers[place]!.send(this.#bursts[place]!)
    let owed = true
    while (owed) {
      await turn()
      owed = false
      for (const client of this.#subscribers) if (client.answer()) owed = true
      for (const client of this.#publishers) if (client.answer()) owed = true
    }
    let after = 0
    for (const subscriber of this.#subscribers) after += subscriber.received
    return after - before
  }

  async close(): Promise<void> {
    const closed = this.#broker.close()
    for (const client of [...this.#publishers, ...this.#subscribers]) client.destroy()
    await closed
  }
}

/** The broker writes at the end of a turn, which was asked for before this. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
