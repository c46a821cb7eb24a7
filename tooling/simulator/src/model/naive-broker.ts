import { naivelyMatches } from './naive-matching.ts'

/** A Subscription as it looks from outside. What has been asked for and not been answered yet may be there. */
interface ModelSubscription {
  readonly client: string
  readonly topicFilter: string
  readonly matchedFilter: string
  readonly noLocal: boolean
  granted: boolean
  /** Somebody has asked to end it, or its Session may have been begun anew without a word. */
  doubtful: boolean
}

interface ModelSession {
  readonly client: string
  /** It outlives the process of the broker. */
  stored: boolean
  expirySeconds: number
  /** It may have expired from here on: milliseconds. */
  expiresAt: number
  /** A CONNECT that has not been answered would drop it. */
  maybeDropped: boolean
}

/** A PUBLISH that has not been answered: the answer may be given for any moment until then. */
interface OpenPublish {
  readonly connection: number
  readonly packetId: number
  readonly client: string
  readonly topicName: string
  /** Subscriptions that were there all the time. */
  certain: ModelSubscription[]
  /** At some time somebody may have been there. */
  possible: boolean
}

/**
 * A broker that knows sessions, Subscriptions and who would get what: arrays, and every question asked of everyone. It runs beside the
 * real one and hears what that one reads and answers.
 */
export class NaiveBroker {
  #subscriptions: ModelSubscription[] = []
  readonly #sessions = new Map<string, ModelSession>()
  #open: OpenPublish[] = []

  /** Time passes: Sessions may expire. */
  pass(now: number): void {
    const before = this.#now
    this.#now = now
    for (const session of this.#sessions.values()) {
      if (session.expiresAt > before && session.expiresAt <= now) this.#reconsider()
    }
  }

  #now = 0
  /** What has been matched before: few filters meet few topics many times. */
  readonly #matches = new Map<string, Map<string, boolean>>()

  connectRead(client: string, cleanStart: boolean): void {
    const session = this.#session(client)
    if (session.maybeDropped) this.doubt(client)
    session.maybeDropped = cleanStart || session.expiresAt <= this.#now
    this.#reconsider()
  }

  connected(client: string, sessionPresent: boolean, stored: boolean, expirySeconds: number): void {
    const session = this.#session(client)
    if (!sessionPresent) this.#end(client)
    Object.assign(session, { stored, expirySeconds, expiresAt: Infinity, maybeDropped: false })
  }

