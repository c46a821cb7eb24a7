import type { Observer } from '@godwit/mqtt-broker/ports'
import { VirtualBroker, type VirtualBrokerOptions } from '@godwit/mqtt-broker/testing'
import { encode, type Packet, type QoS } from '@godwit/mqtt-codec'
import { ConversationClient } from './conversation-client.ts'
import { corpus } from './corpus.ts'
import { demand, Finding, hexOf } from './finding.ts'
import { Mutator } from './mutate.ts'
import { Random } from './random.ts'

/** Few of each, so that all meet: two Clients for a Session, two publishers on a topic, the same identifiers. */
const CLIENT_IDS = ['one', 'two', 'three'] as const
const TOPICS = ['a', 'a/b', 'b', 'a/b/c', '$SYS/x'] as const
const FILTERS = ['a', 'a/b', '#', '+/b', 'a/#', '$share/g/a', '$share/g/#', '$share/h/+', 'b', '+', 'a//'] as const
const PACKET_IDS = [1, 2, 3, 7, 65_535] as const
const CONNECTIONS = 4
const STEPS = 60

/** Small enough that a conversation of sixty packets meets them. */
const LIMITS = {
  maximumInflightMessages: 3,
  maximumQueuedMessages: 4,
  maximumQueuedBytes: 2_000,
  maximumRetainedTopics: 3,
  maximumPacketSizeBytes: 4_000,
  maximumSessions: 3,
  receiveMaximum: 3,
} as const

/** Longer than any Session, Will or message of a conversation lasts. */
const FOR_EVER_MS = 4_294_967_295_000

/** Gauges that must be where they were when everybody has gone. */
const GAUGES = [
  ...(['connections', 'sessions', 'subscriptions', 'retainedMessages', 'retainedBytes', 'queuedMessages'] as const),
  ...(['queuedBytes', 'unauthenticatedConnections', 'unauthenticatedBytes'] as const),
] as const

/**
 * Conversations of several Clients with a broker core in memory: packets as they should be, packets that were changed, cuts,
 * takeovers, readers that do not read, and time. After every step the broker still stands, whatever anybody received is legal in
 * their version, and the gauges are sane; at the end, when all have gone, they are back.
 */
export class ConversationFuzzer {
  readonly #seeds = corpus()
  readonly #options: VirtualBrokerOptions
  #random = new Random(0)
  #mutator: Mutator
  #broker: VirtualBroker
  #clients: (ConversationClient | undefined)[] = []
  #history: string[] = []
  /** Topics that were published to with RETAIN, whatever a changed packet made of them. */
  readonly #retained = new Set<string>()
  /** Steps taken in all conversations. */
  steps = 0
  /** What the conversations came to, all together: a fuzzer whose packets are all refused finds nothing. */
  readonly reached = { connects: 0, delivered: 0, takeovers: 0, retained: 0, refused: 0 }

