import type { Command, Measured } from '../brokers/broker-setup.ts'
import { type Contestant, cpuMsOf, NotApplicable, type RunningBroker } from '../brokers/running-broker.ts'
import type { Yardstick } from './yardstick.ts'
import { BadBytes, type Frame, readConnack, readReason, TYPES } from '../wire/frames.ts'
import { type ConnectFields, sessionExpiry, type Version } from '../wire/packets.ts'
import { describeFrame, type OpenOptions, Unmet, WireClient } from '../wire/wire-client.ts'

/** How a connection has to end: without a packet, or with one that says why. */
export type Ending =
  | 'closed'
  | { readonly disconnect: readonly number[] }
  | { readonly connack: readonly number[]; readonly orClosed?: boolean }

/** A number worth comparing, which decides nothing. */
export interface Measurement {
  readonly what: string
  readonly value: number
  readonly unit: string
}

export interface TrialOptions {
  readonly broker: RunningBroker
  readonly contestant: Pick<Contestant, 'versions' | 'ours'>
  readonly yardstick: Yardstick
  /** Of the names that it gives. */
  readonly prefix: string
  readonly restart: () => Promise<void>
  /** Numbers as large as the catalogue has them. */
  readonly full: boolean
}

/** Limits that only share out the time of the broker: nothing is dropped, refused or closed. How often they are met depends on chunks. */
const GOES_ON_IN_THE_NEXT_TURN = ['met deliveriesPerTurn', 'met readBytesPerTurn']

/** What one case does with one broker, and what it finds. */
export class Trial {
  readonly broker: RunningBroker
  /** What a process does that does nothing. */
  readonly yardstick: Yardstick
  /** Those that the broker speaks. */
  readonly versions: readonly Version[]
  readonly ours: boolean
  readonly failures: string[] = []
  /** What took too long, which another try may show to have been the machine. */
  readonly slow: string[] = []
  readonly notes: string[] = []
  readonly measurements: Measurement[] = []
  /** Every counter may rise as it likes. */
  countsAreFree = false
  /** By how much counters have to rise: `a|b` is the sum of two. */
  readonly expectedCounts = new Map<string, number>()
  /** Gauges that may be anything afterwards. */
  readonly freeGauges = new Set<string>()
  /** Counters that may rise as they like. */
  readonly freeCounts = new Set(GOES_ON_IN_THE_NEXT_TURN)
  checks = 0
  /** What the case says that the broker keeps. */
  keptBytes = 0
  /** Gauges that the case leaves higher. */
  readonly keptGauges = new Map<string, number>()
  /** Another process runs, so that what was measured before says nothing. */
  restarted = false
  /** The longest that others may have waited, and why it is not 50 ms. */
  patience: { readonly ms: number; readonly why: string } | undefined
  /** What ends Sessions has to log in with. */
  sessionLogin: Pick<ConnectFields, 'username' | 'password'> = {}
  readonly #clients = new Set<WireClient>()
  readonly #sessions = new Set<string>()
  readonly #prefix: string
  readonly #restart: () => Promise<void>
  readonly #full: boolean
  #names = 0

  constructor({ broker, contestant, yardstick, prefix, restart, full }: TrialOptions) {
    this.#full = full
    this.#restart = restart
    this.broker = broker
    this.yardstick = yardstick
    this.versions = contestant.versions
    this.ours = contestant.ours
    this.#prefix = prefix
  }

  /** One thing that has to hold. */
  check(holds: boolean, otherwise: string): void {
    this.checks++
    if (!holds) this.failures.push(otherwise)
  }

  /** One thing that has to be quick: tried again where it is not. */
  quick(holds: boolean, otherwise: string): void {
    this.checks++
    if (!holds) this.slow.push(otherwise)
  }

  equal(found: unknown, wanted: unknown, what: string): void {
    const [one, other] = [JSON.stringify(found), JSON.stringify(wanted)]
    this.check(one === other, `${what}: ${one} instead of ${other}`)
  }

  /** A part of a case: what it throws is a failure of that part alone. */
  async part(what: string, work: () => Promise<void>): Promise<void> {
    this.checks++
    try {
      await work()
    } catch (error) {
      if (error instanceof NotApplicable) this.notes.push(`${what}: ${error.message}`)
      else if (error instanceof Unmet || error instanceof BadBytes) this.failures.push(`${what}: ${error.message}`)
      else throw error
    }
  }

