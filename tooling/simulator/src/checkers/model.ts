import type { Packet } from '@godwit/mqtt-codec'
import { NaiveBroker } from '../model/naive-broker.ts'
import type { Checker, Finding } from './checker.ts'
import type { ConnectionStory, Story } from './story.ts'

const NO_MATCHING_SUBSCRIBERS = 0x10

/** The naive model */
export const model: Checker = {
  name: 'MODEL',
  says: 'a broker of arrays that hears the same says the same about who wants a message',
  *check(story) {
    // Rights and limits of the matcher are not known to it.
    if (story.plan.features.includes('rights')) return
    const beside = new Beside(story)
    for (let place = 0; place < story.leaving && place < story.history.length; place++) {
      const finding = beside.step(place)
      if (finding !== undefined) yield finding
    }
  },
}

/** The model beside the broker, event by event. */
class Beside {
  readonly #story: Story
  readonly #naive = new NaiveBroker()
  readonly #filters = new Map<string, readonly string[]>()
  /** Of each client the connection that was let in last, and the one whose CONNECT was read last. */
  readonly #current = new Map<string, ConnectionStory>()
  readonly #asked = new Map<string, ConnectionStory>()
  #clockJumped = false

  constructor(story: Story) {
    this.#story = story
  }

  step(place: number): Finding | undefined {
    const { history, connections } = this.#story
    const event = history[place]!
    const naive = this.#naive
    switch (event.type) {
      case 'read':
        naive.pass(event.at)
        this.#read(connections.get(event.connection)!, event.packet)
        return undefined
      case 'written': {
        naive.pass(event.at)
        const text = this.#written(connections.get(event.connection)!, event.packet)
        return text === undefined ? undefined : { place, text }
      }
      case 'ended-by-broker':
      case 'gone': {
        const connection = connections.get(event.connection)!
        const isLatest = this.#current.get(connection.client) === connection
        if (isLatest && !(event.type === 'gone' && event.side === 'client')) {
          naive.disconnected(connection.client, event.at)
        }
        if (event.type === 'gone' && event.side === 'broker') naive.connectionEnded(connection.id)
        return undefined
      }
      case 'wall-jump':
        this.#clockJumped = true
        return undefined
      case 'ended':
        naive.processEnded(event.at, this.#clockJumped)
        return undefined
      case 'started':
        if (this.#clockJumped) naive.processEnded(event.at, true)
        return undefined
      default:
        return undefined
    }
  }

  #read(connection: ConnectionStory, packet: Packet): void {
    const { client, id } = connection
    const naive = this.#naive
    switch (packet.type) {
      case 'connect':
        this.#asked.set(client, connection)
        return naive.connectRead(client, packet.cleanStart)
      case 'disconnect': {
        const seconds = packet.properties?.sessionExpiryIntervalSeconds
        return seconds === undefined ? undefined : naive.expiryMayBe(client, seconds)
      }
      case 'subscribe':
        this.#filters.set(
          `${id} ${packet.packetId}`,
          packet.subscriptions.map(({ topicFilter }) => topicFilter),
        )
        for (const { topicFilter, noLocal } of packet.subscriptions) naive.subscribeRead(client, topicFilter, noLocal)
        return
      case 'unsubscribe':
        this.#filters.set(`${id} ${packet.packetId}`, packet.topicFilters)
        for (const topicFilter of packet.topicFilters) naive.unsubscribeRead(client, topicFilter)
        return
      case 'publish':
        if (packet.qos === 0 || packet.dup || connection.version !== 5 || connection.plan.kind === 'hostile') return
        // An alias is somebody else's business.
        if (packet.topicName !== '') naive.publishRead(id, packet.packetId!, client, packet.topicName)
    }
  }

  #written(connection: ConnectionStory, packet: Packet): string | undefined {
    const { client, id } = connection
    const naive = this.#naive
    switch (packet.type) {
      case 'connack':
        if (!connection.accepted) return undefined
        this.#current.set(client, connection)
        naive.connected(client, packet.sessionPresent, this.#isStored(connection), expiryOf(connection))
        // It waited for its commit, and the connection that takes over has been read meanwhile.
        if (this.#asked.get(client) !== connection) naive.doubt(client)
        return undefined
      case 'suback':
      case 'unsuback':
        this.#filters.get(`${id} ${packet.packetId}`)?.forEach((topicFilter, index) => {
          if (packet.type === 'suback') naive.subscribed(client, topicFilter, packet.reasonCodes[index]! < 0x80)
          else naive.unsubscribed(client, topicFilter)
        })
        return undefined
      case 'puback':
      case 'pubrec': {
        const { packetId, reasonCode } = packet
        const answer = naive.answer(id, packetId)
        if (answer === undefined || reasonCode >= 0x80) return undefined
        if (reasonCode === NO_MATCHING_SUBSCRIBERS && !answer.mayBeNobody) {
          return `${client} was told that nobody subscribes to what it published, and somebody does`
        }
        return reasonCode === 0 && !answer.mayBeSomebody
          ? `${client} was told that somebody subscribes to what it published, and nobody does`
          : undefined
      }
      default:
        return undefined
    }
  }

  #isStored(connection: ConnectionStory): boolean {
    return this.#story.plan.durable && expiryOf(connection) > 0
  }
}

const expiryOf = ({ version, connect }: ConnectionStory): number => {
  const { cleanStart, properties } = connect!.packet
  if (version < 5) return cleanStart ? 0 : Infinity
  const seconds = properties?.sessionExpiryIntervalSeconds ?? 0
  return seconds === 0xffffffff ? Infinity : seconds
}