  /** Nobody knows which of its Subscriptions are there. */
  doubt(client: string): void {
    this.#change(client, (each) => {
      each.doubtful = true
    })
  }

  /** A DISCONNECT may have changed it, or been too late. */
  expiryMayBe(client: string, seconds: number): void {
    const session = this.#session(client)
    session.expirySeconds = Math.min(session.expirySeconds, seconds)
  }

  disconnected(client: string, now: number): void {
    const session = this.#session(client)
    if (session.expiresAt === Infinity) session.expiresAt = now + session.expirySeconds * 1000 - SLACK_MS
    this.#reconsider()
  }

  /** The process has ended; `clockJumped`: nobody knows what it will think of how long it was away. */
  processEnded(now: number, clockJumped: boolean): void {
    this.#open = []
    for (const session of this.#sessions.values()) {
      if (!session.stored) this.#end(session.client)
      if (session.maybeDropped) this.doubt(session.client)
      session.maybeDropped = false
      if (clockJumped && session.expirySeconds < Infinity) session.expiresAt = -Infinity
      this.disconnected(session.client, now)
    }
  }

  subscribeRead(client: string, topicFilter: string, noLocal: boolean): void {
    // Its answer may never leave: whether what its client publishes is for itself is open until there is one.
    this.#change(client, (each) => {
      if (each.topicFilter === topicFilter && each.noLocal !== noLocal) each.doubtful = true
    })
    const shared = topicFilter.startsWith('$share/')
    this.#subscriptions.push({
      client,
      topicFilter,
      matchedFilter: shared ? topicFilter.split('/').slice(2).join('/') : topicFilter,
      noLocal,
      granted: false,
      doubtful: false,
    })
    for (const each of this.#open) each.possible ||= this.#wants(this.#subscriptions.at(-1)!, each)
  }

  subscribed(client: string, topicFilter: string, granted: boolean): void {
    const asked = this.#subscriptions.find((each) => !each.granted && is(each, client, topicFilter))
    if (asked === undefined) return
    if (granted) this.#remove((each) => each !== asked && each.granted && is(each, client, topicFilter))
    else this.#remove((each) => each === asked)
    asked.granted = granted
  }

  unsubscribeRead(client: string, topicFilter: string): void {
    this.#change(client, (each) => {
      if (each.topicFilter === topicFilter) each.doubtful = true
    })
  }

  unsubscribed(client: string, topicFilter: string): void {
    this.#remove((each) => each.doubtful && is(each, client, topicFilter))
  }

  /** Whoever waited there for an answer gets none any more. */
  connectionEnded(connection: number): void {
    this.#open = this.#open.filter((each) => each.connection !== connection)
  }

  publishRead(connection: number, packetId: number, client: string, topicName: string): void {
    const open = { connection, packetId, client, topicName, certain: [] as ModelSubscription[], possible: false }
    const wanted = this.#subscriptions.filter((each) => this.#wants(each, open))
    open.certain = wanted.filter((each) => this.#isCertain(each))
    open.possible = wanted.length > 0
    this.#open.push(open)
  }

  /** What the answer may say: that nobody wants it, or that somebody does. Undefined: it was never asked. */
  answer(connection: number, packetId: number): { mayBeNobody: boolean; mayBeSomebody: boolean } | undefined {
    const place = this.#open.findIndex((each) => each.connection === connection && each.packetId === packetId)
    const [open] = place === -1 ? [] : this.#open.splice(place, 1)
    return open && { mayBeNobody: open.certain.length === 0, mayBeSomebody: open.possible }
  }

  #session(client: string): ModelSession {
    let session = this.#sessions.get(client)
    if (session === undefined) {
      session = { client, stored: false, expirySeconds: 0, expiresAt: Infinity, maybeDropped: false }
      this.#sessions.set(client, session)
    }
    return session
  }

  #wants({ client, matchedFilter, noLocal }: ModelSubscription, publish: OpenPublish): boolean {
    return !(noLocal && client === publish.client) && this.#doMatch(matchedFilter, publish.topicName)
  }

  #doMatch(topicFilter: string, topicName: string): boolean {
    let answers = this.#matches.get(topicName)
    if (answers === undefined) this.#matches.set(topicName, (answers = new Map()))
    let answer = answers.get(topicFilter)
    if (answer === undefined) answers.set(topicFilter, (answer = naivelyMatches(topicFilter, topicName)))
    return answer
  }

  #isCertain({ client, granted, doubtful }: ModelSubscription): boolean {
    const { expiresAt, maybeDropped } = this.#session(client)
    return granted && !doubtful && !maybeDropped && expiresAt > this.#now
  }

  /** Something about a client's Subscriptions has become doubtful: so has it for what is not answered. */
  #change(client: string, change: (subscription: ModelSubscription) => void): void {
    for (const each of this.#subscriptions) if (each.client === client) change(each)
    this.#reconsider()
  }

  #reconsider(): void {
    for (const open of this.#open) {
      if (!open.certain.every((each) => this.#isCertain(each))) {
        open.certain = open.certain.filter((each) => this.#isCertain(each))
      }
    }
  }

  #end(client: string): void {
    this.#remove((each) => each.client === client)
  }

  #remove(isGone: (subscription: ModelSubscription) => boolean): void {
    const gone = this.#subscriptions.filter(isGone)
    if (gone.length === 0) return
    this.#subscriptions = this.#subscriptions.filter((each) => !gone.includes(each))
    for (const open of this.#open) open.certain = open.certain.filter((each) => !gone.includes(each))
  }
}

const is = (subscription: ModelSubscription, client: string, topicFilter: string): boolean =>
  subscription.client === client && subscription.topicFilter === topicFilter

/** Clocks of a broker that was away or stood still. */
const SLACK_MS = 3_000
