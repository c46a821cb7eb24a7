import { restoreSender, SenderState } from '@godwit/mqtt-qos'
import type { Core } from './context.ts'
import { bury } from './graves.ts'
import type { QueuedMessage } from './queued-message.ts'
import { bodyKey, RecordTag } from './records/keys.ts'
import { decodeClock, decodeFormat, decodeGroup, decodeReceived, FORMAT_VERSION } from './records/number-records.ts'
import { decodeQueued } from './records/queued-record.ts'
import { RecordReader } from './records/record-reader.ts'
import { decodeRetained } from './records/retained-record.ts'
import { decodeSession, decodeWaiting, type WaitingRecord } from './records/session-record.ts'
import { decodeSubscription } from './records/subscription-record.ts'
import { Session } from './session.ts'
import { armExpiry, endSession } from './sessions.ts'
import type { SharedGroup } from './shared-group.ts'
import { groupOf, restoreQueued } from './shared-subscriptions.ts'
import { messageOf } from './stored-messages.ts'
import { packetIdOf, StoredQueue } from './stored-queue.ts'
import { addSubscription } from './subscriptions.ts'
import { parseFilter } from './topic-filters.ts'
import { decodeWill } from './will-packet.ts'
import { armWill } from './wills.ts'

/** Why what the store holds cannot be the state of this broker. */
export interface RecoveryFailure {
  readonly code: 'STORE_FORMAT_UNKNOWN' | 'STORE_DAMAGED'
  readonly reason: string
}

/** The tags in the order in which `Recovery` wants to see their records: what is referred to comes first. */
export const RECOVERY_ORDER: readonly number[] = [
  RecordTag.format,
  RecordTag.clock,
  RecordTag.session,
  RecordTag.waiting,
  RecordTag.group,
  RecordTag.subscription,
  RecordTag.received,
  RecordTag.body,
  RecordTag.queued,
  RecordTag.retained,
]

/** A wall clock that was set wrong must not end everything: a longer absence counts as this long (I27). */
const LONGEST_ABSENCE_MS = 30 * 24 * 60 * 60 * 1000
const NO_LIMIT = 0xffff

interface Found {
  readonly session: Session
  readonly stored: StoredQueue
  waiting: WaitingRecord | undefined
  /** Messages whose PUBREL is owed, with the order of their PUBRECs. */
  readonly released: { readonly sequence: number; readonly order: number }[]
}

/**
 * The state of a broker from the records of an earlier one, in one pass. Of messages that wait for Sessions only the place and
 * the size are kept. Whatever is of nobody any more goes.
 */
export class Recovery {
  readonly #core: Core
  readonly #wallMs: number
  readonly #byNumber = new Map<number, Found>()
  readonly #groupNames = new Map<string, number>()
  readonly #groups = new Map<number, SharedGroup>()
  readonly #orphans = new Set<number>()
  /** How long the PUBLISH of each body is. */
  readonly #bodies = new Map<number, number>()
  #format: number | undefined
  #hasClock = false
  #highest = 0
  #highestBody = 0

  constructor(core: Core, wallMs: number) {
    this.#core = core
    this.#wallMs = wallMs
    core.records.clockOffsetMs = wallMs - core.now
  }

  /** One record. Keys and values that are to stay are copied. */
  record(key: Uint8Array, value: Uint8Array): RecoveryFailure | undefined {
    const tag = key[0]!
    if (tag === RecordTag.format) return this.#readFormat(value)
    if (this.#format === undefined) return unknownFormat('it holds records, but no version of their layout')
    const reader = new RecordReader(key, 1)
    switch (tag) {
      case RecordTag.clock:
        return this.#clock(value)
      case RecordTag.session:
        return this.#session(reader.text(), value) ?? judge(reader, 'a Session')
      case RecordTag.group:
        return this.#group(reader.text(), value) ?? judge(reader, 'a group')
      case RecordTag.retained:
        return this.#retained(value)
      case RecordTag.body:
        return this.#body(reader.uint48(), value.length - 1) ?? judge(reader, 'a body')
      default:
        return this.#numbered(tag, key, reader, value)
    }
  }

