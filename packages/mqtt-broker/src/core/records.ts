import type { GroupOrigin } from './records/queued-record.ts'
import { encodeAwaitingPubcomp, encodeQueued } from './records/queued-record.ts'
import { encodeBody } from './records/body-record.ts'
import * as keys from './records/keys.ts'
import { encodeFormat, encodeGroup, encodeReceived } from './records/number-records.ts'
import { encodeRetained } from './records/retained-record.ts'
import type { SessionRecord } from './records/session-record.ts'
import { encodeSession, encodeWaiting } from './records/session-record.ts'
import { encodeSubscription } from './records/subscription-record.ts'
import type { CommitNumber, Staging } from './output.ts'
import type { RoutedMessage } from './routed-message.ts'
import { SharedBodies } from './shared-bodies.ts'
import type { Subscription } from './subscription.ts'

/**
 * Everything that the core writes down goes through here, into the batch that is open: what one call of the core stages
 * becomes durable together. Each method returns the number of the commit to wait for.
 */
export class Records {
  readonly bodies = new SharedBodies()
  /** The number that the next Session or group gets. */
  nextNumber = 1
  /** The order of the next PUBREC. */
  nextOrder = 1
  /** What has to be added to the monotonic clock to have the broker's time, which goes on across restarts. */
  clockOffsetMs = 0
  /** The commit of what has been staged for the message in hand, 0: nothing. */
  touched: CommitNumber = 0
  readonly #staging: Staging

  constructor(staging: Staging) {
    this.#staging = staging
  }

  get durable(): boolean {
    return this.#staging.durable
  }

  /** False: nothing new may be promised, the disk is full or the store has failed. */
  get writable(): boolean {
    return this.#staging.writable
  }

  get committed(): CommitNumber {
    return this.#staging.committed
  }

  /** The first record of a new store. */
  format(): CommitNumber {
    return this.#staging.put(keys.formatKey(), encodeFormat())
  }

  session(clientId: string, record: SessionRecord): CommitNumber {
    return this.#staging.put(keys.sessionKey(clientId), encodeSession(record))
  }

  forgetSession(clientId: string, number: number): CommitNumber {
    this.#staging.delete(keys.waitingKey(number))
    return this.#staging.delete(keys.sessionKey(clientId))
  }

  /** `now`: milliseconds of the monotonic clock at which the connection ended. */
  waiting(number: number, now: number, sentBefore: number): CommitNumber {
    return this.#staging.put(keys.waitingKey(number), encodeWaiting({ since: this.#brokerTime(now), sentBefore }))
  }

  connected(number: number): CommitNumber {
    return this.#staging.delete(keys.waitingKey(number))
  }

  subscription(number: number, subscription: Subscription): CommitNumber {
    return this.#staging.put(keys.subscriptionKey(number, subscription.topicFilter), encodeSubscription(subscription))
  }

  forgetSubscription(number: number, topicFilter: string): CommitNumber {
    return this.#staging.delete(keys.subscriptionKey(number, topicFilter))
  }

  received(number: number, packetId: number): CommitNumber {
    return this.#staging.put(keys.receivedKey(number, packetId), encodeReceived())
  }

  forgetReceived(number: number, packetId: number): CommitNumber {
    return this.#staging.delete(keys.receivedKey(number, packetId))
  }

  group(name: string, number: number): CommitNumber {
    return this.#staging.put(keys.groupKey(name), encodeGroup(number))
  }

  forgetGroup(name: string): CommitNumber {
    return this.#staging.delete(keys.groupKey(name))
  }

  /** The number of the body that the message in hand shares with others, stored with the first of them; 0: it has its own. */
  body(message: RoutedMessage): number {
    const { bodies } = this
    if (!bodies.shared) return 0
    if (bodies.current === 0) {
      bodies.current = bodies.next++
      this.#staging.put(keys.bodyKey(bodies.current), encodeBody(wireOf(message)))
      // The message in hand refers to it, too: who gives up at once must not take it from those that follow.
      bodies.refer(bodies.current)
    }
    bodies.refer(bodies.current)
    return bodies.current
  }

  /** The message in hand has been given to everybody. */
  endBody(): void {
    const { current } = this.bodies
    this.bodies.begin(false)
    this.#leaveBody(current)
  }

  queued(
    number: number,
    sequence: number,
    message: RoutedMessage,
    qos: number,
    retain: boolean,
    identifiers: readonly number[] | undefined,
    origin: GroupOrigin | undefined,
    body: number,
  ): CommitNumber {
    const arrivedAt = this.#brokerTime(message.arrivedAt)
    const value = encodeQueued(wireOf(message), qos, retain, arrivedAt, identifiers, origin, body)
    return (this.touched = this.#staging.put(keys.queuedKey(number, sequence), value))
  }

  /** `body`: the number of the one that it shared, 0: none. */
  forgetQueued(number: number, sequence: number, body: number): CommitNumber {
    this.#leaveBody(body)
    return this.#staging.delete(keys.queuedKey(number, sequence))
  }

  /** Its PUBREC came: the message is done, its PUBREL is owed. */
  awaitingPubcomp(number: number, sequence: number, body: number): CommitNumber {
    this.#leaveBody(body)
    return this.#staging.put(keys.queuedKey(number, sequence), encodeAwaitingPubcomp(this.nextOrder++))
  }

  retained(message: RoutedMessage): void {
    const value = encodeRetained(wireOf(message), this.#brokerTime(message.arrivedAt))
    this.touched = this.#staging.put(keys.retainedKey(message.topicBytes), value)
  }

  forgetRetained(topicBytes: Uint8Array): void {
    this.touched = this.#staging.delete(keys.retainedKey(topicBytes))
  }

  /** For what is not of this layout's parts: a record that is to go as it was found. */
  forgetKey(key: Uint8Array): CommitNumber {
    return this.#staging.delete(key)
  }

  #leaveBody(body: number): void {
    if (body !== 0 && this.bodies.leave(body)) this.#staging.delete(keys.bodyKey(body))
  }

  #brokerTime(now: number): number {
    return Math.max(0, Math.round(now + this.clockOffsetMs))
  }
}

/** The PUBLISH as it is stored: as received, but never without its Topic Name. */
const wireOf = (message: RoutedMessage): RoutedMessage['frame'] =>
  message.frame.topicAlias === 0 ? message.frame : message.kept().frame
