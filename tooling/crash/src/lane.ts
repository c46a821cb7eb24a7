import { join } from 'node:path'
import { freePort } from '@godwit/vitest-preset/loopback'
import { type BrokerName, BrokerProcess, type KillPoint } from './broker-process.ts'
import {
  checkRetained,
  checkShared,
  checkStream,
  checkUnreliable,
  checkWill,
  type Sent,
  type WillDuty,
} from './checks.ts'
import { CrashClient } from './crash-client.ts'
import { Findings } from './findings.ts'
import { Publisher } from './publisher.ts'
import type { Random } from '@godwit/vitest-preset/random'
import { Subscriber } from './subscriber.ts'

export interface LaneOptions {
  readonly broker: BrokerName
  readonly directory: string
  readonly random: Random
  /** How long nothing may happen before what is still missing counts as lost, in milliseconds. */
  readonly patienceMs: number
  /** How the broker is ended. SIGTERM shows what the checks say where nothing is lost. Default SIGKILL. */
  readonly signal?: 'SIGKILL' | 'SIGTERM'
}

interface WillClient {
  readonly client: CrashClient
  readonly topicName: string
  readonly payload: string
  readonly qos: 1 | 2
  duty: WillDuty
}

/** Whether a Subscription is there, as far as anybody was told. `undefined`: nobody was. */
interface Toggle {
  readonly topicFilter: string
  subscribed: boolean | undefined
}

/**
 * One broker on one directory, crashed again and again. All Clients live through the crashes; only the broker dies. A cycle is
 * traffic, a kill, sometimes another kill while everybody comes back, and then a look at everything that was promised.
 */