  /** All records have been seen: clocks run on from where they were, what is due is due. */
  finish(): RecoveryFailure | undefined {
    const core = this.#core
    const { records } = core
    if (this.#format === undefined) records.format()
    for (const body of records.bodies.numbers()) {
      if (!this.#bodies.has(body)) return { code: 'STORE_DAMAGED', reason: `the body ${body} of messages is missing` }
    }
    for (const body of this.#bodies.keys()) if (!records.bodies.has(body)) records.forgetKey(bodyKey(body))
    records.bodies.next = this.#highestBody + 1
    records.nextNumber = this.#highest + 1
    for (const name of this.#groupNames.keys()) if (!core.groups.has(name)) records.forgetGroup(name)
    for (const number of this.#orphans) bury(core, number, 0)
    // All queues first: what is due now may be a message for any of them.
    for (const found of this.#byNumber.values()) this.#settle(found)
    for (const found of this.#byNumber.values()) this.#goOn(found)
    core.counters.sessions = core.sessions.size
    return undefined
  }

  #settle(found: Found): void {
    const core = this.#core
    const { session, stored, waiting } = found
    stored.restored(waiting?.sentBefore)
    core.counters.queuedMessages += stored.length
    core.counters.queuedBytes += stored.sizeBytes
    if (found.released.length > 0) {
      const inOrder = found.released.sort((one, other) => one.order - other.order)
      session.sender = restoreSender<QueuedMessage>(
        { receiveMaximum: NO_LIMIT },
        {
          lastPacketId: 0,
          inFlight: inOrder.map(({ sequence }) => ({
            packetId: packetIdOf(sequence),
            qos: 2 as const,
            state: SenderState.awaitingPubcomp,
            sent: true,
            message: undefined,
          })),
        },
      )
      core.records.nextOrder = Math.max(core.records.nextOrder, inOrder.at(-1)!.order + 1)
    }
  }

  #goOn({ session, stored, waiting }: Found): void {
    const core = this.#core
    if (session.expiryIntervalSeconds === 0) return endSession(core, session)
    // It was connected when the broker ended: its clocks begin now, and are written down so that they go on.
    if (waiting === undefined) core.records.waiting(stored.number, core.now, stored.sentBefore)
    const since = waiting === undefined ? core.now : waiting.since - core.records.clockOffsetMs
    armExpiry(core, session, since)
    const { will } = session
    if (will !== undefined) {
      armWill(core, session, will, since + (will.will.properties?.willDelayIntervalSeconds ?? 0) * 1000)
    }
  }

  #readFormat(value: Uint8Array): RecoveryFailure | undefined {
    this.#format = decodeFormat(value)
    return this.#format === FORMAT_VERSION
      ? undefined
      : unknownFormat(`its layout has version ${this.#format}, this broker knows ${FORMAT_VERSION}`)
  }

  #clock(value: Uint8Array): RecoveryFailure | undefined {
    const clock = decodeClock(value)
    if (clock === undefined) return damaged('the clock')
    const absenceMs = Math.min(Math.max(0, this.#wallMs - clock.wallMs), LONGEST_ABSENCE_MS)
    this.#core.records.clockOffsetMs = clock.brokerMs + absenceMs - this.#core.now
    this.#hasClock = true
    return undefined
  }

  #session(clientId: string, value: Uint8Array): RecoveryFailure | undefined {
    const record = decodeSession(value)
    if (record === undefined || !this.#hasClock) return damaged(`the Session of ${clientId}`)
    const core = this.#core
    const { number, principal, username, protocolVersion, keepAliveSeconds, expiryIntervalSeconds, will } = record
    const session = new Session(clientId, principal, {}, NO_LIMIT, NO_LIMIT)
    session.expiryIntervalSeconds = expiryIntervalSeconds
    session.info = {
      clientId,
      principal,
      username,
      protocolVersion,
      peer: { transport: 'memory' },
      connectedAtMs: core.now,
      keepAliveSeconds,
      cleanStart: false,
      sessionExpiryIntervalSeconds: expiryIntervalSeconds,
      subscriptions: 0,
    }
    if (will !== undefined) {
      const read = decodeWill(will.publish, will.delaySeconds)
      if (read === undefined) return damaged(`the Will of ${clientId}`)
      session.will = { will: read, allowed: will.allowed, deadline: undefined }
    }
    const stored = new StoredQueue(number)
    session.stored = stored
    core.sessions.set(clientId, session)
    this.#byNumber.set(number, { session, stored, waiting: undefined, released: [] })
    this.#highest = Math.max(this.#highest, number)
    return undefined
  }

  #body(body: number, sizeBytes: number): undefined {
    this.#bodies.set(body, sizeBytes)
    this.#highestBody = Math.max(this.#highestBody, body)
  }

  #group(name: string, value: Uint8Array): RecoveryFailure | undefined {
    const number = decodeGroup(value)
    if (number === undefined) return damaged(`the group ${name}`)
    this.#groupNames.set(name, number)
    this.#highest = Math.max(this.#highest, number)
    return undefined
  }

  #retained(value: Uint8Array): RecoveryFailure | undefined {
    const record = decodeRetained(value)
    // A copy: a small message must not pin a block of the store.
    const message = record === undefined ? undefined : messageOf(this.#core, record.frame.slice(), record)
    if (message === undefined) return damaged('a retained message')
    this.#core.retained.restore(message)
    return undefined
  }

  #numbered(tag: number, key: Uint8Array, reader: RecordReader, value: Uint8Array): RecoveryFailure | undefined {
    const number = reader.uint48()
    const found = this.#byNumber.get(number)
    this.#highest = Math.max(this.#highest, number)
    switch (tag) {
      case RecordTag.queued:
        return this.#queued(number, found, reader.uint48(), value) ?? judge(reader, 'a message')
      case RecordTag.subscription:
        return this.#subscription(found, key, reader.text(), value) ?? judge(reader, 'a Subscription')
      case RecordTag.received: {
        const packetId = reader.uint16()
        if (!reader.complete || packetId === 0 || decodeReceived(value) === undefined) return damaged('an identifier')
        if (found === undefined) this.#core.records.forgetKey(key)
        else found.session.receiver.hold(packetId)
        return undefined
      }
      case RecordTag.waiting: {
        const waiting = decodeWaiting(value)
        if (waiting === undefined || !reader.complete) return damaged('the time of a Session')
        if (found === undefined) this.#core.records.forgetKey(key)
        else found.waiting = waiting
        return undefined
      }
      default:
        return damaged(`a record of an unknown kind (${tag})`)
    }
  }

  #subscription(
    found: Found | undefined,
    key: Uint8Array,
    topicFilter: string,
    value: Uint8Array,
  ): RecoveryFailure | undefined {
    const core = this.#core
    const record = decodeSubscription(value)
    if (record === undefined) return damaged(`the Subscription to ${topicFilter}`)
    const filter = parseFilter(core, topicFilter)
    if (found === undefined || 'reasonCode' in filter) {
      core.records.forgetKey(key)
      return undefined
    }
    if (filter.shareName !== undefined) {
      const group = groupOf(core, filter.shareName, filter.matchedFilter)
      group.number = this.#groupNames.get(group.name) ?? group.number
      this.#groups.set(group.number, group)
    }
    addSubscription(core, found.session, filter, record)
    return undefined
  }

  #queued(number: number, found: Found | undefined, sequence: number, value: Uint8Array): RecoveryFailure | undefined {
    const core = this.#core
    const record = decodeQueued(value)
    if (record === undefined) return damaged('a message')
    const message = record.type === 'message' ? record : undefined
    if (message !== undefined) {
      if (message.body !== 0) core.records.bodies.refer(message.body)
      const home = message.origin === undefined ? undefined : this.#groups.get(message.origin.number)
      if (home !== undefined) home.nextSequence = Math.max(home.nextSequence, message.origin!.sequence + 1)
    }
    if (found !== undefined) {
      const body = message?.body ?? 0
      const sizeBytes = Math.max(1, (body === 0 ? message?.frame.length : this.#bodies.get(body)) ?? 1)
      found.stored.restore(sequence, sizeBytes, message?.qos ?? 2, body, message === undefined)
      if (record.type === 'awaiting-pubcomp') found.released.push({ sequence, order: record.order })
      return undefined
    }
    const group = this.#groups.get(number)
    if (group === undefined || message === undefined) {
      this.#orphans.add(number)
      return undefined
    }
    const read = messageOf(core, message.frame.slice(), message)
    if (read === undefined) return damaged('a message of a group')
    const { qos, retain } = message
    const queued = { message: read, qos, retain, identifiers: undefined, group, origin: { number, sequence } }
    restoreQueued(core, group, queued)
    return undefined
  }
}

const unknownFormat = (reason: string): RecoveryFailure => ({ code: 'STORE_FORMAT_UNKNOWN', reason })

const damaged = (what: string): RecoveryFailure => ({ code: 'STORE_DAMAGED', reason: `${what} cannot be read` })

const judge = (reader: RecordReader, what: string): RecoveryFailure | undefined =>
  reader.complete ? undefined : damaged(`the key of ${what}`)
