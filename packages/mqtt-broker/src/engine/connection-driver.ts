import type { DecodeFailure, LimitJudge, Packet, TextCodec } from '@godwit/mqtt-codec'
import { FrameScanner, PacketType, ReasonCode, decodeFrame, isDecodeFailure } from '@godwit/mqtt-codec'
import { PublishFrame, readPublishFrame } from '@godwit/mqtt-codec/relay'
import type { PeerInfo } from '@godwit/mqtt-transport'
import type { BrokerCore } from '../core/broker-core.ts'
import { Connection, type Driver } from '../core/connection.ts'
import { Deadline } from '../core/deadlines.ts'
import type { Limits } from '../core/limits.ts'
import { VIOLATIONS, type Violation } from '../core/refusals.ts'
import { TokenBucket } from '../core/token-bucket.ts'
import type { CommitGate, Throttled } from './commit-gate.ts'
import type { ConnectionOutput } from './connection-output.ts'
import type { Deferred, Turn } from './turn.ts'

/** What all drivers of a broker share. */
export interface DriverEnvironment {
  readonly core: BrokerCore
  readonly turn: Turn
  readonly gate: CommitGate
  readonly limits: Limits
  readonly text: TextCodec
  readonly decodeLimits: LimitJudge
  /** Milliseconds of the monotonic clock. */
  readonly now: () => number
}

/** A packet that comes slower than this on average, for as long as the timeout, is not waited for. */
const ASSEMBLY_BYTES_PER_SECOND = 1024

/** How long a publisher that is read at a trickle is left alone after each chunk: 64 KiB a second at the most. */
const TRICKLE_REST_MS = 1000

/** No packet has begun. */
const NONE = -1

/** What a driver needs from whoever has the socket. */
export interface StreamControl {
  pause(): void
  resume(): void
}

/**
 * Reads one connection: bytes into frames, frames into the core's two hot entrances or its one for all the rest. Stops
 * where the core waits for somebody, where a turn's share is used up, and for good at the first byte that is wrong.
 */
export class ConnectionDriver implements Driver, Deferred, Throttled {
  readonly connection: Connection
  readonly output: ConnectionOutput
  readonly #environment: DriverEnvironment
  readonly #scanner: FrameScanner
  readonly #stream: StreamControl
  /** The turn that its shares are counted in. */
  #turnNumber = 0
  #readBytes = 0
  #turnEffort = 0
  #deferred = false
  #paused = false
  #running = false
  /** Watches a packet that has begun and does not end: since when, and what has come of it. */
  #assembly: Deadline | undefined
  #assemblySince = NONE
  #assemblyBytes = 0
  /** Watches a Client that does not read what it is sent. */
  #stall: Deadline | undefined
  #unauthenticatedBytes = 0
  /** Where there is a limit: what it may publish now. */
  #publishRate: TokenBucket | undefined
  /** It is not read until then. */
  #rest: Deadline | undefined

  constructor(environment: DriverEnvironment, output: ConnectionOutput, stream: StreamControl, peer: PeerInfo) {
    this.#environment = environment
    this.#stream = stream
    this.output = output
    this.#scanner = new FrameScanner({ maximumPacketSizeBytes: environment.limits.maximumConnectPacketSizeBytes })
    this.connection = new Connection(output, this, peer, environment.now())
    environment.core.handle({ type: 'connection-opened', connection: this.connection }, environment.now())
  }