  constructor(options: VirtualBrokerOptions = {}) {
    const observer: Observer = {
      messagePublished: (_client, { topicName, retain }) => void (retain && this.#retained.add(topicName)),
    }
    this.#options = { limits: LIMITS, observers: [observer], ...options }
    this.#mutator = this.#newMutator()
    this.#broker = new VirtualBroker(this.#options)
  }

  /** One conversation. Its seed decides all of it. */
  run(seed: number): void {
    this.#random = new Random(seed)
    this.#mutator = this.#newMutator()
    this.#broker = new VirtualBroker(this.#options)
    this.#clients = Array.from({ length: CONNECTIONS }, () => undefined)
    this.#retained.clear()
    this.#history = [`conversation ${seed}`]
    try {
      for (let step = 0; step < STEPS; step++) {
        this.steps++
        this.#step()
        this.#judge()
      }
      this.#count()
      this.#end()
    } catch (error) {
      if (error instanceof Finding) throw error
      throw new Finding(error instanceof Error ? (error.stack ?? error.message) : String(error), this.#told())
    }
  }

  readonly #told = (): string => this.#history.join('\n')

  #newMutator(): Mutator {
    return new Mutator(
      this.#random,
      this.#seeds.map(({ bytes }) => bytes),
    )
  }

  #step(): void {
    const random = this.#random
    const place = random.below(CONNECTIONS)
    const client = this.#clients[place]
    if (client === undefined || client.virtual.closed) return this.#connect(place)
    const chance = random.below(100)
    if (chance < 3) return this.#note(`${place} cut`, () => client.virtual.cut())
    if (chance < 6) return this.#pass(random.pick([1, 1_000, 61_000, 3_600_000]))
    if (chance < 8) {
      return this.#note(`${place} ${client.virtual.frozen ? 'thaws' : 'freezes'}`, () => {
        if (client.virtual.frozen) client.virtual.thaw()
        else client.virtual.frozen = true
      })
    }
    if (chance < 16) return this.#changed(place, client)
    if (chance < 50 && this.#answer(place, client)) return
    this.#send(place, client, encode(this.#packet(client), client.version))
  }

  #connect(place: number): void {
    const random = this.#random
    const version = random.pick([3, 4, 4, 5, 5, 5] as const)
    const connect: Extract<Packet, { type: 'connect' }> = {
      type: 'connect',
      protocolVersion: version,
      clientId: random.pick(CLIENT_IDS),
      cleanStart: random.oneIn(3),
      keepAliveSeconds: random.pick([0, 0, 60]),
      ...(random.oneIn(2) && {
        will: {
          topicName: random.pick(['a', 'b']),
          payload: Uint8Array.of(1),
          qos: this.#qos(),
          retain: random.oneIn(4),
          ...(version === 5 && { properties: { willDelayIntervalSeconds: random.pick([0, 5]) } }),
        },
      }),
      ...(version === 5 && {
        properties: {
          ...(random.oneIn(2) && { sessionExpiryIntervalSeconds: random.pick([1, 60, 0xffff_ffff]) }),
          ...(random.oneIn(2) && { receiveMaximum: random.pick([1, 2]) }),
          ...(random.oneIn(3) && { maximumPacketSizeBytes: random.pick([30, 200]) }),
          ...(random.oneIn(2) && { topicAliasMaximum: random.pick([1, 2]) }),
          ...(random.oneIn(4) && { requestProblemInformation: false }),
        },
      }),
    }
    const virtual = this.#broker.open(version, `127.0.0.${1 + place}`)
    const client = new ConversationClient(virtual, connect)
    this.#clients[place] = client
    this.#send(place, client, encode(connect, version))
  }

  /** A packet of the corpus, changed; or one of ours, changed, which comes further. */
  #changed(place: number, client: ConversationClient): void {
    const random = this.#random
    this.#mutator.mutate(
      random.oneIn(2) ? random.pick(this.#seeds).bytes : encode(this.#packet(client), client.version),
    )
    this.#send(place, client, this.#mutator.bytes.slice(0, this.#mutator.length))
  }

  /** Goes on with a message that has come, rightly most of the time. */
  #answer(place: number, client: ConversationClient): boolean {
    const random = this.#random
    const { received, released } = client
    const [packetId] = released.size > 0 && random.oneIn(2) ? released : received.keys()
    if (packetId === undefined) return false
    const qos = received.get(packetId)
    const reasonCode = client.version === 5 && random.oneIn(8) ? 0x83 : 0
    if (released.has(packetId)) {
      released.delete(packetId)
      received.delete(packetId)
      this.#send(place, client, encode({ type: 'pubcomp', packetId, reasonCode: 0 }, client.version))
      return true
    }
    // With an error the message is over.
    if (qos === 1 || reasonCode !== 0) received.delete(packetId)
    this.#send(place, client, encode({ type: qos === 1 ? 'puback' : 'pubrec', packetId, reasonCode }, client.version))
    return true
  }

  #packet(client: ConversationClient): Packet {
    const random = this.#random
    const packetId = random.pick(PACKET_IDS)
    const five = client.version === 5
    switch (random.below(12)) {
      case 0:
      case 1:
      case 2:
        return {
          type: 'subscribe',
          packetId,
          subscriptions: Array.from({ length: 1 + random.below(3) }, () => ({
            topicFilter: random.pick(FILTERS),
            qos: this.#qos(),
            noLocal: five && random.oneIn(6),
            retainAsPublished: five && random.oneIn(3),
            retainHandling: five ? random.pick([0, 1, 2] as const) : 0,
          })),
          ...(five && random.oneIn(3) && { properties: { subscriptionIdentifier: 1 + random.below(2) } }),
        }
      case 3:
        return { type: 'unsubscribe', packetId, topicFilters: [random.pick(FILTERS)] }
      case 4:
        return { type: 'pubrel', packetId, reasonCode: 0 }
      case 5:
        return random.oneIn(3)
          ? { type: 'disconnect', reasonCode: five && random.oneIn(2) ? 4 : 0 }
          : { type: 'pingreq' }
      default:
        return this.#publish(five, packetId)
    }
  }

  #publish(five: boolean, packetId: number): Packet {
    const random = this.#random
    const qos = this.#qos()
    const alias = five && random.oneIn(4) ? 1 + random.below(2) : 0
    const topicName = alias > 0 && random.oneIn(3) ? '' : random.pick(TOPICS)
    return {
      type: 'publish',
      topicName,
      payload: new Uint8Array(random.pick([0, 1, 20, 300])).fill(random.next()),
      retain: random.oneIn(4),
      ...(qos === 0 ? { qos, dup: false as const } : { qos, dup: random.oneIn(5), packetId }),
      ...(five && {
        properties: {
          ...(alias > 0 && { topicAlias: alias }),
          ...(random.oneIn(4) && { messageExpiryIntervalSeconds: random.pick([1, 100]) }),
          ...(random.oneIn(6) && { userProperties: [['k', 'v']] as const }),
        },
      }),
    }
  }

  #qos(): QoS {
    return this.#random.pick([0, 1, 2] as const)
  }

  #pass(milliseconds: number): void {
    this.#note(`pass ${milliseconds}`, () => this.#broker.pass(milliseconds))
  }

  /** In one chunk or in two: a packet is then put together first. */
  #send(place: number, client: ConversationClient, bytes: Uint8Array): void {
    const cut = this.#random.oneIn(6) ? this.#random.below(bytes.length + 1) : 0
    this.#note(`${place} v${client.version} ${hexOf(bytes, 0, cut)}|${hexOf(bytes, cut)}`, () => {
      if (cut > 0) client.virtual.send(bytes.subarray(0, cut))
      if (!client.virtual.closed) client.virtual.send(bytes.subarray(cut))
    })
  }

  #note(what: string, act: () => void): void {
    this.#history.push(what)
    act()
  }

  /** What must hold whenever nothing is under way. */
  #judge(): void {
    for (const client of this.#clients) client?.read(this.#told)
    const { counters } = this.#broker.core
    for (const gauge of GAUGES) demand(counters[gauge] >= 0, () => `${gauge} is ${counters[gauge]}`, this.#told)
    const within =
      counters.connections <= CONNECTIONS &&
      counters.sessions <= LIMITS.maximumSessions &&
      counters.retainedMessages <= LIMITS.maximumRetainedTopics
    demand(within, () => `above a limit: ${JSON.stringify(counters)}`, this.#told)
  }

  #count(): void {
    const { reached } = this
    const { connectsAccepted, messagesDelivered, takeovers, connectsRefused, protocolErrors } =
      this.#broker.core.counters
    reached.connects += connectsAccepted
    reached.delivered += messagesDelivered
    reached.takeovers += takeovers
    reached.refused += connectsRefused + protocolErrors
    reached.retained += this.#retained.size
  }

  /** All go, time passes, retained messages are taken back: what is left is what was there before. */
  #end(): void {
    for (const client of this.#clients) {
      if (client === undefined || client.virtual.closed) continue
      client.virtual.frozen = false
      client.virtual.cut()
    }
    this.#pass(FOR_EVER_MS)
    // Sessions that were to last for ever end when their Client begins anew.
    for (const clientId of CLIENT_IDS) {
      const sweeper = this.#broker.connect(clientId, { version: 5, cleanStart: true })
      for (const topicName of this.#retained) {
        sweeper.send({ type: 'publish', topicName, payload: new Uint8Array(0), qos: 0, retain: true, dup: false })
      }
      sweeper.cut()
    }
    this.#pass(FOR_EVER_MS)
    const { counters } = this.#broker.core
    for (const gauge of GAUGES)
      demand(counters[gauge] === 0, () => `${gauge} is ${counters[gauge]} when all have gone`, this.#told)
  }
}
