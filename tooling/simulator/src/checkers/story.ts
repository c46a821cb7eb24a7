import type { ConnackPacket, ConnectPacket, Packet, PublishPacket, SubscriptionRequest } from '@godwit/mqtt-codec'
import type { Ending, HistoryEvent, Policy } from '../history.ts'
import type { ClientPlan, Plan } from '../plan.ts'
import type { Outcome } from '../simulation.ts'
import type { RareType } from './places.ts'

/** One life of the broker, by places in the history. */
export interface Life {
  readonly life: number
  readonly started: number
  ended: number
  how: Ending | undefined
}

/** A packet at its place in the history. */
export interface Placed<Kind extends Packet = Packet> {
  readonly place: number
  readonly at: number
  readonly packet: Kind
  readonly sizeBytes: number
}

/** One Network Connection. Places are `Infinity` where something never happened. */
export interface ConnectionStory {
  readonly id: number
  readonly client: string
  readonly plan: ClientPlan
  readonly life: number
  readonly opened: number
  version: 3 | 4 | 5
  connect: Placed<ConnectPacket> | undefined
  /** Where the CONNECT had been read. */
  connectRead: number
  connack: Placed<ConnackPacket> | undefined
  accepted: boolean
  session: SessionStory | undefined
  readonly sent: Placed[]
  readonly read: Placed[]
  readonly written: Placed[]
  readonly received: Placed[]
  goneForBroker: number
  goneForClient: number
  cleanForBroker: boolean
  endedByBroker: number
  /** The first thing that the network did to it. */
  disturbed: number
}

/** A Session from the CONNACK that began it to the one that began the next of its client. */
export interface SessionStory {
  readonly client: string
  readonly plan: ClientPlan
  readonly began: number
  ended: number
  readonly connections: ConnectionStory[]
  readonly subscriptions: SubscriptionStory[]
  /** By Topic Name, those of its Subscriptions that match: few topics are asked for many times, when the story has been told. */
  readonly matching: Map<string, readonly SubscriptionStory[]>
}

export interface SubscriptionStory {
  readonly session: SessionStory
  readonly request: SubscriptionRequest
  readonly matchedFilter: string
  readonly shareName: string | undefined
  readonly subscriptionIdentifier: number | undefined
  readonly connection: ConnectionStory
  readonly asked: number
  /** Its SUBACK was written, and received; Infinity: the connection ended before that. */
  granted: number
  told: number
  grantedQos: number
  /** It may be gone from here on: an UNSUBSCRIBE was read, or it was replaced. */
  mayEnd: number
  /** It is gone: the UNSUBACK was written. */
  ended: number
}

/** What a client published, or left as its Will. */
export interface MessageStory {
  readonly name: string
  readonly client: string
  readonly topicName: string
  readonly packet: PublishPacket
  readonly isWill: boolean
  readonly firstSent: number
  readonly sent: { readonly place: number; readonly connection: ConnectionStory }[]
  readonly reads: { readonly place: number; readonly at: number; readonly connection: ConnectionStory }[]
  /** A PUBACK or PUBREC without an error was written, and which. */
  acknowledged: number
  acknowledgement: Placed | undefined
  readonly acknowledgedOn: ConnectionStory[]
  refusedWith: number | undefined
  readonly deliveries: Delivery[]
}

/** The broker wrote a message to a client. */
export interface Delivery {
  readonly place: number
  readonly at: number
  readonly connection: ConnectionStory
  readonly session: SessionStory | undefined
  readonly packet: PublishPacket
  readonly topicName: string
  readonly message: MessageStory | undefined
  /** It was received, too. */
  received: boolean
}

/** The history, told in order: who was connected when, which Session had which Subscription, what became of each message. */
export interface Story {
  readonly plan: Plan
  readonly history: readonly HistoryEvent[]
  /** Where things of each kind happened, in order; of packets it says nothing. */
  readonly places: ReadonlyMap<RareType, readonly number[]>
  readonly lives: readonly Life[]
  readonly connections: ReadonlyMap<number, ConnectionStory>
  /** Those of each client, in the order in which they were opened. */
  readonly connectionsOf: ReadonlyMap<string, readonly ConnectionStory[]>
  readonly sessions: readonly SessionStory[]
  readonly messages: ReadonlyMap<string, MessageStory>
  readonly deliveries: readonly Delivery[]
  /** Those of each Session. */
  readonly deliveriesOf: ReadonlyMap<SessionStory | undefined, readonly Delivery[]>
  readonly policies: readonly { readonly place: number; readonly at: number; readonly policy: Policy }[]
  readonly healed: number
  readonly leaving: number
  readonly recordsLeft: ReadonlyMap<number, number>
  /** The same plan without its hostile client, where both were run. */
  readonly without: Outcome | undefined
}

/**
 * The connections that were let in, by their CONNACKs: of two that a broker finds together, after it has stood still, the one that was
 * opened later may be read first.
 */
export const inOrderOfAnswers = ({ connections }: Story): ConnectionStory[] =>
  [...connections.values()]
    .filter(({ accepted }) => accepted)
    .sort((one, other) => one.connack!.place - other.connack!.place)