  /** A chunk from the socket: valid during the call only. */
  receive(chunk: Uint8Array): void {
    const { connection } = this
    if (connection.phase === 'closed') return
    connection.receivedAt = this.#environment.now()
    connection.bytesReceived += chunk.length
    this.#beginTurn()
    this.#readBytes += chunk.length
    this.#assemblyBytes += chunk.length
    this.#scanner.push(chunk)
    this.#run()
    if (connection.trickles) this.#trickle(connection.receivedAt)
    // What is left is read later, when this chunk's memory holds something else.
    if (this.#scanner.unread) this.#scanner.detach()
    if (connection.phase !== 'open') this.#countUnauthenticated()
  }

  /** The core has the answer that this connection waited for. */
  released(): void {
    if (!this.#running) this.#run()
  }

  /** The next turn. */
  continue(): void {
    this.#deferred = false
    this.#beginTurn()
    if (this.connection.phase !== 'closed') this.#run()
  }

  /** What was read and delivered in an earlier turn is forgotten: each has its own share. */
  #beginTurn(): void {
    const { number } = this.#environment.turn
    if (number === this.#turnNumber) return
    this.#turnNumber = number
    this.#readBytes = 0
    this.#turnEffort = 0
  }

  /** Publishers are read again. */
  unthrottled(): void {
    this.connection.throttled = false
    if (this.connection.phase !== 'closed') this.#defer(undefined)
  }

  /** The Network Connection has ended. */
  lost(reason: string): void {
    this.output.end()
    this.output.dropGated()
    this.#environment.gate.forgetThrottled(this)
    const { deadlines } = this.#environment.core
    if (this.#assembly !== undefined) deadlines.cancel(this.#assembly)
    if (this.#stall !== undefined) deadlines.cancel(this.#stall)
    if (this.#rest !== undefined) deadlines.cancel(this.#rest)
    this.#environment.core.handle(
      { type: 'connection-lost', connection: this.connection, reason },
      this.#environment.now(),
    )
    if (this.#unauthenticatedBytes > 0) this.#countUnauthenticated()
  }

  /** What was written has gone out, or not: who does not read its answers is not read either. */
  outputChanged(): void {
    this.#flow()
    const { core, turn } = this.#environment
    if (core.drained(this.connection) || core.unfinished) turn.wake()
  }

  #run(): void {
    this.#running = true
    const { connection } = this
    const scanner = this.#scanner
    const { core, gate, turn, limits, now: clock } = this.#environment
    const now = clock()
    this.#admit()
    let before = core.effort
    let moved = false
    turn.copies.begin()
    while (
      !connection.held &&
      !connection.rests &&
      !this.#deferred &&
      !(gate.throttles && this.#mustWait()) &&
      scanner.next()
    ) {
      moved = true
      const violation = this.#frame(now)
      if (violation !== undefined) this.#broken(violation, now)
      if (connection.phase === 'closed') break
      this.#turnEffort += core.effort - before
      before = core.effort
      if (this.#turnEffort > limits.deliveriesPerTurn) this.#defer('deliveriesPerTurn')
    }
    turn.copies.settle()
    this.#running = false
    if (moved) this.#assemblySince = NONE
    if (connection.phase === 'closed') return
    if (scanner.failure !== undefined) return this.#refused(scanner.failure, now)
    if (
      connection.phase === 'before-connect' &&
      scanner.pendingFirstByte !== -1 &&
      scanner.pendingFirstByte >> 4 !== PacketType.connect
    ) {
      return this.#broken(VIOLATIONS.notConnected, now)
    }
    if (this.#readBytes >= limits.readBytesPerTurn) this.#defer('readBytesPerTurn')
    if (scanner.pendingFirstByte !== -1) this.#watchAssembly(now)
    if (this.#unauthenticatedBytes > 0) this.#countUnauthenticated()
    this.#flow()
    if (core.unfinished) this.#environment.turn.wake()
  }

  /**
   * What a publisher sends next has to wait: too much is uncommitted, or there is no room and its version has no word for
   * that (5.0 is told). QoS 0 that is not retained touches no store and waits for nothing.
   */
  #mustWait(): boolean {
    const { connection } = this
    const { gate } = this.#environment
    const firstByte = this.#scanner.nextFirstByte
    if (connection.phase !== 'open' || firstByte >> 4 !== PacketType.publish) return false
    const touchesStore = gate.full ? (firstByte & 0x07) !== 0 : (firstByte & 0x06) !== 0 && connection.version !== 5
    if (!touchesStore) return false
    connection.throttled = true
    gate.throttle(this)
    const { exceeded } = gate
    if (exceeded !== undefined) this.#environment.core.counters.limitsMet[exceeded]++
    return true
  }

  /** One whole packet. Packets of the hot path never become objects. */
  #frame(now: number): Violation | undefined {
    const { connection } = this
    const scanner = this.#scanner
    const { core, limits } = this.#environment
    const type = scanner.firstByte >> 4
    if (connection.phase === 'open') {
      if (type === PacketType.publish) {
        const failure = readPublishFrame(
          frame,
          scanner.bytes,
          scanner.start,
          scanner.bodyStart,
          scanner.end,
          connection.version,
          this.#environment.decodeLimits,
        )
        if (failure !== undefined) return this.#refused(failure, now)
        if (limits.publishesPerSecond !== Infinity) this.#countPublish(now)
        return core.publish(connection, frame, now)
      }
      if (type >= PacketType.puback && type <= PacketType.pubcomp && scanner.end - scanner.bodyStart === 2) {
        const packetId = (scanner.bytes[scanner.bodyStart]! << 8) | scanner.bytes[scanner.bodyStart + 1]!
        if (packetId !== 0) return core.acknowledgement(connection, type, packetId, ReasonCode.Success, now)
      }
    } else if (connection.phase === 'before-connect' && type !== PacketType.connect) return VIOLATIONS.notConnected
    return this.#rarePacket(now)
  }

  #rarePacket(now: number): Violation | undefined {
    const { connection } = this
    const scanner = this.#scanner
    const { core, text } = this.#environment
    const { phase } = connection
    const version = phase === 'before-connect' ? undefined : connection.version
    // A copy: the payload of a Will outlives this call, a password may wait for an authenticator, and the read buffer is
    // shared by all connections.
    const bytes = scanner.bytes.slice(scanner.start, scanner.end)
    const bodyStart = scanner.bodyStart - scanner.start
    const packet = decodeFrame(bytes, 0, bodyStart, bytes.length, version, text, this.#environment.decodeLimits)
    if (isDecodeFailure(packet)) return this.#refused(packet, now)
    if (phase === 'authenticating') return this.#event(packet, now)
    switch (packet.type) {
      case 'puback':
      case 'pubrec':
      case 'pubrel':
      case 'pubcomp':
        return core.acknowledgement(connection, PacketType[packet.type], packet.packetId, packet.reasonCode, now)
      case 'connect':
        scanner.version = packet.protocolVersion
    }
    return this.#event(packet, now)
  }

  #event(packet: Packet, now: number): undefined {
    this.#environment.core.handle({ type: 'packet-received', connection: this.connection, packet }, now)
    this.#admit()
    return undefined
  }

  /** Large packets are taken of those that have been let in, and of nobody else. */
  #admit(): void {
    if (this.connection.phase !== 'open') return
    this.#scanner.maximumPacketSizeBytes = this.#environment.limits.maximumPacketSizeBytes
  }

  #refused(failure: DecodeFailure, now: number): undefined {
    this.#environment.core.handle({ type: 'packet-refused', connection: this.connection, failure }, now)
    return undefined
  }

  #broken(violation: Violation, now: number): void {
    this.#environment.core.handle({ type: 'rule-broken', connection: this.connection, violation }, now)
  }

  /**
   * 30 s for a packet, unless it comes at 1 KiB a second or more. The deadline is not moved for each packet that a chunk cuts: it
   * looks for itself how long the one that is there has been coming.
   */
  #watchAssembly(now: number): void {
    if (this.#assemblySince === NONE) {
      this.#assemblySince = now
      this.#assemblyBytes = this.#scanner.heldBytes
    }
    const { core, limits } = this.#environment
    this.#assembly ??= new Deadline((later) => this.#judgeAssembly(later))
    if (this.#assembly.place === -1)
      core.deadlines.arm(this.#assembly, this.#assemblySince + limits.packetAssemblyTimeoutMs)
  }

  #judgeAssembly(now: number): void {
    if (this.#scanner.pendingFirstByte === -1 || this.connection.phase === 'closed') return
    const { core, limits } = this.#environment
    const passedMs = now - this.#assemblySince
    if (passedMs < limits.packetAssemblyTimeoutMs) return this.#watchAssembly(now)
    if (this.#paused || this.#assemblyBytes >= (passedMs / 1000) * ASSEMBLY_BYTES_PER_SECOND) {
      this.#assemblySince = now
      this.#assemblyBytes = 0
      return this.#watchAssembly(now)
    }
    core.counters.assemblyTimeouts++
    core.counters.limitsMet.packetAssemblyTimeoutMs++
    this.#broken(VIOLATIONS.assembly, now)
  }

  /** 30 s for a Client to read something, while more than the pause mark waits for it. */
  #watchStall(): void {
    const { core, limits, now } = this.#environment
    if (this.#stall !== undefined && this.#stall.place !== -1) return
    const before = this.output.drainedBytes
    this.#stall = new Deadline((later) => {
      const { connection, output } = this
      if (connection.phase === 'closed' || output.pendingBytes <= limits.outputPauseBytes) return
      if (output.drainedBytes > before) return this.#watchStall()
      core.counters.stalledConnections++
      core.counters.limitsMet.outputStallTimeoutMs++
      this.#broken(VIOLATIONS.stalled, later)
    })
    core.deadlines.arm(this.#stall, now() + limits.outputStallTimeoutMs)
  }

  /** Bytes held for connections that nobody has let in yet, all together. */
  #countUnauthenticated(): void {
    const { core, limits, now } = this.#environment
    const held = this.connection.phase === 'open' || this.connection.phase === 'closed' ? 0 : this.#scanner.heldBytes
    core.counters.unauthenticatedBytes += held - this.#unauthenticatedBytes
    this.#unauthenticatedBytes = held
    if (held > 0 && core.counters.unauthenticatedBytes > limits.maximumUnauthenticatedBytes) {
      core.counters.connectionsRefused++
      core.counters.limitsMet.maximumUnauthenticatedBytes++
      this.#broken(VIOLATIONS.unauthenticatedBytes, now())
      this.#countUnauthenticated()
    }
  }

  /** The one that empties the bucket is still served; what follows waits until there is more. */
  #countPublish(now: number): void {
    const { limits, core } = this.#environment
    const rate = (this.#publishRate ??= new TokenBucket(limits.publishesPerSecond, limits.publishBurst, now))
    rate.take(now)
    const nextAt = rate.nextAt(now)
    if (nextAt === now) return
    core.counters.limitsMet.publishesPerSecond++
    this.#restUntil(nextAt)
  }

  /** What came is served, and the next chunk waits: never nothing, since acknowledgements come the same way. */
  #trickle(now: number): void {
    if (this.connection.phase === 'closed') return
    this.#restUntil(now + TRICKLE_REST_MS)
    this.#flow()
  }

  #restUntil(at: number): void {
    const { connection } = this
    connection.rests = true
    this.#rest ??= new Deadline((now) => {
      connection.rests = false
      connection.receivedAt = now
      if (connection.phase !== 'closed') this.#run()
    })
    this.#environment.core.deadlines.arm(this.#rest, at)
  }

  #defer(limit: 'deliveriesPerTurn' | 'readBytesPerTurn' | undefined): void {
    if (this.#deferred) return
    if (limit !== undefined) this.#environment.core.counters.limitsMet[limit]++
    this.#deferred = true
    this.#environment.turn.defer(this)
  }

  /** Reads on while the core can take it and the Client takes its answers. */
  #flow(): void {
    const { connection, output } = this
    if (connection.phase === 'closed') return
    const behind = output.pendingBytes > this.#environment.limits.outputPauseBytes
    if (behind) this.#watchStall()
    const stop = connection.held || connection.throttled || connection.rests || this.#deferred || behind
    if (stop === this.#paused) return
    this.#paused = stop
    if (behind) this.#environment.core.counters.limitsMet.outputPauseBytes++
    if (stop) this.#stream.pause()
    else this.#stream.resume()
  }
}

/** One frame is read at a time: all drivers share it. */
const frame = new PublishFrame()
