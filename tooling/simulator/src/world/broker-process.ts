import type { Broker, BrokerOptions } from '@godwit/mqtt-broker'
import { createBrokerIn, type Runtime } from '@godwit/mqtt-broker/testing'
import type { Ending } from '../history.ts'
import type { RarePaths } from '../plan.ts'
import type { Disk } from './disk.ts'
import type { Link } from './link.ts'
import { DiskError, LogStore } from './log-store.ts'
import type { Random } from './random.ts'
import type { Scheduled } from './schedule.ts'
import type { World } from './world.ts'

/** Turns of the loop follow each other this fast, as long as nobody says otherwise. */
const TURN_MS = 0.05

interface Timer {
  scheduled: Scheduled
  fired: boolean
}

/** One life of a broker, from its start to its end: the real one, with the clock, the loop and the disk of the world. */
export class BrokerProcess {
  readonly life: number
  readonly links = new Set<Link>()
  /** Why it could not start. */
  refused: string | undefined
  ended = false
  /** It has been told to end: nobody listens any more. */
  closing = false
  /** Timers fire so much later than they should. */
  timersLateMs = 0
  store: LogStore | undefined
  broker: Broker | undefined
  readonly #world: World
  readonly #disk: Disk | undefined
  readonly #random: Random
  readonly #turnMs: number
  readonly #startedAt: number
  #pausedUntil = 0
  #late: { readonly timer: Timer; readonly dueAt: number; readonly run: () => void }[] = []

  /** `disk` undefined: Sessions and messages live in memory. */
  constructor(
    world: World,
    life: number,
    disk: Disk | undefined,
    options: (process: BrokerProcess) => BrokerOptions,
    rare?: RarePaths,
  ) {
    this.life = life
    this.#world = world
    this.#disk = disk
    this.#random = world.random.fork(`life ${life}`)
    this.#turnMs = rare?.turnMs ?? TURN_MS
    this.#startedAt = world.now
    try {
      if (disk !== undefined) this.store = new LogStore(world, disk, this, rare)
    } catch (error) {
      if (!(error instanceof DiskError)) throw error
      this.#refuse(error.code, error.message)
      return
    }
    world.record({ type: 'started', life, at: world.now })
    world.promises = true
    const store = this.store === undefined ? {} : { store: this.store }
    this.broker = createBrokerIn(this.#runtime(), { ...options(this), ...store })
    this.broker.ready.catch((error: Error & { readonly code?: string }) =>
      this.#refuse(error.code ?? error.name, error.message),
    )
  }

  /** Milliseconds of its monotonic clock. */
  get now(): number {
    return this.#world.now - this.#startedAt
  }

  get paused(): boolean {
    return this.#pausedUntil > this.#world.now
  }

  accept(link: Link): void {
    if (this.ended || this.closing || this.broker === undefined || this.refused !== undefined)
      return link.processEnded()
    this.broker.attach(link)
  }

  /** Something of this process is due: not while it stands still, and not after its end. */
  schedule(milliseconds: number, run: () => void): Scheduled {
    const scheduled = this.#world.schedule.after(milliseconds, () => {
      if (this.ended) return
      const stillMs = this.#pausedUntil - this.#world.now
      if (stillMs > 0) this.schedule(stillMs, () => (scheduled.cancelled ? undefined : run()))
      else run()
    })
    return scheduled
  }

  /** The process stands still: a collection, or a machine that has other things to do. */
  pause(milliseconds: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, this.#world.now + milliseconds)
    this.#world.record({ type: 'paused', untilMs: this.#pausedUntil, at: this.#world.now })
  }

  /** Timers are on time again, those that had been set meanwhile among them. */
  hurry(): void {
    this.timersLateMs = 0
    const late = this.#late
    this.#late = []
    for (const { timer, dueAt, run } of late) {
      if (timer.scheduled.cancelled || timer.fired) continue
      timer.scheduled.cancelled = true
      timer.scheduled = this.schedule(Math.max(0, dueAt - this.#world.now), run)
    }
  }

  /** It ends where it stands. */
  crash(how: Exclude<Ending, 'closed'>): void {
    this.#end(how)
    if (how === 'killed') this.#disk?.endProcess(this.#random)
    else this.#disk?.losePower(this.#random)
  }

  /** It is told to end, and has. */
  hasClosed(): void {
    this.#end('closed')
  }

  #end(how: Ending): void {
    if (this.ended) return
    this.ended = true
    this.#world.record({ type: 'ended', life: this.life, how, at: this.#world.now })
    for (const link of this.links) link.processEnded()
    this.links.clear()
  }

  #refuse(code: string, reason: string): void {
    this.refused = code
    this.#world.record({ type: 'start-refused', life: this.life, code, reason, at: this.#world.now })
    for (const link of this.links) link.processEnded()
  }

  #after(milliseconds: number, callback: () => void): () => void {
    const run = (): void => {
      timer.fired = true
      callback()
    }
    const timer: Timer = { scheduled: this.schedule(milliseconds + this.timersLateMs, run), fired: false }
    if (this.timersLateMs > 0) this.#late.push({ timer, dueAt: this.#world.now + milliseconds, run })
    return () => {
      timer.scheduled.cancelled = true
    }
  }

  #runtime(): Runtime {
    const world = this.#world
    const cancel = (scheduled: Scheduled) => () => {
      scheduled.cancelled = true
    }
    return {
      now: () => this.now,
      wallClock: () => world.wallMs + world.now,
      endOfTurn: (callback) => void this.schedule(this.#turnMs * this.#random.fraction(), callback),
      after: (milliseconds, callback) => this.#after(milliseconds + this.#random.fraction(), callback),
      every: (milliseconds, callback) => {
        let stop = (): void => {}
        const next = (): void => {
          const scheduled = this.schedule(milliseconds, () => {
            next()
            callback()
          })
          stop = cancel(scheduled)
        }
        next()
        return () => stop()
      },
      randomBytes: (count) => Uint8Array.from({ length: count }, () => this.#random.between(0, 255)),
      memoryFraction: () => 0.1,
      maximumConnections: () => 100_000,
    }
  }
}
