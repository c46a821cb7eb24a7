import type {
  ConnackPacket,
  ConnectPacket,
  Packet,
  PublishPacket,
  SubscribePacket,
  SubscriptionRequest,
  UnsubscribePacket,
} from '@godwit/mqtt-codec'
import { isRefused } from '../clients/outgoing.ts'
import { messageOf } from '../clients/payload.ts'
import type { HistoryEvent, PacketEvent, Policy } from '../history.ts'
import type { ClientPlan, Plan } from '../plan.ts'
import { AUDITOR, type Outcome } from '../simulation.ts'
import { tally } from './expectations.ts'
import type { RareType } from './places.ts'
import type {
  Life,
  Placed,
  ConnectionStory,
  SessionStory,
  SubscriptionStory,
  MessageStory,
  Delivery,
  Story,
} from './story.ts'
import { topicOf } from './topic-of.ts'

/** Reads a history once, from its beginning to its end. */
export const tellStory = (outcome: {
  readonly plan: Plan
  readonly history: readonly HistoryEvent[]
  readonly recordsLeft: ReadonlyMap<number, number>
  readonly without?: Outcome
}): Story => new Teller(outcome).tell()

class Teller {
  readonly #outcome: Parameters<typeof tellStory>[0]
  readonly #plans: ReadonlyMap<string, ClientPlan>
  readonly #lives: Life[] = []
  readonly #connections = new Map<number, ConnectionStory>()
  readonly #connectionsOf = new Map<string, ConnectionStory[]>()
  readonly #sessions: SessionStory[] = []
  readonly #current = new Map<string, SessionStory>()
  readonly #messages = new Map<string, MessageStory>()
  readonly #deliveries: Delivery[] = []
  readonly #policies: { place: number; at: number; policy: Policy }[] = []
  readonly #open = new Map<number, OpenConnection>()
  readonly #places = new Map<RareType, number[]>()
  /** Whose SUBSCRIBE came before its CONNACK. */
  readonly #nobody = newSession('', AUDITOR, Infinity)
  #healed = Infinity
  #leaving = Infinity

  constructor(outcome: Parameters<typeof tellStory>[0]) {
    this.#outcome = outcome
    this.#plans = new Map([...outcome.plan.clients, AUDITOR].map((plan) => [plan.name, plan]))
  }

  tell(): Story {
    const { plan, history, recordsLeft, without } = this.#outcome
    for (let place = 0; place < history.length; place++) this.#event(history[place]!, place)
    return {
      plan,
      history,
      places: this.#places,
      recordsLeft,
      without,
      lives: this.#lives,
      connections: this.#connections,
      connectionsOf: this.#connectionsOf,
      sessions: this.#sessions,
      messages: this.#messages,
      deliveries: this.#deliveries,
      deliveriesOf: tally(this.#deliveries, ({ session }) => session),
      policies: this.#policies,
      healed: this.#healed,
      leaving: this.#leaving,
    }
  }

  #event(event: HistoryEvent, place: number): void {
    switch (event.type) {
      case 'sent':
        return this.#open.get(event.connection)!.sent(event, event.packet)
      case 'read':
        return this.#open.get(event.connection)!.read(event, event.packet)
      case 'written':
        return this.#open.get(event.connection)!.written(event, event.packet)
      case 'received':
        return this.#open.get(event.connection)!.received(event, event.packet)
    }
    const places = this.#places.get(event.type)
    if (places === undefined) this.#places.set(event.type, [place])
    else places.push(place)
    switch (event.type) {
      case 'started':
        this.#lives.push({ life: event.life, started: place, ended: Infinity, how: undefined })
        return
      case 'ended': {
        const life = this.#lives.find(({ life: each }) => each === event.life)
        if (life !== undefined) Object.assign(life, { ended: place, how: event.how })
        for (const connection of this.#connections.values()) {
          if (connection.goneForBroker === Infinity) connection.goneForBroker = place
        }
        return
      }
      case 'opened':
        return this.#opened(event.connection, event.client, place)
      case 'gone': {
        const connection = this.#connections.get(event.connection)!
        if (event.side === 'broker') Object.assign(connection, { goneForBroker: place, cleanForBroker: event.clean })
        else connection.goneForClient = place
        return
      }
      case 'ended-by-broker':
        this.#connections.get(event.connection)!.endedByBroker = place
        return
      case 'cut':
      case 'half-open':
      case 'slow-reader': {
        const connection = this.#connections.get(event.connection)!
        connection.disturbed = Math.min(connection.disturbed, place)
        return
      }
      case 'policy':
        this.#policies.push({ place, at: event.at, policy: event.policy })
        return
      case 'healed':
        this.#healed = place
        return
      case 'leaving':
        this.#leaving = place
    }
  }

