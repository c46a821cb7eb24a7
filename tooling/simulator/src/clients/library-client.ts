import type { Client, Message } from '@godwit/mqtt-client'
import { createClient } from '@godwit/mqtt-client'
import { journal } from '@godwit/mqtt-client/store'
import type { ByteStream } from '@godwit/mqtt-transport'
import { TransportError } from '@godwit/mqtt-transport'
import type { LibraryEvent } from '../history.ts'
import type { ClientPlan, Operation, RarePaths } from '../plan.ts'
import type { Link } from '../world/link.ts'
import type { Random } from '../world/random.ts'
import type { Scheduled } from '../world/schedule.ts'
import type { World } from '../world/world.ts'
import { ClientProcess } from './client-process.ts'
import { slowSessionStore } from './client-store.ts'
import { ClientStream } from './client-stream.ts'
import { messageOf, payloadOf } from './payload.ts'
import type { Dial } from './raw-client.ts'

type Seen = LibraryEvent extends infer Event
  ? Event extends LibraryEvent
    ? Omit<Event, 'at' | 'client'>
    : never
  : never

export const SECRET = 'a password that nobody may see'
export const OUTBOX_MESSAGES = 40
/** A client that waits for a minute would outlast the simulation. */
export const LONGEST_WAIT_MS = 20_000

/** A client of `@godwit/mqtt-client`: the real one, with the clock, the network and the store of the simulation. */
export class LibraryClient {
  readonly plan: ClientPlan
  readonly #world: World
  readonly #dial: Dial
  readonly #random: Random
  readonly #rare: RarePaths | undefined
  readonly #store
  readonly #filters = new Map<string, 0 | 1 | 2>()
  #client: Client | undefined
  #process = new ClientProcess()
  #link: Link | undefined
  #unsettled = 0
  left = false

  constructor(world: World, plan: ClientPlan, dial: Dial, random: Random, rare?: RarePaths) {
    this.#rare = rare
    this.#store = slowSessionStore(world, random.fork('store'), rare?.clientStoreMs ?? 0)
    this.#world = world
    this.plan = plan
    this.#dial = dial
    this.#random = random
  }

  get link(): Link | undefined {
    return this.#link
  }

