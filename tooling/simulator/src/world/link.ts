import type { Packet } from '@godwit/mqtt-codec'
import type { ByteStream, ByteStreamHandler, CloseInfo, PeerInfo } from '@godwit/mqtt-transport'
import { TransportError } from '@godwit/mqtt-transport'
import type { BrokerProcess } from './broker-process.ts'
import { copyOf } from './bytes.ts'
import { HeldParts } from './held-parts.ts'
import { drawLatencyMs, drawPieceBytes, type LinkConditions } from './link-conditions.ts'
import { PacketMarks } from './packet-marks.ts'
import { PacketReader } from './packet-reader.ts'
import type { Random } from './random.ts'
import type { World } from './world.ts'

/** The client's end. */
export interface LinkHandler {
  onPacket?(packet: Packet): void
  onBytes?(bytes: Uint8Array): void
  onClose(clean: boolean): void
}

/** A time that is reached by adding a difference may be this far off. */
const ROUNDING_MS = 1e-6

interface Chunk {
  readonly bytes: Uint8Array
  readonly arrivesAt: number
}

/** What is under way to a client. A client of the simulation takes packets: only how many bytes there are matters to it. */
interface ClientChunk {
  readonly sizeBytes: number
  readonly bytes: Uint8Array | undefined
  readonly arrivesAt: number
}

/** One Network Connection between a client and the broker process. The broker's end is a `ByteStream`. */
export class Link implements ByteStream {
  readonly id: number
  readonly client: string
  readonly peer: PeerInfo
  readonly #world: World
  readonly #process: BrokerProcess
  readonly #random: Random
  readonly #conditions: LinkConditions
  readonly #client: LinkHandler
  #broker: ByteStreamHandler | undefined
  /** How it ended before the broker opened it: a stream says so then. */
  #untold: CloseInfo | undefined
  // Towards the broker.
  readonly #toBroker: Chunk[] = []
  #toBrokerAt = 0
  #sentBytes = 0
  #readBytes = 0
  readonly #sentMarks = new PacketMarks()
  readonly #outgoing = new PacketReader()
  #paused = false
  #finAt = -1
  /** Bytes that still arrive before the network breaks the connection; Infinity: it does not. */
  #cutAfterBytes = Infinity
  /** Nothing arrives any more, in either direction. */
  #broken = false
  // Towards the client.
  readonly #toClient: ClientChunk[] = []
  readonly #held = new HeldParts()
  #toClientAt = 0
  #inFlightBytes = 0
  #receivedBytes = 0
  readonly #writtenMarks = new PacketMarks()
  #incoming: PacketReader | undefined
  #readsAgainAt = 0
  #brokerEnding = false
  halfOpen = false
  brokerGone = false
  clientGone = false

