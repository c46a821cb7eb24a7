import type { Packet, ProtocolVersion } from '@godwit/mqtt-codec'
import { encode, encodedLength } from '@godwit/mqtt-codec'
import { OutgoingTopicAliases } from '@godwit/mqtt-qos'
import { copyBytes } from '../core/copy-bytes.ts'
import { writeTwoBytes } from '../core/write-bytes.ts'
import { PublishRewriter } from '../core/publish-rewriter.ts'
import type { CommitNumber, Output } from '../core/output.ts'
import type { RoutedMessage } from '../core/routed-message.ts'
import type { CommitGate } from './commit-gate.ts'
import { GatedLane } from './gated-lane.ts'
import { Lane } from './lane.ts'
import type { SlabPool } from './slab-pool.ts'
import type { Turn } from './turn.ts'
import type { Variants } from './variants.ts'

/**
 * Payloads from here on are referred to, not copied, where one copy of them serves several subscribers (measured: 4 KiB). For
 * one subscriber a copy into memory that is used again is cheaper than one into memory of its own.
 */
const REFERENCE_BYTES = 4096
const NO_TOPIC = new Uint8Array(0)
/** The publisher's own packet does not do: another has to be written. */
const NOT_IN_PLACE = -1

/** Writes what is free. */
export interface Sink {
  flush(): void
}

/** What all Outputs of a broker share. */
export interface OutputEnvironment {
  readonly pool: SlabPool
  readonly turn: Turn
  readonly gate: CommitGate
  readonly variants: Variants
}

/**
 * The bytes out of one connection: a lane that is free to go and one that waits at the commit gate. The shell drains it
 * at the end of a turn; a simulation drains the same class.
 */
export class ConnectionOutput implements Output {
  version: ProtocolVersion = 4
  maximumPacketSizeBytes = Infinity
  topicAliasMaximum = 0
  /** What the stream below has accepted and not passed on; kept up to date by whoever drains. */
  streamBytes = 0
  /** Bytes that have left for the operating system, ever: whether it rises shows whether the Client reads. */
  drainedBytes = 0
  /** Whoever writes to the stream below. */
  sink: Sink | undefined
  /** After what is free has gone out, the Network Connection closes. */
  ending = false
  /** Nothing more is written; `ending` follows as soon as a CONNACK at the gate has left. */
  #ended = false
  /** The DISCONNECT that is to follow that CONNACK. */
  #farewell: Uint8Array | undefined
  readonly free: Lane
  readonly #environment: OutputEnvironment
  #gated: GatedLane | undefined
  /** The CONNACK is at the gate: nothing at all passes it. */
  #connackCommit: CommitNumber = 0
  #aliases: OutgoingTopicAliases | undefined
  /** A message of QoS 0 is at the gate. */
  #qos0Waits = false
  #dirty = false

  constructor(environment: OutputEnvironment) {
    this.#environment = environment
    this.free = new Lane(environment.pool)
  }

