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
import type { PacketEvent } from '../history.ts'
import type { ClientPlan } from '../plan.ts'
import type { Placed, ConnectionStory, SessionStory, SubscriptionStory, MessageStory, Delivery } from './story.ts'
import { topicOf } from './topic-of.ts'

/** What the connections of a story have in common. */
export interface Books {
  readonly messages: Map<string, MessageStory>
  readonly deliveries: Delivery[]
  readonly sessions: SessionStory[]
  readonly current: Map<string, SessionStory>
  readonly nobody: SessionStory
}

/** What is going on on one connection: aliases, identifiers, requests. */
export class OpenConnection {
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

export const newSession = (client: string, plan: ClientPlan, began: number): SessionStory => ({
  client,
  plan,
  began,
  ended: Infinity,
  connections: [],
  subscriptions: [],
  matching: new Map(),
})
