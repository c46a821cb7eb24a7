import type { Packet, ProtocolVersion } from '@godwit/mqtt-codec'
import { StreamDecoder, encode, pureText } from '@godwit/mqtt-codec'
import { BrokerCore } from '../core/broker-core.ts'
import { DEFAULT_LIMITS, type Limits } from '../core/limits.ts'
import { DEFAULT_SETTINGS, type Settings } from '../core/settings.ts'
import { CommitGate } from '../engine/commit-gate.ts'
import { ConnectionDriver, type DriverEnvironment } from '../engine/connection-driver.ts'
import { ConnectionOutput, type OutputEnvironment } from '../engine/connection-output.ts'
import { SlabPool } from '../engine/slab-pool.ts'
import { Turn } from '../engine/turn.ts'
import { Variants } from '../engine/variants.ts'
import type { AuthenticationMechanism } from '../ports/authentication-mechanism.ts'
import type { AuthenticateResult } from '../ports/authenticator.ts'
import type { Edges } from '../ports/edges.ts'
import type { Interceptor } from '../ports/interceptor.ts'
import { silentLogger } from '../ports/logger.ts'
import type { Observer } from '../ports/observer.ts'
import { mechanismEdges } from '../shell/mechanism-edges.ts'

export interface VirtualBrokerOptions {
  readonly limits?: Partial<Limits>
  readonly settings?: Partial<Settings>
  readonly edges?: Partial<Edges>
  readonly mechanisms?: readonly AuthenticationMechanism[]
  readonly interceptors?: readonly Interceptor[]
  readonly observers?: readonly Observer[]
}

/** The real core and engine with a clock, randomness and connections of the test's own: nothing in it waits. */
export class VirtualBroker {
  readonly core: BrokerCore
  readonly gate = new CommitGate()
  /** Milliseconds. */
  now = 0
  readonly #turn = new Turn(() => {})
  readonly #driver: DriverEnvironment
  readonly #output: OutputEnvironment
  #random = 0

  constructor(options: VirtualBrokerOptions = {}) {
    const limits = { ...DEFAULT_LIMITS, ...options.limits }
    const settings = { ...DEFAULT_SETTINGS, ...options.settings }
    this.core = new BrokerCore({
      limits,
      settings,
      edges: {
        randomBytes: (count) => Uint8Array.from({ length: count }, () => this.#random++),
        ...mechanismEdges(options.mechanisms ?? [], silentLogger, (ticket, step) => {
          this.core.handle({ type: 'authentication-stepped', ticket, step }, this.now)
          this.settle()
        }),
        ...options.edges,
      },
      logger: silentLogger,
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
      limits,
      text: pureText,
      decodeLimits: {
        maximumUserProperties: limits.maximumUserProperties,
        maximumUserPropertyBytes: limits.maximumUserPropertyBytes,
        allowControlCharacters: settings.allowControlCharacters,
      },
      now: () => this.now,
    }
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
    while (more) {
      this.#turn.begin()
      const deferred = this.#turn.takeDeferred()
      for (const each of deferred) each.continue()
      more = this.core.continue(this.now) || deferred.length > 0
      this.#turn.flush()
    }
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
      { pause() {}, resume() {} },
      { transport: 'memory', remoteAddress: address },
    )
  }

  /** A packet, or raw bytes; what it causes has happened when this returns. */
  send(packet: Packet | Uint8Array | string): this {
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