  #opened(id: number, client: string, place: number): void {
    const connection: ConnectionStory = {
      id,
      client,
      plan: this.#plans.get(client)!,
      life: this.#lives.at(-1)?.life ?? 0,
      opened: place,
      version: 4,
      connect: undefined,
      connectRead: Infinity,
      connack: undefined,
      accepted: false,
      session: undefined,
      sent: [],
      read: [],
      written: [],
      received: [],
      goneForBroker: Infinity,
      goneForClient: Infinity,
      cleanForBroker: false,
      endedByBroker: Infinity,
      disturbed: Infinity,
    }
    this.#connections.set(id, connection)
    const earlier = this.#connectionsOf.get(client)
    if (earlier === undefined) this.#connectionsOf.set(client, [connection])
    else earlier.push(connection)
    this.#open.set(
      id,
      new OpenConnection(connection, {
        messages: this.#messages,
        deliveries: this.#deliveries,
        sessions: this.#sessions,
        current: this.#current,
        nobody: this.#nobody,
      }),
    )
  }
}

interface Books {
  readonly messages: Map<string, MessageStory>
  readonly deliveries: Delivery[]
  readonly sessions: SessionStory[]
  readonly current: Map<string, SessionStory>
  readonly nobody: SessionStory
}

/** What is going on on one connection: aliases, identifiers, requests. */
class OpenConnection {
  readonly #connection: ConnectionStory
  readonly #books: Books
  readonly #aliasesSent = new Map<number, string>()
  readonly #aliasesWritten = new Map<number, string>()
  readonly #publishes = new Map<number, MessageStory>()
  readonly #requests = new Map<number, Placed<UnsubscribePacket>>()
  readonly #asked = new Map<number, SubscriptionStory[]>()
  readonly #undelivered: Delivery[] = []

  constructor(connection: ConnectionStory, books: Books) {
    this.#connection = connection
    this.#books = books
  }

