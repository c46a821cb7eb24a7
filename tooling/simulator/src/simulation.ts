import type { BrokerOptions } from '@godwit/mqtt-broker'
import { AUDIT, AUDITOR } from './clients/auditor.ts'
import { HostileClient } from './clients/hostile-client.ts'
import { SERVER_ATTACKS } from './clients/hostile-server.ts'
import { LibraryClient } from './clients/library-client.ts'
import { type Dial, RawClient } from './clients/raw-client.ts'
import type { CountersSeen, HistoryEvent, Policy } from './history.ts'
import type { ClientPlan, Fault, Plan } from './plan.ts'
import { denies } from './rights.ts'
import { isCompared, withoutHostile } from './without-hostile.ts'
import { BrokerProcess } from './world/broker-process.ts'
import { Disk } from './world/disk.ts'
import { Link } from './world/link.ts'
import { World } from './world/world.ts'

/** What came of a plan. */
export interface Outcome {
  readonly plan: Plan
  readonly history: readonly HistoryEvent[]
  /** The same for every run of the same plan. */
  readonly traceHash: string
  readonly simulatedMs: number
  /** Records that were left in the store at the end, by the first byte of their keys. */
  readonly recordsLeft: ReadonlyMap<number, number>
  /** What came of the same plan without its hostile client: I23 compares them. */
  readonly without?: Outcome
}

type SimulatedClient = RawClient | HostileClient | LibraryClient

/** I31: after the last fault everything is done within so much time. */
export const QUIET_MS = 60_000
const AUDIT_MS = 5_000
const LEAVE_MS = 30_000
const COUNT_EVERY_MS = 500
const ROOM_FOR_ALL = 1_000_000

/** Lets everything in a plan happen: the real broker, clients, network, disk and clock, in one thread and without waiting. */
export const simulate = async (plan: Plan): Promise<Outcome> => {
  const outcome = await new Simulation(plan).run()
  return isCompared(plan) ? { ...outcome, without: await new Simulation(withoutHostile(plan)).run() } : outcome
}

class Simulation {
  readonly #plan: Plan
  readonly #world: World
  readonly #disk: Disk | undefined
  readonly #clients = new Map<string, SimulatedClient>()
  #process: BrokerProcess | undefined
  #lives = 0
  #starting = false
  #policy: Policy = { deniedReads: [], deniedWrites: [] }

  constructor(plan: Plan) {
    this.#plan = plan
    this.#world = new World(plan.seed)
    this.#disk = plan.durable ? new Disk() : undefined
  }