  get idle(): boolean {
    return this.left || (this.#client?.state === 'online' && this.#unsettled === 0)
  }

  connect(): void {
    this.#start()
  }

  do(operation: Operation): void {
    const client = this.#client
    if (this.left || client === undefined) return
    this.#world.promises = true
    switch (operation.type) {
      case 'publish':
        return this.#publish(client, operation)
      case 'subscribe':
        return this.#subscribe(client, operation.topicFilter, operation.qos)
      case 'unsubscribe':
        this.#filters.delete(operation.topicFilter)
        return void client.unsubscribe(operation.topicFilter).catch(() => {})
      case 'ping':
        return void client.ping().catch(() => {})
      case 'restart-client':
        return this.#restart()
      default:
        return undefined
    }
  }

  leave(): void {
    if (this.left) return
    this.left = true
    this.#world.promises = true
    const client = this.#client!
    const closed = (): void =>
      this.#note({ type: 'library-closed', timers: this.#liveTimers(), unsettled: this.#unsettled })
    client.close({ drain: 1_000, sessionExpiryIntervalSeconds: 0 }).then(
      () => queueMicrotask(closed),
      (error: unknown) => this.#note({ type: 'library-threw', text: textOf(error) }),
    )
  }

  noteStats(): void {
    if (this.#client === undefined) return
    const { queuedMessages, unacknowledgedMessages } = this.#client.stats
    this.#note({ type: 'library-stats', queuedMessages, unacknowledgedMessages, unsettled: this.#unsettled })
  }

  #publish(client: Client, operation: Extract<Operation, { type: 'publish' }>): void {
    const { message, topicName, qos, retain, empty, fillerBytes, messageExpiryIntervalSeconds } = operation
    this.#note({ type: 'library-publish', message, qos })
    const process = this.#process
    this.#unsettled++
    const settled = (error: string | undefined): void => {
      if (process.ended) return
      this.#unsettled--
      this.#note({ type: 'library-settled', message, error })
    }
    client
      .publish(topicName, empty ? new Uint8Array(0) : payloadOf(message, fillerBytes), {
        qos,
        retain: retain || empty,
        ...(messageExpiryIntervalSeconds !== undefined && { messageExpiryIntervalSeconds }),
      })
      .then(
        () => settled(undefined),
        (error: { readonly code?: string }) => settled(error.code ?? textOf(error)),
      )
  }

  #subscribe(client: Client, topicFilter: string, qos: 0 | 1 | 2): void {
    this.#filters.set(topicFilter, qos)
    const process = this.#process
    client
      .subscribe(topicFilter, (message: Message) => this.#handOver(process, message), { qos })
      .catch((error: { readonly code?: string }) => {
        this.#filters.delete(topicFilter)
        if (error.code === undefined) this.#note({ type: 'library-threw', text: textOf(error) })
      })
  }

  #handOver(process: ClientProcess, { payload }: { readonly payload: Uint8Array }): void {
    if (process.ended) return
    const connection = this.#link?.id ?? 0
    this.#world.record({
      type: 'handed-over',
      connection,
      client: this.plan.name,
      message: messageOf(payload),
      at: this.#world.now,
    })
  }

  /** The process ends where it stands, and another begins on what its store has. */
  #restart(): void {
    this.#process.end()
    this.#process = new ClientProcess()
    this.#link?.vanish()
    this.#unsettled = 0
    this.#note({ type: 'library-restarted' })
    this.#start()
    for (const [topicFilter, qos] of this.#filters) this.#subscribe(this.#client!, topicFilter, qos)
  }

  #start(): void {
    const { plan } = this
    const world = this.#world
    const process = this.#process
    const note = (event: Seen): void => (process.ended ? undefined : this.#note(event))
    world.promises = true
    const client = createClient('mqtts://broker.test', {
      clientId: plan.name,
      version: plan.version,
      username: plan.principal,
      password: SECRET,
      keepAliveSeconds: plan.keepAliveSeconds,
      sessionExpiryIntervalSeconds: plan.sessionExpiryIntervalSeconds,
      cleanStart: plan.sessionExpiryIntervalSeconds === 0,
      receiveMaximum: plan.receiveMaximum,
      ...(plan.sessionExpiryIntervalSeconds > 0 && { store: journal(this.#store) }),
      outbox: { maximumMessages: OUTBOX_MESSAGES },
      reconnect: { initial: true, maximumMs: LONGEST_WAIT_MS },
      transport: async (url, options) => this.#open(process, url, options.tls?.rejectUnauthorized !== false),
      runtime: this.#runtime(process),
    })
    this.#client = client
    client.on('online', ({ resumed }) => note({ type: 'library-online', resumed }))
    client.on('retry', ({ delayMs, attempt, error }) =>
      note({ type: 'library-retry', delayMs, attempt, code: error.code }),
    )
    client.on('offline', (error) => note({ type: 'library-offline', code: error.code, text: error.message }))
    client.on('error', (error) => note({ type: 'library-error', code: error.code, text: error.message }))
    client.on('message', (message) => this.#handOver(process, message))
    client.connect().catch((error: { readonly code?: string }) => {
      if (error.code === undefined) this.#note({ type: 'library-threw', text: textOf(error) })
    })
  }

  #open(process: ClientProcess, url: string, verifies: boolean): ByteStream {
    if (process.ended) throw new TransportError('ABORTED', 'tcp', 'the process has ended')
    this.#note({ type: 'library-dial', url, verifies })
    const stream = new ClientStream(this.#world, process, this.#random.fork('socket'), this.#rare?.fullSocketMs ?? 0)
    const link = this.#dial(this.plan, stream)
    if (link === undefined) throw new TransportError('CONNECTION_REFUSED', 'tcp', 'nobody listens')
    stream.link = link
    this.#link = link
    return stream
  }

  #runtime(process: ClientProcess) {
    const world = this.#world
    const { timers } = process
    return {
      now: () => world.now + 1_000,
      wallNow: () => world.wallMs + world.now,
      random: () => this.#random.fraction(),
      randomId: () => `id${this.#random.word()}`,
      setTimer: (callback: () => void, delayMs: number): unknown => {
        if (process.ended) return undefined
        const scheduled = world.schedule.after(delayMs, () => {
          timers.delete(scheduled)
          world.promises = true
          callback()
        })
        timers.add(scheduled)
        return scheduled
      },
      clearTimer: (timer: unknown): void => {
        const scheduled = timer as Scheduled | undefined
        if (scheduled === undefined) return
        scheduled.cancelled = true
        timers.delete(scheduled)
      },
    }
  }

  #liveTimers(): number {
    return this.#process.timers.size
  }

  #note(event: Seen): void {
    this.#world.record({ ...event, client: this.plan.name, at: this.#world.now })
  }
}

/** A rejection may be anything. */
const textOf = (error: unknown): string => (error instanceof Error ? `${error.name}: ${error.message}` : typeof error)
