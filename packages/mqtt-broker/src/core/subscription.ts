import type { QoS } from '@godwit/mqtt-codec'
import type { CommitNumber } from './output.ts'
import type { Session } from './session.ts'
import type { SharedGroup } from './shared-group.ts'

/** One Subscription of one Session (§3.8). Replaced options change it in place: its order among others stays. */
export interface Subscription {
  readonly session: Session
  /** As the Client wrote it: the key in its Session. */
  readonly topicFilter: string
  /** What is matched: of a Shared Subscription the inner filter. */
  readonly matchedFilter: string
  /** The group it belongs to, where it is a Shared Subscription. */
  readonly group: SharedGroup | undefined
  qos: QoS
  noLocal: boolean
  retainAsPublished: boolean
  /** 0: none. */
  subscriptionIdentifier: number
  /** First deliveries follow the SUBACK, which may wait for this commit. */
  commit: CommitNumber
}

/** What the index holds: a Subscription, or one entry for a whole group. */
export type Subscriber = Subscription | SharedGroup

/** What one Session gets of one topic: its overlapping subscriptions made one (§3.3.4), its rights considered. */
export interface Target {
  readonly session: Session
  readonly qos: QoS
  readonly retainAsPublished: boolean
  readonly identifiers: readonly number[] | undefined
  readonly commit: CommitNumber
  /** What the Session gets of its own messages, without its No Local subscriptions; undefined: nothing [MQTT-3.8.3-3]. */
  readonly own: Target | undefined
}

/** Where a message of one topic goes: worked out once, kept until a subscription or a right changes. */
export interface Route {
  readonly targets: readonly Target[]
  readonly groups: readonly SharedGroup[]
}