  get pendingBytes(): number {
    return this.free.sizeBytes + this.streamBytes + (this.#gated?.sizeBytes ?? 0)
  }

  get waitsFor(): CommitNumber {
    return this.#gated?.lastCommit ?? 0
  }

  get leavesUpTo(): CommitNumber {
    return this.#gated === undefined ? 0 : this.#connackCommit
  }

  publish(
    message: RoutedMessage,
    firstByte: number,
    packetId: number,
    identifiers: readonly number[] | undefined,
    expirySeconds: number,
    commit: CommitNumber,
  ): boolean {
    if (this.#ended) return true
    const { frame } = message
    const sameForm =
      ((frame.firstByte ^ firstByte) & 0x06) === 0 &&
      (frame.version === 5) === (this.version === 5) &&
      identifiers === undefined &&
      expirySeconds === -1
    const alias = sameForm ? this.#aliasInPlace(message, packetId, commit) : NOT_IN_PLACE
    if (alias === NOT_IN_PLACE) {
      return this.#publishRewritten(message, firstByte, packetId, identifiers, expirySeconds, commit)
    }
    const length = frame.end - frame.start
    if (length > this.maximumPacketSizeBytes) return false
    const shares = length >= REFERENCE_BYTES && (!message.forOne || message.isKept)
    if (shares) return this.#publishRewritten(message, firstByte, packetId, undefined, -1, commit)
    const lane = this.#publishLane(commit, packetId)
    const { copies } = this.#environment.turn
    // What begins its memory may be the packet that the scanner has put together: that memory it uses again at once.
    if (copies.reading && frame.start > 0 && frame.firstByte === firstByte) {
      const at = lane.copyLater(copies, frame.bytes, frame.start, frame.end)
      if (packetId !== 0) lane.amend(at + frame.packetIdAt - frame.start, packetId)
      if (alias !== frame.topicAlias) lane.amend(at + frame.topicAliasAt - frame.start, alias)
      return true
    }
    const at = lane.reserve(length)
    const buffer = lane.buffer!
    copyBytes(frame.bytes, frame.start, frame.end, buffer, at)
    buffer[at] = firstByte
    if (packetId !== 0) writeTwoBytes(buffer, at + frame.packetIdAt - frame.start, packetId)
    if (alias !== frame.topicAlias) writeTwoBytes(buffer, at + frame.topicAliasAt - frame.start, alias)
    return true
  }

  acknowledge(firstByte: number, packetId: number, reasonCode: number, commit: CommitNumber): void {
    if (this.#ended) return
    const lane = this.#lane(commit, true)
    // A Reason Code of 0 is left out (§3.4.2.1).
    const withCode = reasonCode !== 0 && this.version === 5
    const at = lane.reserve(withCode ? 5 : 4)
    const buffer = lane.buffer!
    buffer[at] = firstByte
    buffer[at + 1] = withCode ? 3 : 2
    buffer[at + 2] = packetId >> 8
    buffer[at + 3] = packetId & 0xff
    if (withCode) buffer[at + 4] = reasonCode
  }

  packet(packet: Packet, commit: CommitNumber): boolean {
    if (this.#ended) return true
    const fitting = this.#fitting(packet)
    if (fitting === undefined) return false
    if (packet.type === 'disconnect') {
      this.#sayGoodbye(encode(fitting, this.version))
      return true
    }
    const lane = this.#lane(commit, true)
    if (packet.type === 'connack' && lane !== this.free) this.#connackCommit = commit
    lane.copy(encode(fitting, this.version))
    return true
  }

  pingresp(): void {
    if (this.#ended) return
    const lane = this.#lane(0, false)
    const at = lane.reserve(2)
    lane.buffer![at] = 0xd0
    lane.buffer![at + 1] = 0
  }

  end(): void {
    if (this.#ended) return
    this.#ended = true
    // What was asked for behind a CONNECT is answered by a CONNACK first, or by nothing.
    if (this.#connackCommit === 0) this.#close()
  }

  #close(): void {
    this.ending = true
    this.dropGated()
    this.#touch()
  }

  /** A DISCONNECT overtakes what waits at the gate, which is dropped, but never a CONNACK. */
  #sayGoodbye(bytes: Uint8Array): void {
    if (this.#connackCommit !== 0) this.#farewell = bytes
    else {
      this.#touch()
      this.free.copy(bytes)
    }
  }

  /** A closed connection drops what waits at the gate. */
  dropGated(): void {
    if (this.#gated === undefined) return
    this.#gated.clear()
    this.#gated = undefined
    this.#qos0Waits = false
    this.#environment.gate.forget(this)
  }

  /** The commits up to this number are durable: what waited for them goes behind the free lane. */
  committed(upTo: CommitNumber): void {
    const gated = this.#gated
    if (gated === undefined) return
    gated.release(upTo, this.free)
    if (this.#connackCommit <= upTo) this.#connackCommit = 0
    if (this.#ended && this.#connackCommit === 0) {
      if (this.#farewell !== undefined) this.free.copy(this.#farewell)
      return this.#close()
    }
    if (gated.sizeBytes === 0) {
      this.#gated = undefined
      this.#qos0Waits = false
      this.#environment.gate.forget(this)
    }
    this.#touch()
  }

  /** What waits will never leave: whoever was to be closed behind it is closed now. */
  failed(): void {
    if (this.#ended) this.#close()
  }

  /** The end of a turn: the free lane goes out. */
  flush(): void {
    this.#dirty = false
    this.sink?.flush()
  }

  /**
   * Acknowledgements leave in the order of their causes, so one goes to the gate while anything waits there
   * [MQTT-4.6.0-4]. PINGRESP and QoS 0 may overtake, but never a CONNACK.
   */
  #lane(commit: CommitNumber, ordered: boolean): Lane {
    const { gate } = this.#environment
    if (!this.#waits(commit, ordered)) {
      this.#touch()
      return this.free
    }
    if (this.#gated === undefined) {
      this.#gated = new GatedLane(this.#environment.pool)
      gate.await(this)
    }
    return this.#gated.lane(commit)
  }

  /** QoS 0 overtakes what waits at the gate, but never a message of QoS 0 before it [MQTT-4.6.0-6]. */
  #publishLane(commit: CommitNumber, packetId: number): Lane {
    const lane = this.#lane(commit, packetId !== 0 || this.#qos0Waits)
    if (packetId === 0 && lane !== this.free) this.#qos0Waits = true
    return lane
  }

  #waits(commit: CommitNumber, ordered: boolean): boolean {
    if (commit > this.#environment.gate.committed) return true
    return this.#gated !== undefined && (ordered || this.#connackCommit !== 0)
  }

  #touch(): void {
    if (this.#dirty) return
    this.#dirty = true
    this.#environment.turn.dirty(this)
  }

  /** QoS 0 may overtake what waits at the gate: an alias that waits there could be set too late, or mean another topic. */
  #mayAlias(packetId: number, commit: CommitNumber): boolean {
    return this.version === 5 && this.topicAliasMaximum > 0 && !this.#waits(commit, packetId !== 0 || this.#qos0Waits)
  }

  /**
   * The Topic Alias to put in the place of the publisher's, in a packet that stays as it is: one that this Client knows. 0: there is
   * none in the packet, and none is wanted.
   */
  #aliasInPlace(message: RoutedMessage, packetId: number, commit: CommitNumber): number {
    const { frame } = message
    if (frame.topicAlias === 0) return this.topicAliasMaximum === 0 ? 0 : NOT_IN_PLACE
    if (frame.topicEnd > frame.topicStart || !this.#mayAlias(packetId, commit)) return NOT_IN_PLACE
    return this.#aliases?.known(message.topicName) || NOT_IN_PLACE
  }

  #publishRewritten(
    message: RoutedMessage,
    firstByte: number,
    packetId: number,
    identifiers: readonly number[] | undefined,
    expirySeconds: number,
    commit: CommitNumber,
  ): boolean {
    const aliased = this.#mayAlias(packetId, commit)
    const shared = identifiers === undefined && !aliased
    const rewriter = shared
      ? this.#environment.variants.of(message, this.version, firstByte, expirySeconds)
      : this.#individual(message, firstByte, identifiers, aliased, expirySeconds)
    if (rewriter === undefined) return false
    if (rewriter.length > this.maximumPacketSizeBytes) return false
    const { frame } = message
    const payloadBytes = frame.end - frame.payloadStart
    const lane = this.#publishLane(commit, packetId)
    if (payloadBytes < REFERENCE_BYTES) {
      const at = lane.reserve(rewriter.length)
      rewriter.write(lane.buffer!, at, packetId)
      return true
    }
    const at = lane.reserve(rewriter.length - payloadBytes)
    rewriter.writeHeader(lane.buffer!, at, packetId)
    lane.reference(message.kept().payload)
    return true
  }

  /** A form that only this connection has: its aliases, its Subscription Identifiers. */
  #individual(
    message: RoutedMessage,
    firstByte: number,
    identifiers: readonly number[] | undefined,
    aliased: boolean,
    expirySeconds: number,
  ): PublishRewriter | undefined {
    const five = this.version === 5
    const rewriter = individual
    const whole = five ? identifiers : undefined
    if (!aliased) {
      rewriter.begin(message.frame, message.topicBytes, this.version, firstByte, whole, 0, expirySeconds)
      return rewriter
    }
    if (this.maximumPacketSizeBytes !== Infinity) {
      // With an alias that is new the packet is at its longest: one that would not fit must not set it.
      rewriter.begin(message.frame, message.topicBytes, 5, firstByte, whole, this.topicAliasMaximum, expirySeconds)
      if (rewriter.length > this.maximumPacketSizeBytes) {
        rewriter.begin(message.frame, message.topicBytes, 5, firstByte, whole, 0, expirySeconds)
        return rewriter.length > this.maximumPacketSizeBytes ? undefined : rewriter
      }
    }
    this.#aliases ??= new OutgoingTopicAliases(this.topicAliasMaximum)
    const assignment = this.#aliases.assign(message.topicName)
    if (assignment === undefined) return undefined
    const topic = assignment.isNew ? message.topicBytes : NO_TOPIC
    rewriter.begin(message.frame, topic, 5, firstByte, whole, assignment.alias, expirySeconds)
    return rewriter
  }

  /** [MQTT-3.1.2-24] Reason String and User Properties are left out first; undefined: it does not fit even so. */
  #fitting(packet: Packet): Packet | undefined {
    const maximum = this.maximumPacketSizeBytes
    if (maximum === Infinity || encodedLength(packet, this.version) <= maximum) return packet
    if (!('properties' in packet) || packet.properties === undefined) return undefined
    const { properties: all, ...bare } = packet
    const { reasonString: _, userProperties: __, ...properties } = all as Record<string, unknown>
    // Without any the Property Length is left out, too, where that may be.
    const smaller = (Object.keys(properties).length === 0 ? bare : { ...bare, properties }) as Packet
    return encodedLength(smaller, this.version) <= maximum ? smaller : undefined
  }
}

/** One packet is written at a time: all Outputs share the writer. */
const individual = new PublishRewriter()