  sent(event: PacketEvent, packet: Packet): void {
    const { place } = event
    const connection = this.#connection
    connection.sent.push(event)
    if (packet.type === 'connect') {
      connection.version = packet.protocolVersion
      connection.connect = event as Placed<ConnectPacket>
      if (packet.will !== undefined) this.#will(packet, place)
    } else if (packet.type === 'publish') {
      const topicName = topicOf(packet, this.#aliasesSent)
      const message = this.#message(packet, topicName, place)
      message?.sent.push({ place, connection })
    }
  }

  read(event: PacketEvent, packet: Packet): void {
    const { place, at } = event
    const connection = this.#connection
    connection.read.push(event)
    switch (packet.type) {
      case 'connect':
        connection.connectRead = place
        return
      case 'publish': {
        const message = this.#books.messages.get(messageOf(packet.payload))
        message?.reads.push({ place, at, connection })
        if (packet.packetId !== undefined && message !== undefined) this.#publishes.set(packet.packetId, message)
        return
      }
      case 'subscribe':
        this.#asked.set(
          packet.packetId,
          packet.subscriptions.map((request) => this.#subscription(request, packet, place)),
        )
        return
      case 'unsubscribe':
        this.#requests.set(packet.packetId, event as Placed<UnsubscribePacket>)
        for (const topicFilter of packet.topicFilters) this.#mayEnd(topicFilter, place)
    }
  }

  written(event: PacketEvent, packet: Packet): void {
    const { place, at } = event
    const connection = this.#connection
    connection.written.push(event)
    switch (packet.type) {
      case 'connack':
        return this.#connack(event as Placed<ConnackPacket>)
      case 'publish':
        return this.#delivery(packet, place, at)
      case 'puback':
      case 'pubrec': {
        const message = this.#publishes.get(packet.packetId)
        if (message === undefined) return
        if (packet.reasonCode >= 0x80) {
          message.refusedWith ??= packet.reasonCode
          return
        }
        message.acknowledgedOn.push(connection)
        if (message.acknowledged !== Infinity) return
        message.acknowledged = place
        message.acknowledgement = event
        return
      }
      case 'suback':
        this.#asked.get(packet.packetId)?.forEach((subscription, index) => {
          const code = packet.reasonCodes[index]!
          const { subscriptions } = subscription.session
          if (code < 0x80) Object.assign(subscription, { granted: place, grantedQos: code })
          else subscriptions.splice(subscriptions.indexOf(subscription), 1)
        })
        return
      case 'unsuback': {
        const request = this.#requests.get(packet.packetId)
        for (const topicFilter of request?.packet.topicFilters ?? []) this.#ended(topicFilter, request!.place, place)
      }
    }
  }

  received(event: PacketEvent, packet: Packet): void {
    this.#connection.received.push(event)
    if (packet.type === 'publish') {
      const delivery = this.#undelivered.shift()
      if (delivery !== undefined) delivery.received = true
    } else if (packet.type === 'suback') {
      for (const subscription of this.#asked.get(packet.packetId) ?? []) subscription.told = event.place
    }
  }

  #connack(connack: Placed<ConnackPacket>): void {
    const connection = this.#connection
    connection.connack = connack
    if (isRefused(connack.packet.reasonCode)) return
    connection.accepted = true
    const { current, sessions } = this.#books
    const { client, plan } = connection
    const before = current.get(client)
    let session = connack.packet.sessionPresent ? before : undefined
    if (session === undefined) {
      if (before !== undefined) before.ended = connack.place
      session = newSession(client, plan, connack.place)
      current.set(client, session)
      sessions.push(session)
    }
    session.connections.push(connection)
    connection.session = session
  }

  #subscription(request: SubscriptionRequest, packet: SubscribePacket, place: number): SubscriptionStory {
    const { topicFilter } = request
    this.#mayEnd(topicFilter, place)
    const parts = topicFilter.startsWith('$share/') ? topicFilter.split('/') : undefined
    const subscription: SubscriptionStory = {
      session: this.#connection.session ?? this.#books.nobody,
      request,
      matchedFilter: parts === undefined ? topicFilter : parts.slice(2).join('/'),
      shareName: parts?.[1],
      subscriptionIdentifier: packet.properties?.subscriptionIdentifier,
      connection: this.#connection,
      asked: place,
      granted: Infinity,
      told: Infinity,
      grantedQos: request.qos,
      mayEnd: Infinity,
      ended: Infinity,
    }
    // A SUBACK that was lost with its connection says nothing: the Subscription may be there.
    subscription.session.subscriptions.push(subscription)
    return subscription
  }

  #mayEnd(topicFilter: string, place: number): void {
    for (const subscription of this.#connection.session?.subscriptions ?? []) {
      if (subscription.request.topicFilter === topicFilter) {
        subscription.mayEnd = Math.min(subscription.mayEnd, place)
      }
    }
  }

  /** Of two Subscriptions to a filter only the one that was there before the UNSUBSCRIBE. */
  #ended(topicFilter: string, asked: number, place: number): void {
    for (const subscription of this.#connection.session?.subscriptions ?? []) {
      if (subscription.request.topicFilter === topicFilter && subscription.asked < asked) {
        subscription.ended = Math.min(subscription.ended, place)
      }
    }
  }

  #will(packet: ConnectPacket, place: number): void {
    const { will } = packet
    if (will === undefined) return
    const { topicName, payload, qos, retain } = will
    this.#message({ type: 'publish', topicName, payload, qos, retain, dup: false }, topicName, place, true)
  }

  #message(packet: PublishPacket, topicName: string, place: number, isWill = false): MessageStory | undefined {
    const name = messageOf(packet.payload)
    if (name === '') return undefined
    const { messages } = this.#books
    let message = messages.get(name)
    if (message === undefined) {
      message = {
        name,
        client: this.#connection.client,
        topicName,
        packet,
        isWill,
        firstSent: place,
        sent: [],
        reads: [],
        acknowledged: Infinity,
        acknowledgement: undefined,
        acknowledgedOn: [],
        refusedWith: undefined,
        deliveries: [],
      }
      messages.set(name, message)
    }
    return message
  }

  #delivery(packet: PublishPacket, place: number, at: number): void {
    const connection = this.#connection
    const message = this.#books.messages.get(messageOf(packet.payload))
    const delivery: Delivery = {
      place,
      at,
      connection,
      session: connection.session,
      packet,
      topicName: topicOf(packet, this.#aliasesWritten),
      message,
      received: false,
    }
    message?.deliveries.push(delivery)
    this.#books.deliveries.push(delivery)
    this.#undelivered.push(delivery)
  }
}

const newSession = (client: string, plan: ClientPlan, began: number): SessionStory => ({
  client,
  plan,
  began,
  ended: Infinity,
  connections: [],
  subscriptions: [],
  matching: new Map(),
})