export class Lane {
  readonly findings = new Findings()
  readonly #options: LaneOptions
  readonly #publishers: readonly Publisher[]
  /** Always there; the second speaks 3.1.1, the third is away while messages are sent. */
  readonly #subscribers: readonly Subscriber[]
  readonly #guest: Subscriber
  /** Members of one Shared Subscription: each message goes to one of them. */
  readonly #crew: readonly Subscriber[]
  readonly #toggles: readonly Toggle[] = ['x', 'y', 'z'].map((name) => ({
    topicFilter: `toggle/${name}`,
    subscribed: false,
  }))
  #wills: WillClient[] = []
  #broker: BrokerProcess | undefined
  #port = 0
  #cycle = 0

  constructor(options: LaneOptions) {
    this.#options = options
    // Aedes speaks no MQTT 5.0.
    const newest = options.broker === 'aedes' ? 4 : 5
    this.#publishers = [new Publisher('one', newest), new Publisher('two', 4)]
    this.#subscribers = [
      new Subscriber('watcher', { version: newest, durable: true, qos: 2 }),
      new Subscriber('old-watcher', { version: 4, durable: true, qos: 1 }),
      new Subscriber('sleeper', { version: newest, durable: true, qos: 2 }),
    ]
    // Aedes has no Shared Subscriptions.
    const members = options.broker === 'aedes' ? [] : (['crew-one', 'crew-two'] as const)
    this.#crew = members.map((name) => new Subscriber(name, { version: 5, durable: true, qos: 2 }))
    this.#guest = new Subscriber('guest', { version: newest, durable: false, qos: 2 })
  }

  /** Runs so many cycles. */
  async run(cycles: number): Promise<Findings> {
    this.#port = await freePort()
    try {
      for (let count = 0; count < cycles; count++) await this.#runCycle()
    } finally {
      await this.#broker?.kill(this.#options.signal)
    }
    for (const { acknowledged } of this.#publishers) this.findings.acknowledged += acknowledged
    return this.findings
  }

  async #runCycle(): Promise<void> {
    const { random } = this.#options
    this.#cycle++
    const kill = this.#killPoint()
    await this.#start(kill)
    await this.#reconnect()
    await this.#traffic(kill)
    await this.#afterKill()
    if (random.percent(30)) {
      await this.#start('any moment')
      const back = this.#reconnect()
      await pause(random.whole(0, 60))
      await this.#broker?.kill(this.#options.signal)
      await back
      await this.#afterKill()
    }
    await this.#start('any moment')
    await this.#checkRetained(false)
    await this.#reconnect()
    await this.#checkAll()
    await this.#broker?.kill(this.#options.signal)
    await this.#afterKill()
    this.findings.cycles++
  }

  #killPoint(): KillPoint {
    const { random, broker } = this.#options
    if (broker !== 'godwit' || random.percent(40)) return 'any moment'
    return `${random.one(['before', 'after'] as const)}:${random.whole(1, 40)}`
  }

  async #start(kill: KillPoint): Promise<void> {
    const { broker, directory } = this.#options
    this.#broker = await BrokerProcess.start(broker, join(directory, 'data'), this.#port, kill)
    this.findings.kills++
  }

  /** Everybody but the sleeper and the guest comes back; whose Session is gone, although it had been promised, says so. */
  async #reconnect(): Promise<void> {
    for (const subscriber of this.#subscribers.slice(0, 2)) await this.#reconnectSubscriber(subscriber)
    for (const [place, member] of this.#crew.entries()) {
      // The second is away at times; what it has been given waits for it.
      if (place === 0 || member.client.hadSession === false || this.#options.random.percent(60))
        await this.#reconnectMember(member)
    }
    for (const { client } of this.#publishers) await this.#connect(client)
  }

  async #reconnectSubscriber(subscriber: Subscriber): Promise<void> {
    const sessionPresent = await this.#connect(subscriber.client)
    if (sessionPresent !== false) return
    await subscriber.client.subscribe('count/#', subscriber.qos)
    await subscriber.client.subscribe('will/#', subscriber.qos)
    if (subscriber === this.#subscribers[0]) for (const toggle of this.#toggles) toggle.subscribed = false
  }

  async #reconnectMember(member: Subscriber): Promise<void> {
    if ((await this.#connect(member.client)) === false) await member.client.subscribe('$share/crew/count/#', member.qos)
  }

  async #connect(client: CrashClient): Promise<boolean | undefined> {
    if (client.connected) return undefined
    const { hadSession } = client
    const answer = await client.connect(this.#port)
    if (answer === undefined) return undefined
    if (hadSession && !answer.sessionPresent) {
      this.findings.add('session lost', `the Session of ${client.clientId} was gone after a restart`)
    }
    return answer.sessionPresent
  }

  /** Messages, retained messages, Subscriptions and Wills until the broker dies. */
  async #traffic(kill: KillPoint): Promise<void> {
    const { random } = this.#options
    const broker = this.#broker!
    // Once, at the very beginning: it needs Subscriptions to be away with.
    const [, , sleeper] = this.#subscribers
    if (this.#cycle === 1) {
      await this.#reconnectSubscriber(sleeper!)
      await sleeper!.client.disconnect()
    }
    this.#guest.forget()
    if ((await this.#guest.client.connect(this.#port)) !== undefined) await this.#guest.client.subscribe('count/#', 2)
    if (kill !== 'any moment') await broker.arm()
    let dead = false
    const gone = broker.gone().then(() => (dead = true))
    const others = Promise.all([this.#toggleSubscriptions(), this.#willClients()])
    const until = performance.now() + random.whole(10, 200)
    let steps = 0
    while (!dead && steps < MOST_STEPS && (performance.now() < until || kill !== 'any moment')) {
      for (const publisher of this.#publishers) {
        for (let count = random.whole(0, 8); count > 0 && publisher.client.unacknowledged < WINDOW; count--) {
          publisher.step(random)
          steps++
        }
      }
      await pause(random.percent(20) ? 1 : 0)
      if (performance.now() > until + MOST_MS) break
    }
    if (!dead) await broker.kill(this.#options.signal)
    await gone
    await others
  }

  /** Subscribes and unsubscribes; the answer counts, and without one both are right. */
  async #toggleSubscriptions(): Promise<void> {
    const { random } = this.#options
    const { client } = this.#subscribers[0]!
    for (let count = random.whole(0, 3); count > 0 && client.connected; count--) {
      const toggle = random.one(this.#toggles)
      const wanted = random.percent(60)
      toggle.subscribed = undefined
      const { topicFilter } = toggle
      const answer = wanted ? await client.subscribe(topicFilter, 1) : await client.unsubscribe(topicFilter)
      if (answer !== undefined) toggle.subscribed = wanted && answer
    }
  }

  /** Clients with a Will: one leaves in order, one without a word, one is there when the broker dies. */
  async #willClients(): Promise<void> {
    const { random } = this.#options
    for (const ending of ['disconnect', 'drop', 'stay'] as const) {
      if (!random.percent(60)) continue
      const topicName = `will/${this.#cycle}/${ending}`
      const payload = `${this.#cycle}`
      const durable = random.percent(80)
      const version = this.#options.broker === 'aedes' ? 4 : random.one([4, 5] as const)
      // One that waits is still to come when the broker is there again.
      const delaySeconds = version === 5 && random.percent(40) ? 1 : undefined
      const qos = random.one([1, 2] as const)
      const will = { topicName, payload, qos, ...(delaySeconds !== undefined && { delaySeconds }) }
      const client = new CrashClient({ clientId: `will-${this.#cycle}-${ending}`, version, durable, will })
      const owner: WillClient = { client, topicName, payload, qos: will.qos, duty: 'possible' }
      this.#wills.push(owner)
      if ((await client.connect(this.#port)) === undefined) continue
      // With a Session that ends with its connection the crash may end the Will, too.
      owner.duty = durable ? 'due' : 'possible'
      if (ending === 'disconnect') {
        owner.duty = 'possible'
        await client.disconnect()
        // Nobody is told that a DISCONNECT was kept; but what was committed before an answer to somebody else was.
        if ((await this.#subscribers[0]!.client.subscribe('will/#', 2)) === true) owner.duty = 'cancelled'
      } else if (ending === 'drop') await client.drop()
    }
  }

  async #afterKill(): Promise<void> {
    const everybody = [...this.#publishers, ...this.#subscribers, ...this.#crew, this.#guest, ...this.#wills]
    await Promise.all(everybody.map(({ client }) => client.closed()))
    for (const [topicName, numbers] of this.#guest.numbers) {
      checkUnreliable(this.findings, 'the guest', topicName, numbers)
    }
    this.#guest.forget()
  }

  /** What a new Subscription is sent. */
  async #checkRetained(final: boolean): Promise<void> {
    const reader = new Subscriber('reader', { version: 4, durable: false, qos: 1 })
    if ((await reader.client.connect(this.#port)) === undefined) return
    for (const topicFilter of ['keep/#', 'end']) await reader.client.subscribe(topicFilter, 1)
    // Behind what the Subscription brings.
    reader.client.publish('end', '', 1, false, () => {})
    await this.#until(() => reader.others.some(({ topicName }) => topicName === 'end'), reader)
    for (const publisher of this.#publishers) {
      for (const [topicName, steps] of publisher.retained) {
        const found = reader.others.find((each) => each.topicName === topicName)?.payload
        checkRetained(this.findings, topicName, steps, found)
        if (final) steps.splice(0, steps.length - 1)
      }
    }
    await reader.client.disconnect()
  }

  /** Everybody is back and everything has been acknowledged: now everything must be there. */
  async #checkAll(): Promise<void> {
    const [watcher, , sleeper] = this.#subscribers
    await this.#reconnectSubscriber(sleeper!)
    for (const member of this.#crew) await this.#reconnectMember(member)
    await this.#until(() => this.#publishers.every(({ client }) => client.unacknowledged === 0))
    // The last of each stream: whoever has it has all that it will get.
    for (const publisher of this.#publishers) for (const stream of publisher.streams) publisher.count(stream, 0)
    for (const { topicFilter } of this.#toggles) {
      this.#publishers[0]!.client.publish(topicFilter, `${this.#cycle}`, 1, false, () => {})
    }
    const due = this.#wills.filter(({ duty }) => duty === 'due')
    await this.#until(() => this.#complete(due))
    if (this.#publishers.some(({ client }) => client.unacknowledged > 0)) {
      this.findings.add('protocol', 'the broker did not acknowledge everything after its restart')
    }
    this.#checkStreams()
    for (const { topicFilter, subscribed } of this.#toggles) {
      const served = watcher!.times(topicFilter, `${this.#cycle}`) > 0
      if (subscribed === undefined || subscribed === served) continue
      const said = subscribed ? 'SUBACK' : 'UNSUBACK'
      this.findings.add('subscription wrong', `${topicFilter} was ${served ? '' : 'not '}served after its ${said}`)
    }
    for (const { client, topicName, payload, qos, duty } of this.#wills) {
      checkWill(this.findings, client.clientId, qos, duty, watcher!.times(topicName, payload))
    }
    this.#wills = []
    await this.#checkRetained(true)
    for (const subscriber of [...this.#subscribers, ...this.#crew]) subscriber.forget()
    await sleeper!.client.disconnect()
  }

  #checkStreams(): void {
    for (const stream of this.#publishers.flatMap(({ streams }) => streams)) {
      for (const subscriber of this.#subscribers) {
        const received = subscriber.of(stream.topicName)
        if (stream.qos === 0) continue
        const qos = stream.qos === 2 && subscriber.qos === 2 ? 2 : 1
        checkStream(this.findings, subscriber.name, stream, qos, received)
      }
      if (this.#crew.length > 0 && stream.qos > 0) {
        checkShared(
          this.findings,
          'the crew',
          stream,
          this.#crew.flatMap((member) => member.of(stream.topicName)),
        )
      }
      stream.judged = stream.sent
      stream.acknowledged.clear()
    }
  }

  #complete(due: readonly WillClient[]): boolean {
    if (this.#publishers.some(({ client }) => client.unacknowledged > 0)) return false
    const streams = this.#publishers.flatMap((publisher) => publisher.streams).filter(({ qos }) => qos > 0)
    const [watcher] = this.#subscribers
    return (
      this.#subscribers.every((each) => streams.every(({ topicName, sent }) => each.of(topicName).includes(sent))) &&
      due.every(({ topicName, payload }) => watcher!.times(topicName, payload) > 0) &&
      (this.#crew.length === 0 || streams.every((stream) => this.#crewHas(stream)))
    )
  }

  /** Which member has the last of a stream says nothing of what the other waits for: all of it is looked for. */
  #crewHas({ topicName, acknowledged, judged }: Sent): boolean {
    const received = new Set(this.#crew.flatMap((member) => member.of(topicName)))
    return [...acknowledged].every((number) => number <= judged || received.has(number))
  }

  /** Resolves when it is so, or nothing has come to anybody for as long as patience lasts. */
  async #until(so: () => boolean, reader?: Subscriber): Promise<void> {
    let last = performance.now()
    const everybody = reader === undefined ? [...this.#subscribers, ...this.#crew] : [reader]
    for (const subscriber of everybody) subscriber.onProgress = () => (last = performance.now())
    while (!so() && performance.now() - last < this.#options.patienceMs) await pause(1)
  }
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => (milliseconds === 0 ? setImmediate(resolve) : setTimeout(resolve, milliseconds)))

/** Messages that a publisher has under way. */
const WINDOW = 20
/** The queue of a Session that is away holds 1,000 messages by default. */
const MOST_STEPS = 500
/** How long a broker may take to write the batch at which it is to die. */
const MOST_MS = 300
