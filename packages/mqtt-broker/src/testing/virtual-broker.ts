import type { Packet, ProtocolVersion } from '@godwit/mqtt-codec'
import { StreamDecoder, decodeLimits, encode, pureText } from '@godwit/mqtt-codec'
import { BrokerCore } from '../core/broker-core.ts'
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts'
import { DEFAULT_SETTINGS, type Settings } from '../core/settings.ts'
import { RECOVERY_ORDER } from '../core/recovery.ts'
import { rangeOfTag } from '../core/records/keys.ts'
import { CommitGate } from '../engine/commit-gate.ts'
import { Committer } from '../engine/committer.ts'
import { ConnectionDriver, type DriverEnvironment } from '../engine/connection-driver.ts'
import { ConnectionOutput, type OutputEnvironment } from '../engine/connection-output.ts'
import { SlabPool } from '../engine/slab-pool.ts'
import { Turn } from '../engine/turn.ts'
import { Variants } from '../engine/variants.ts'
import type { AuthenticationMechanism } from '../ports/authentication-mechanism.ts'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import type { Edges } from '../ports/edges.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import type { Logger } from '../ports/logger.ts'
import { silentLogger } from '../ports/logger.ts'
import type { Observer } from '../ports/observer.ts'
import { mechanismEdges } from '../shell/mechanism-edges.ts'
import type { LoadRequest } from '../ports/stored-message.ts'
import { assert } from '../core/assert.ts'
import type { CrashStore } from './crash-store.ts'

export interface VirtualBrokerOptions {
  readonly limits?: Partial<Limits>
  readonly settings?: Partial<Settings>
  readonly edges?: Partial<Edges>
  readonly mechanisms?: readonly AuthenticationMechanism[]
  readonly interceptors?: readonly Interceptor[]
  readonly observers?: readonly Observer[]
  readonly logger?: Logger
  /** Where Sessions are written down; what it holds is read first. Default: none. */
  readonly store?: CrashStore
  /** What the wall clock says when the broker begins: milliseconds since 1970. Default: 1,000,000,000,000. */
  readonly wallMs?: number
}

const SOME_DAY_MS = 1_000_000_000_000

/** The real core and engine with a clock, randomness and connections of the test's own: nothing in it waits. */
export class VirtualBroker {
  readonly core: BrokerCore
  readonly gate: CommitGate
  readonly store: CrashStore | undefined
  /** Milliseconds since 1970 that the wall clock is ahead of the virtual one. */
  wallOffsetMs: number
  /** Milliseconds. */
  now = 0
  readonly #turn = new Turn(
    () => (this.#woken = true),
    () => this.settle(),
  )
  #woken = false
  readonly #driver: DriverEnvironment
  readonly #output: OutputEnvironment
  readonly #committer: Committer | undefined
  #loads: { readonly ticket: number; readonly request: LoadRequest }[] = []
  #random = 0
  #crashed = false

  constructor(options: VirtualBrokerOptions = {}) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const settings = { ...DEFAULT_SETTINGS, ...options.settings }
    const { store, logger = silentLogger } = options
    this.store = store
    this.wallOffsetMs = options.wallMs ?? SOME_DAY_MS
    this.gate = new CommitGate(store, {
      maximumBatchBytes: limits.maximumUncommittedBytes,
      maximumBatchRecords: limits.maximumUncommittedRecords,
    })
    this.core = new BrokerCore({
      limits,
      settings,
      edges: {
        randomBytes: (count) => Uint8Array.from({ length: count }, () => this.#random++),
        ...mechanismEdges(options.mechanisms ?? [], logger, (ticket, step) => {
          this.core.handle({ type: 'authentication-stepped', ticket, step }, this.now)
          this.settle()
        }),
        load: (ticket, request) => this.#loads.push({ ticket, request }),
        ...options.edges,
      },
      logger,
      staging: this.gate,
      interceptors: options.interceptors ?? [],
      observers: options.observers ?? [],
      decodeText: (bytes, start, end) => pureText.decodeUtf8(bytes, start, end),
      hashSeed: 1,
    })
    this.#output = { pool: new SlabPool(), turn: this.#turn, gate: this.gate, variants: new Variants() }
    this.#driver = {
      core: this.core,
      turn: this.#turn,
      gate: this.gate,
      limits,
      text: pureText,
      decodeLimits: decodeLimits({
        maximumUserProperties: limits.maximumUserProperties,
        maximumUserPropertyBytes: limits.maximumUserPropertyBytes,
        allowControlCharacters: settings.allowControlCharacters,
      }),
      now: () => this.now,
    }
    if (store === undefined) return
    this.#committer = new Committer({
      core: this.core,
      gate: this.gate,
      store,
      logger,
      now: () => this.now,
      wallClock: () => this.now + this.wallOffsetMs,
      commit: (batch, commit) =>
        store.commitLater(batch, (error) => {
          if (this.#crashed) return
          if (error === undefined) this.#committer!.succeeded(commit)
          else this.#committer!.failed(error)
        }),
    })
    this.#recover(store)
  }

  get crashed(): boolean {
    return this.#crashed
  }

  /** A new Network Connection. */
  open(version: ProtocolVersion = 5, address = '127.0.0.1'): VirtualClient {
    return new VirtualClient(this, this.#driver, this.#output, version, address)
  }

  /** A connection with its CONNECT sent; its CONNACK is the first packet that it received. */
  connect(clientId: string, options: ConnectOptions = {}): VirtualClient {
    const { version = 5, ...rest } = options
    const client = this.open(version)
    client.send({ type: 'connect', protocolVersion: version, clientId, cleanStart: true, keepAliveSeconds: 0, ...rest })
    return client
  }

  /** Runs turns until nothing is left to do. */
  settle(): void {
    let more = true
    while (more || this.#woken) {
      this.#woken = false
      this.#turn.begin()
      const deferred = this.#turn.takeDeferred()
      for (const each of deferred) each.continue()
      more = this.core.continue(this.now) || deferred.length > 0
      this.#turn.flush()
      this.#committer?.endOfTurn()
      if (this.store?.advance() === true) more = true
      if (this.#answerLoads()) more = true
    }
  }

  /** The process ends where it stands. What is left of the store: what was committed, and what `fate` says of the commit in flight. */
  crash(fate: 'lost' | 'kept' = 'lost'): CrashStore {
    this.#crashed = true
    return this.store!.crash(fate)
  }

  #recover(store: CrashStore): void {
    const recovery = this.core.recover(this.now, this.now + this.wallOffsetMs)
    for (const tag of RECOVERY_ORDER) {
      for (const [key, value] of store.read(rangeOfTag(tag))) {
        const failure = recovery.record(key, value)
        assert(failure === undefined, `the store of a test can be read: ${failure?.reason}`)
      }
    }
    const failure = recovery.finish()
    assert(failure === undefined, `the store of a test can be read: ${failure?.reason}`)
    this.pass(0)
    this.settle()
  }

  #answerLoads(): boolean {
    const { store } = this
    if (this.#loads.length === 0 || store === undefined || store.readsHang) return false
    const loads = this.#loads
    this.#loads = []
    for (const { ticket, request } of loads) {
      this.core.handle({ type: 'records-loaded', ticket, records: store.load(request) }, this.now)
    }
    return true
  }

  /** Lets time pass, deadline by deadline. */
  pass(milliseconds: number): void {
    const until = this.now + milliseconds
    for (let next = this.core.nextDeadline(); next <= until; next = this.core.nextDeadline()) {
      this.now = Math.max(this.now, next)
      this.core.handle({ type: 'time-passed' }, this.now)
      this.settle()
    }
    this.now = until
  }

  /** A measurement of memory (0 to 1) and of the lateness of the loop. */
  measure(memoryFraction: number, lagMs = 0): void {
    this.core.handle({ type: 'pressure-measured', memoryFraction, lagMs }, this.now)
    this.settle()
  }

  answer(ticket: number, result: AuthenticateResult): void {
    this.core.handle({ type: 'client-authenticated', ticket, result }, this.now)
    this.settle()
  }
}