  constructor(
    world: World,
    process: BrokerProcess,
    client: string,
    conditions: LinkConditions,
    random: Random,
    handler: LinkHandler,
  ) {
    this.id = world.nextConnection++
    this.#world = world
    this.#process = process
    this.#random = random
    this.#conditions = conditions
    this.#client = handler
    this.client = client
    this.peer = { transport: 'memory', remoteAddress: `10.0.0.${(this.id % 250) + 1}` }
    world.record({ type: 'opened', connection: this.id, client, at: world.now })
    process.schedule(this.#latency(), () => {
      if (!this.brokerGone) process.accept(this)
    })
    process.links.add(this)
  }

  // ---- the client's end

  /** A packet of a client that speaks the protocol itself. */
  sendPacket(packet: Packet, bytes: Uint8Array): void {
    if (this.clientGone) return
    this.#sentMarks.add(this.#sentBytes + bytes.length, packet, bytes.length)
    this.#record('sent', packet, bytes.length)
    if (packet.type === 'connect') this.#incoming ??= new PacketReader(packet.protocolVersion)
    this.#send(bytes)
  }

  /** Bytes of somebody else: what packets they are is found out here. */
  sendBytes(bytes: Uint8Array): void {
    if (this.clientGone) return
    const failure = this.#outgoing.push(bytes, (packet, sizeBytes, end) => {
      if (packet.type === 'connect') this.#incoming ??= new PacketReader(packet.protocolVersion)
      this.#sentMarks.add(end, packet, sizeBytes)
      this.#record('sent', packet, sizeBytes)
    })
    if (failure !== undefined) {
      this.#world.record({ type: 'garbage-sent', connection: this.id, reason: failure, at: this.#world.now })
    }
    // A socket copies what it is given.
    this.#send(copyOf(bytes))
  }

  /** The client closes in order, behind what it has sent. */
  closeByClient(): void {
    if (this.clientGone) return
    this.clientGone = true
    this.#world.record({ type: 'gone', connection: this.id, side: 'client', clean: true, at: this.#world.now })
    this.#finAt = this.#sentBytes
    this.#arrive()
  }

  /** The network breaks the connection, after so many more bytes for the broker have arrived. */
  cut(afterBytes = 0): void {
    if (this.brokerGone && this.clientGone) return
    this.#world.record({ type: 'cut', connection: this.id, at: this.#world.now })
    if (afterBytes > 0) this.#cutAfterBytes = this.#readBytes + afterBytes
    else this.#break()
  }

  /** The client has vanished, and nobody tells the broker. */
  vanish(): void {
    if (this.clientGone) return
    this.#world.record({ type: 'half-open', connection: this.id, at: this.#world.now })
    this.halfOpen = true
    this.#toBroker.length = 0
    this.#tellClient(false)
  }

  /** Bytes that the broker never sent, where no packet is half on its way. */
  inject(kind: string, bytes: Uint8Array): void {
    if (this.clientGone || this.#toClient.length > 0 || this.#receivedBytes === 0) return
    this.#world.record({ type: 'injected', connection: this.id, kind, at: this.#world.now })
    this.#client.onBytes?.(bytes)
  }

  /** The client reads nothing for a while. */
  stopReading(milliseconds: number): void {
    this.#world.record({ type: 'slow-reader', connection: this.id, at: this.#world.now })
    this.#readsAgainAt = this.#world.now + milliseconds
  }

  // ---- the broker's end

  get bufferedBytes(): number {
    return this.#held.sizeBytes
  }

  open(handler: ByteStreamHandler): void {
    const untold = this.#untold
    this.#broker = handler
    if (untold === undefined) this.#arrive()
    else this.#process.schedule(0, () => handler.onClose(untold))
  }

  write(bytes: Uint8Array): boolean {
    return this.writeAll([bytes])
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    if (this.brokerGone || this.#brokerEnding) return true
    let taken = true
    for (const part of parts) {
      this.#noteWritten(part)
      const room = this.#conditions.capacityBytes - this.#inFlightBytes
      const fits = this.#held.isEmpty && (part.length <= room || this.#inFlightBytes === 0)
      if (fits) this.#fly(part)
      else {
        this.#held.add(part)
        taken = false
      }
    }
    return taken
  }

  pause(): void {
    this.#paused = true
  }

  resume(): void {
    if (!this.#paused) return
    this.#paused = false
    this.#arrive()
  }

  end(): void {
    if (this.brokerGone || this.#brokerEnding) return
    this.#brokerEnding = true
    this.#world.record({ type: 'ended-by-broker', connection: this.id, at: this.#world.now })
    this.#endWhenWritten()
  }

  destroy(): void {
    if (this.brokerGone) return
    if (!this.#brokerEnding) {
      this.#world.record({ type: 'ended-by-broker', connection: this.id, at: this.#world.now })
    }
    this.#held.clear()
    this.#tellBroker(false)
    this.#world.schedule.after(this.#latency(), () => this.#tellClient(false))
  }

  /** The process has ended: nothing of it happens any more. */
  processEnded(): void {
    this.brokerGone = true
    this.#broker = undefined
    this.#held.clear()
    this.#world.schedule.after(this.#latency(), () => this.#tellClient(false))
  }

  // ---- in between

  #send(bytes: Uint8Array): void {
    this.#sentBytes += bytes.length
    this.#world.hash.bytes(bytes)
    if (this.halfOpen || this.#broken) return
    for (let at = 0, piece = 0; at < bytes.length; piece++) {
      const end = Math.min(bytes.length, at + this.#pieceBytes(piece))
      const arrivesAt = Math.max(this.#toBrokerAt, this.#world.now + this.#latency())
      this.#toBrokerAt = arrivesAt
      this.#toBroker.push({ bytes: at === 0 && end === bytes.length ? bytes : bytes.subarray(at, end), arrivesAt })
      at = end
      this.#process.schedule(arrivesAt - this.#world.now, () => this.#arrive())
    }
  }

  /** Gives the broker what has arrived. */
  #arrive(): void {
    const broker = this.#broker
    if (broker === undefined || this.brokerGone) return
    while (!this.#paused && !this.brokerGone && !this.#process.paused) {
      const chunk = this.#toBroker[0]
      if (chunk === undefined || chunk.arrivesAt > this.#world.now + ROUNDING_MS) break
      this.#toBroker.shift()
      const left = this.#cutAfterBytes - this.#readBytes
      const bytes = chunk.bytes.length > left ? chunk.bytes.subarray(0, left) : chunk.bytes
      if (bytes.length > 0) this.#read(bytes, broker)
      if (this.#readBytes >= this.#cutAfterBytes) return this.#break()
    }
    if (this.#finAt === this.#readBytes && !this.#paused && !this.brokerGone) {
      this.#finAt = -1
      this.#process.schedule(this.#latency(), () => this.#tellBroker(true))
    }
  }

  #read(bytes: Uint8Array, broker: ByteStreamHandler): void {
    this.#readBytes += bytes.length
    this.#sentMarks.pass(this.#readBytes, (packet, sizeBytes) => this.#record('read', packet, sizeBytes))
    // A socket's read buffer holds something else as soon as the call returns: whoever kept a view is found out.
    const buffer = copyOf(bytes)
    if (this.#brokerEnding) return
    broker.onData(buffer)
    buffer.fill(0xdb)
  }

  /** The network copies what it takes, where somebody looks at it. */
  #fly(part: Uint8Array): void {
    if (this.#broken) return
    this.#inFlightBytes += part.length
    if (this.halfOpen || this.clientGone) {
      // A socket that was closed takes what comes; one that vanished does not.
      if (!this.halfOpen) this.#inFlightBytes -= part.length
      return
    }
    const bytes = this.#client.onBytes === undefined ? undefined : copyOf(part)
    for (let at = 0, piece = 0; at < part.length; piece++) {
      const pieceBytes = bytes === undefined ? Infinity : this.#pieceBytes(piece)
      const end = Math.min(part.length, at + pieceBytes)
      const arrivesAt = Math.max(this.#toClientAt, this.#world.now + this.#latency())
      this.#toClientAt = arrivesAt
      this.#toClient.push({ sizeBytes: end - at, bytes: bytes?.subarray(at, end), arrivesAt })
      at = end
      this.#world.schedule.after(arrivesAt - this.#world.now, () => this.#reach())
    }
  }

  /** Gives the client what has arrived, if it reads. */
  #reach(): void {
    while (this.#toClient.length > 0) {
      const now = this.#world.now
      if (this.#readsAgainAt > now) {
        this.#world.schedule.after(this.#readsAgainAt - now, () => this.#reach())
        return
      }
      const chunk = this.#toClient[0]!
      if (chunk.arrivesAt > now + ROUNDING_MS) return
      this.#toClient.shift()
      this.#inFlightBytes -= chunk.sizeBytes
      this.#receivedBytes += chunk.sizeBytes
      this.#moveHeld()
      if (this.clientGone) continue
      this.#writtenMarks.pass(this.#receivedBytes, (packet, sizeBytes) => {
        this.#record('received', packet, sizeBytes)
        if (!this.clientGone) this.#client.onPacket?.(packet)
      })
      if (chunk.bytes !== undefined) this.#client.onBytes?.(chunk.bytes)
    }
    if (this.#brokerEnding && this.#held.isEmpty) this.#endWhenWritten()
  }

  #moveHeld(): void {
    let moved = false
    while (!this.#held.isEmpty && this.#inFlightBytes < this.#conditions.capacityBytes) {
      const { part, isChanged } = this.#held.take()
      if (isChanged) {
        this.#world.record({ type: 'memory-reused', connection: this.id, at: this.#world.now })
      }
      this.#fly(part)
      moved = true
    }
    if (moved && this.#held.isEmpty) {
      this.#process.schedule(0, () => {
        if (!this.brokerGone && this.bufferedBytes === 0) this.#broker?.onDrain()
      })
    }
  }

  /** The broker has ended: when everything is with the client, both sides know. */
  #endWhenWritten(): void {
    if (!this.#held.isEmpty || this.#toClient.length > 0 || this.halfOpen) return
    this.#world.schedule.after(this.#latency(), () => {
      if (this.#toClient.length > 0) return
      this.#tellClient(true)
      this.#process.schedule(this.#latency(), () => this.#tellBroker(true))
    })
  }

  #break(): void {
    this.#broken = true
    this.#cutAfterBytes = Infinity
    this.#toBroker.length = 0
    this.#toClient.length = 0
    this.#held.clear()
    this.#process.schedule(this.#latency(), () => this.#tellBroker(false))
    this.#world.schedule.after(this.#latency(), () => this.#tellClient(false))
  }

  #tellBroker(clean: boolean): void {
    if (this.brokerGone) return
    this.brokerGone = true
    this.#process.links.delete(this)
    this.#world.record({ type: 'gone', connection: this.id, side: 'broker', clean, at: this.#world.now })
    this.#process.schedule(0, () => {
      const error =
        clean || this.#brokerEnding ? undefined : new TransportError('CONNECTION_RESET', 'tcp', 'the connection broke')
      const info = error === undefined ? { clean } : { clean, error }
      if (this.#broker === undefined) this.#untold = info
      else this.#broker.onClose(info)
    })
  }

  #tellClient(clean: boolean): void {
    if (this.clientGone) return
    this.clientGone = true
    this.#world.record({ type: 'gone', connection: this.id, side: 'client', clean, at: this.#world.now })
    this.#client.onClose(clean)
  }

  #noteWritten(part: Uint8Array): void {
    this.#world.hash.bytes(part)
    const failure = (this.#incoming ??= new PacketReader(4)).push(part, (packet, sizeBytes, end) => {
      this.#writtenMarks.add(end, packet, sizeBytes)
      this.#record('written', packet, sizeBytes)
    })
    if (failure === undefined) return
    this.#world.record({ type: 'garbage-written', connection: this.id, reason: failure, at: this.#world.now })
  }

  #record(type: 'sent' | 'read' | 'written' | 'received', packet: Packet, sizeBytes: number): void {
    const world = this.#world
    world.record({ type, connection: this.id, place: world.history.length, packet, sizeBytes, at: world.now })
  }

  #latency(): number {
    return drawLatencyMs(this.#conditions, this.#world, this.#random)
  }

  #pieceBytes(piece: number): number {
    return drawPieceBytes(this.#conditions, piece, this.#random)
  }
}
