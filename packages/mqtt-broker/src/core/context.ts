import type { SubscriptionIndex } from '@godwit/mqtt-topics'
import type { Edges } from '../ports/edges.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import type { Logger } from '../ports/logger.ts'
import type { Admission } from './admission.ts'
import type { Connection } from './connection.ts'
import type { Counters } from './counters.ts'
import type { Deadlines } from './deadlines.ts'
import type { Grave } from './graves.ts'
import type { Limits } from './limits.ts'
import type { Load } from './loads.ts'
import type { Observation } from './observation.ts'
import type { CommitNumber, Staging } from './output.ts'
import type { Pressure } from './pressure.ts'
import type { Records } from './records.ts'
import type { RetainedMessages } from './retained-messages.ts'
import type { RoutedMessage } from './routed-message.ts'
import type { Violation } from './refusals.ts'
import type { Session } from './session.ts'
import type { Settings } from './settings.ts'
import type { SharedGroup } from './shared-group.ts'
import type { Route, Subscriber } from './subscription.ts'
import type { Takeovers } from './takeovers.ts'

/** The state of one broker, shared by the files of the core. Each part has one file that changes it. */
export interface Core {
  readonly limits: Limits
  readonly settings: Settings
  readonly counters: Counters
  readonly admission: Admission
  readonly deadlines: Deadlines
  readonly edges: Edges
  readonly logger: Logger
  readonly interceptors: readonly Interceptor[]
  readonly observation: Observation | undefined
  readonly staging: Staging
  readonly records: Records
  /** Answers of the store that are awaited, by the ticket of the question. */
  readonly loads: Map<number, Load>
  /** Sessions whose next message waits for a commit, or for a Client that reads. */
  readonly stalled: Set<Session>
  /** Ended Sessions and groups whose messages are still in the store. */
  readonly graves: Grave[]
  /** A piece of the first of them is being read. */
  exhuming: boolean
  readonly index: SubscriptionIndex<Subscriber, Route>
  readonly sessions: Map<string, Session>
  readonly groups: Map<string, SharedGroup>
  readonly retained: RetainedMessages
  /** Sessions whose new subscriptions are owed retained messages. */
  readonly replaying: Set<Session>
  readonly connections: Set<Connection>
  /** Connections that wait for somebody else's answer, by the ticket of the question. */
  readonly waiting: Map<number, Connection>
  readonly takeovers: Map<string, Takeovers>
  /** What is done because memory or time is short. */
  pressure: Pressure
  /** Where all Clients are sent, if they are. */
  redirection: Violation | undefined
  /** The message in hand. */
  readonly inHand: RoutedMessage
  /** Milliseconds of the monotonic clock, set at each entrance. */
  now: number
  /** The commit that every delivery of the message in hand waits for, beside its own; 0: none. */
  leastCommit: CommitNumber
  /** What has been done so far, in deliveries: a driver sees from it what its packets cost. */
  effort: number
  /** The next number for a message, and for a question to somebody else. */
  nextSerial: number
  nextTicket: number
}