type ConnectOptions = Partial<Omit<Extract<Packet, { type: 'connect' }>, 'type'>> & {
  readonly version?: ProtocolVersion
}

/** The other end of a connection: what it sends is handled at once, what it receives is there to be looked at. */
export class VirtualClient {
  /** The Network Connection has been closed by the broker. */
  closed = false
  /** Bytes that came and that nobody has looked at. */
  bytes: number[] = []
  /** Whether the broker reads what is sent. */
  paused = false
  /** While it is set nothing is read: what the broker writes piles up. */
  frozen = false
  readonly version: ProtocolVersion
  readonly #broker: VirtualBroker
  readonly #driver: ConnectionDriver
  readonly #output: ConnectionOutput
  #decoder: StreamDecoder

  constructor(
    broker: VirtualBroker,
    driver: DriverEnvironment,
    output: OutputEnvironment,
    version: ProtocolVersion,
    address: string,
  ) {
    this.#broker = broker
    this.version = version
    this.#decoder = new StreamDecoder({ version })
    this.#output = new ConnectionOutput(output)
    this.#output.sink = { flush: () => this.#flush() }
    this.#driver = new ConnectionDriver(
      driver,
      this.#output,
      {
        pause: () => {
          this.paused = true
        },
        resume: () => {
          this.paused = false
        },
      },
      { transport: 'memory', remoteAddress: address },
    )
  }

  /** A packet, or raw bytes; what it causes has happened when this returns. */
  send(packet: Packet | Uint8Array | string): this {
    if (this.#broker.crashed) return this
    const bytes =
      typeof packet === 'string'
        ? fromHex(packet)
        : packet instanceof Uint8Array
          ? packet
          : encode(packet, this.version)
    // A socket's read buffer holds something else as soon as the call returns: whoever kept a view is to notice.
    const chunk = bytes.slice()
    this.#driver.receive(chunk)
    chunk.fill(0xdb)
    this.#broker.settle()
    return this
  }

  /** The packets that came since the last look. */
  received(): Packet[] {
    const packets: Packet[] = []
    this.#decoder.push(Uint8Array.from(this.bytes), (packet) => packets.push(packet))
    this.bytes = []
    return packets
  }

  /** The bytes that came since the last look, as hexadecimal digits. */
  receivedHex(): string {
    const hex = this.bytes.map((byte) => byte.toString(16).padStart(2, '0')).join('')
    this.bytes = []
    return hex
  }

  /** The connection breaks. */
  cut(): void {
    this.closed = true
    if (this.#broker.crashed) return
    this.#driver.lost('cut')
    this.#broker.settle()
  }

  /** Reads what piled up. */
  thaw(): void {
    this.frozen = false
    this.#flush()
    this.#broker.settle()
  }

  #flush(): void {
    if (this.frozen) return this.#driver.outputChanged()
    for (const part of this.#output.free.takeAll()) {
      this.#output.drainedBytes += part.length
      this.bytes.push(...part)
      this.#output.free.recycle(part)
    }
    if (this.#output.ending && !this.closed) {
      this.closed = true
      this.#driver.lost('closed by the broker')
    } else this.#driver.outputChanged()
  }
}

const fromHex = (hex: string): Uint8Array => {
  const digits = hex.replaceAll(/\s/g, '')
  return Uint8Array.from({ length: digits.length / 2 }, (_, place) =>
    Number.parseInt(digits.slice(place * 2, place * 2 + 2), 16),
  )
}