  /** Many parts, some at a time. */
  async each<T>(items: readonly T[], what: (item: T) => string, work: (item: T) => Promise<void>): Promise<void> {
    const waiting = [...items]
    const lane = async (): Promise<void> => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        const each = item
        await this.part(what(each), () => work(each))
      }
    }
    await Promise.all(Array.from({ length: 16 }, lane))
  }

  /** A case for each version that the broker speaks. */
  async versionsOf(wanted: readonly Version[], work: (version: Version) => Promise<void>): Promise<void> {
    for (const version of wanted) {
      if (!this.speaks(version)) this.notes.push(`it speaks no ${VERSION_NAMES[version]}`)
      else await this.part(VERSION_NAMES[version], () => work(version))
    }
  }

  speaks(version: Version): boolean {
    return this.versions.includes(version) || (version === 3 && this.versions.includes(4))
  }

  /** This counter rises by so much more. */
  count(name: string, by = 1): void {
    this.expectedCounts.set(name, (this.expectedCounts.get(name) ?? 0) + by)
  }

  /** What is sent is drawn by lot, so that nobody knows what is to be counted. */
  everythingCounted(): void {
    this.countsAreFree = true
    this.checks++
  }

  measure(what: string, value: number, unit: string): void {
    this.measurements.push({ what, value, unit })
  }

  /** What is there now; memory is not collected before. */
  look(): Promise<Measured> {
    return this.broker.measure(false)
  }

  /** CPU time of the broker so far. */
  cpuMs(): number {
    return cpuMsOf(this.broker.processId)
  }

  /** A number of the catalogue, or a smaller one that shows the same in less time, unless everything is asked for. */
  scale(full: number, brief: number): number {
    return this.#full ? full : brief
  }

  /** A name that nobody else has. */
  name(): string {
    return `${this.#prefix}-${++this.#names}`
  }

  /** A connection that has said nothing yet. */
  async open(options: OpenOptions & { readonly port?: number } = {}): Promise<WireClient> {
    const client = await WireClient.open(options.port ?? this.broker.ports.tcp, options)
    this.#clients.add(client)
    return client
  }

  adopt(client: WireClient): WireClient {
    this.#clients.add(client)
    return client
  }

  /** One that has been let in. */
  async connected(version: Version, fields: Partial<Omit<ConnectFields, 'version'>> = {}): Promise<WireClient> {
    const client = await this.open({ version })
    const connack = await client.connect({ clientId: this.name(), ...fields })
    if (connack.code !== 0) throw new Unmet(`CONNACK with ${code(connack.code)} where a Client had to be let in`)
    return client
  }

  /** The connection ends, and this is all that comes before. */
  async ends(client: WireClient, ending: Ending, timeoutMs?: number): Promise<void> {
    this.checks++
    const frames = await client.ended(timeoutMs)
    if (ending === 'closed') return this.#nothing(frames)
    const [last, ...more] = frames.reverse()
    if (last === undefined && 'connack' in ending && ending.orClosed === true) return
    if (last === undefined) throw new Unmet(`closed without a packet where ${describeEnding(ending)} was due`)
    const type = 'connack' in ending ? TYPES.connack : TYPES.disconnect
    if (last.type !== type || more.length > 0) {
      const found = [...more.reverse(), last].map(describeFrame).join(', ')
      throw new Unmet(`${found} came where ${describeEnding(ending)} was due`)
    }
    const found = type === TYPES.connack ? readConnack(last, client.version).code : readReason(last).code
    const wanted = 'connack' in ending ? ending.connack : ending.disconnect
    if (!wanted.includes(found)) throw new Unmet(`code ${code(found)} where ${describeEnding(ending)} was due`)
  }

  /** A Client that was let in breaks a rule: 3.1.1 is closed without a packet, 5.0 is told one of the codes. */
  async breaks(
    version: Version,
    content: Uint8Array,
    codes: readonly number[],
    counter = 'protocolErrors',
    fields: Partial<Omit<ConnectFields, 'version'>> = {},
  ): Promise<void> {
    const client = await this.connected(version, fields)
    client.send(content)
    await this.endsAsRuled(client, codes, counter)
  }

  async endsAsRuled(client: WireClient, codes: readonly number[], counter = 'protocolErrors'): Promise<void> {
    if (counter !== '') this.count(counter)
    await this.ends(client, client.version === 5 ? { disconnect: codes } : 'closed')
  }

  /** The first bytes of a connection are refused. */
  async refuses(content: Uint8Array, ending: Ending, version: Version = 5): Promise<void> {
    const client = await this.open({ version })
    client.send(content)
    this.count(REFUSED)
    await this.ends(client, ending)
  }

  /** The process is killed, and another begins with what is on disk. */
  async restart(): Promise<void> {
    await this.#restart()
  }

  async command(command: Command): Promise<void> {
    await this.broker.command(command)
  }

  /** The connection is still served. */
  async alive(client: WireClient): Promise<Frame[]> {
    return await client.ping()
  }

  /** A Client whose Session outlives its connection, until the case is over. */
  async durable(
    version: Version,
    clientId: string,
    { properties = Buffer.alloc(0), ...fields }: Partial<Omit<ConnectFields, 'version' | 'clientId'>> = {},
  ): Promise<WireClient> {
    this.#sessions.add(clientId)
    const given = Buffer.concat([sessionExpiry(1_000), properties])
    return await this.connected(version, { clientId, clean: false, properties: given, ...fields })
  }

  /** Everybody goes, and so do their Sessions. */
  async finish(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.leave()))
    this.#clients.clear()
    await this.forgetSessions()
  }

  async forgetSessions(): Promise<void> {
    for (const clientId of this.#sessions) {
      const client = await WireClient.open(this.broker.ports.tcp).catch(() => undefined)
      await client?.connect({ clientId, ...this.sessionLogin }).catch(() => {})
      await client?.leave()
    }
    this.#sessions.clear()
  }

  #nothing(frames: readonly Frame[]): void {
    if (frames.length > 0) throw new Unmet(`${frames.map(describeFrame).join(', ')} came before the close`)
  }
}

/** One refusal, whichever of the two it is counted as: before a CONNECT could be read there is none to refuse. */
export const REFUSED = 'protocolErrors|connectsRefused'

const VERSION_NAMES: Readonly<Record<Version, string>> = { 3: '3.1', 4: '3.1.1', 5: '5.0' }

export const code = (value: number): string => `0x${value.toString(16).padStart(2, '0')}`

const describeEnding = (ending: Ending): string =>
  ending === 'closed'
    ? 'a close'
    : 'connack' in ending
      ? `CONNACK with ${ending.connack.map(code).join(' or ')}`
      : `DISCONNECT with ${ending.disconnect.map(code).join(' or ')}`