  async run(): Promise<Outcome> {
    const { plan } = this
    const world = this.#world
    this.#start()
    for (const client of plan.clients) this.#add(client)
    for (const operation of plan.operations) {
      world.schedule.after(operation.at, () => {
        const client = this.#clients.get(operation.client)
        client?.do(operation)
        if (client instanceof LibraryClient) client.noteStats()
      })
    }
    for (const fault of plan.faults) world.schedule.after(fault.at, () => this.#apply(fault))
    this.#count()
    await world.run(plan.durationMs)
    this.#heal()
    await this.#quieten()
    await this.#audit()
    await this.#leave()
    return {
      plan,
      history: world.history,
      traceHash: world.hash.value,
      simulatedMs: world.now,
      recordsLeft: this.#process?.store?.counts() ?? new Map(),
    }
  }

  private get plan(): Plan {
    return this.#plan
  }

  // ---- the broker

  #start(): void {
    this.#starting = false
    const world = this.#world
    this.#process = new BrokerProcess(
      world,
      ++this.#lives,
      this.#disk,
      (process) => this.#options(process),
      this.plan.rarePaths,
    )
  }

  #startLater(milliseconds: number): void {
    if (this.#starting) return
    this.#starting = true
    this.#world.schedule.after(milliseconds, () => this.#start())
  }

  #options(process: BrokerProcess): BrokerOptions {
    const { limits, settings, authenticationMs } = this.plan
    const grant = (principal: string) => ({
      principal,
      canPublish: (topicName: string) => !denies(this.#policy.deniedWrites, principal, topicName),
      canReceive: (topicName: string) => !denies(this.#policy.deniedReads, principal, topicName),
    })
    return {
      // A plan that does not say how much may wait means all of it: no message is to be missed because a default was met.
      limits: { maximumQueuedMessages: ROOM_FOR_ALL, ...limits },
      settings,
      authenticate: ({ username = '' }) =>
        authenticationMs === 0
          ? grant(username)
          : new Promise((resolve) =>
              process.schedule(authenticationMs, () => {
                this.#world.promises = true
                resolve(grant(username))
              }),
            ),
    }
  }

  // ---- the clients

  #add(plan: ClientPlan, who = plan.name): SimulatedClient {
    const world = this.#world
    const random = world.random.fork(`client ${who}`)
    let links = 0
    const dial: Dial = (_, handler) => {
      const process = this.#process
      if (process === undefined || process.ended || process.closing || process.refused !== undefined) return undefined
      const linkRandom = world.random.fork(`link ${who} ${links++}`)
      return new Link(world, process, plan.name, plan.conditions, linkRandom, handler)
    }
    const client =
      plan.kind === 'raw'
        ? new RawClient(world, plan, dial, random)
        : plan.kind === 'library'
          ? new LibraryClient(world, plan, dial, random, this.plan.rarePaths)
          : new HostileClient(plan, dial, random)
    this.#clients.set(who, client)
    if (who !== plan.name) return client
    if (!(client instanceof HostileClient)) {
      world.schedule.after(50 * random.fraction(), () => client.connect())
    }
    return client
  }

  // ---- what goes wrong

  #apply(fault: Fault): void {
    const world = this.#world
    const process = this.#process!
    const disk = this.#disk
    const link = 'client' in fault ? this.#clients.get(fault.client)?.link : undefined
    switch (fault.type) {
      case 'cut':
        return link?.cut(fault.afterBytes)
      case 'vanish':
        // Nobody but its Keep Alive or its successor finds one that vanished: a hostile client has neither.
        return this.#clients.get(fault.client) instanceof HostileClient ? undefined : link?.vanish()
      case 'hostile-server': {
        const { kind, version } = this.#clients.get(fault.client)?.plan ?? {}
        return kind === 'library' ? link?.inject(fault.kind, SERVER_ATTACKS[fault.kind]!.bytes(version!)) : undefined
      }
      case 'slow-reader':
        return link?.stopReading(fault.forMs)
      case 'crash':
        if (process.ended) return
        process.crash(fault.how)
        this.#jump(fault.wallJumpMs)
        return this.#startLater(fault.downMs)
      case 'restart':
        return this.#restart(process, fault.downMs)
      case 'sync-failure':
        if (disk === undefined || process.ended) return
        disk.syncFails = true
        world.schedule.after(fault.downMs, () => this.#replaceProcess())
        return
      case 'disk-full':
        if (disk === undefined) return
        disk.full = fault.hard ? 'hard' : 'soft'
        world.record({ type: 'disk-full', at: world.now })
        world.schedule.after(fault.forMs, () => this.#freeDisk())
        return
      case 'slow-disk':
        if (disk === undefined) return
        disk.latencyMs = fault.latencyMs
        world.schedule.after(fault.forMs, () => {
          disk.latencyMs = 2
        })
        return
      case 'bit-flip':
        return this.#flip(process, fault.place, fault.downMs)
      case 'wall-jump':
        return this.#jump(fault.byMs)
      case 'late-timers':
        process.timersLateMs = fault.lateMs
        world.schedule.after(fault.forMs, () => {
          process.timersLateMs = 0
        })
        return
      case 'pause':
        return process.pause(fault.forMs)
      case 'policy':
        return this.#change({ deniedReads: fault.deniedReads, deniedWrites: fault.deniedWrites })
    }
  }

  #jump(byMs: number): void {
    if (byMs === 0) return
    this.#world.wallMs += byMs
    this.#world.record({ type: 'wall-jump', byMs, at: this.#world.now })
  }

  #change(policy: Policy): void {
    this.#policy = policy
    this.#world.record({ type: 'policy', policy, at: this.#world.now })
    const process = this.#process!
    if (!process.ended && process.refused === undefined) process.broker?.recheckRights()
  }

  #restart(process: BrokerProcess, downMs: number): void {
    if (process.ended || process.closing || process.refused !== undefined || process.broker === undefined) return
    this.#world.promises = true
    const ended = (): void => {
      if (process.ended) return
      process.hasClosed()
      this.#startLater(downMs)
    }
    process.closing = true
    process.broker.close().then(ended, ended)
  }

  /** The operator sees that the store has failed, and starts the broker anew. */
  #replaceProcess(): void {
    const disk = this.#disk!
    disk.syncFails = false
    const process = this.#process!
    if (process.ended) return
    process.crash('power-lost')
    this.#startLater(10)
  }

  #freeDisk(): void {
    const disk = this.#disk
    if (disk === undefined || disk.full === 'no') return
    disk.full = 'no'
    this.#world.record({ type: 'disk-free', at: this.#world.now })
  }

  /** While the broker is down a bit of its log turns around; it must not start on that. Later a backup is put back. */
  #flip(process: BrokerProcess, place: number, downMs: number): void {
    const disk = this.#disk
    const world = this.#world
    if (disk === undefined || process.ended || this.#starting || disk.contents.length < 2_000) return
    const bit = place % (disk.contents.length * 4)
    // What was written last may as well have been torn: nobody can tell.
    if (bit >> 3 >= disk.lastWriteAt) return
    process.crash('killed')
    disk.flip(bit)
    world.record({ type: 'disk-damaged', at: world.now })
    this.#start()
    this.#starting = true
    world.schedule.after(downMs, () => {
      disk.flip(bit)
      world.record({ type: 'disk-repaired', at: world.now })
      if (!this.#process!.ended) this.#process!.crash('killed')
      this.#start()
    })
  }

  // ---- the end

  #heal(): void {
    const world = this.#world
    world.healed = true
    this.#freeDisk()
    if (this.#disk !== undefined) {
      this.#disk.latencyMs = 2
      if (this.#disk.syncFails) this.#replaceProcess()
    }
    this.#process!.hurry()
    this.#change({ deniedReads: [], deniedWrites: [] })
    world.record({ type: 'healed', at: world.now })
  }

  /** I31: everybody is back and everything is done, or time is over. */
  async #quieten(): Promise<void> {
    const world = this.#world
    const end = world.now + QUIET_MS
    do await world.run(world.now + 1_000)
    while (world.now < end && !this.#idle())
    // What was sent last may still have to be acknowledged.
    await world.run(world.now + 3_000)
  }

  #idle(): boolean {
    const queued = this.#process!.ended ? 0 : (this.#process!.broker?.counters.queuedMessages ?? 0)
    return this.#waiting().length === 0 && queued === 0
  }

  /** Who is not connected, or not done. */
  #waiting(): string[] {
    return [...this.#clients.values()]
      .filter((client) => !(client instanceof HostileClient || client.idle))
      .map(({ plan }) => plan.name)
  }

  /** Somebody with all rights looks at what is retained. */
  async #audit(): Promise<void> {
    const world = this.#world
    const auditor = this.#add(AUDITOR)
    await world.run(world.now + 1_000)
    for (const operation of AUDIT) auditor.do(operation)
    await world.run(world.now + AUDIT_MS)
  }

  async #leave(): Promise<void> {
    const world = this.#world
    world.record({ type: 'leaving', waiting: this.#waiting(), at: world.now })
    for (const client of this.#clients.values()) client.leave()
    await world.run(world.now + LEAVE_MS / 2)
    // A 3.1.1 client of the library cannot say that its Session is to end: somebody else does for it.
    for (const plan of this.plan.clients) {
      if (plan.kind === 'library') this.#add({ ...plan, kind: 'raw' }, `${plan.name} again`).leave()
    }
    await world.run(world.now + LEAVE_MS / 2)
    this.#noteCounters()
    world.record({ type: 'over', at: world.now })
  }

  #count(): void {
    this.#noteCounters()
    this.#world.schedule.after(COUNT_EVERY_MS, () => this.#count())
  }

  #noteCounters(): void {
    const { broker, ended, refused } = this.#process!
    if (broker === undefined || ended || refused !== undefined) return
    this.#world.record({
      type: 'counters',
      counters: countersSeen(broker.counters),
      health: broker.health().writable,
      at: this.#world.now,
    })
  }
}

/** As they are now: a broker goes on counting in the same object. */
const countersSeen = (counters: CountersSeen): CountersSeen => ({
  connections: counters.connections,
  sessions: counters.sessions,
  subscriptions: counters.subscriptions,
  queuedMessages: counters.queuedMessages,
  queuedBytes: counters.queuedBytes,
  retainedMessages: counters.retainedMessages,
  retainedBytes: counters.retainedBytes,
  unauthenticatedConnections: counters.unauthenticatedConnections,
  unauthenticatedBytes: counters.unauthenticatedBytes,
})
