import type { ByteStream, ByteStreamHandler, CloseInfo, PeerInfo } from './byte-stream.ts'
import { alreadyOpen, TransportError } from './transport-error.ts'

/** Runs a task later, never inside the call. */
export type Schedule = (task: () => void) => void

export interface MemoryPairOptions {
  /** Bytes that each direction takes before `write` answers `false`, as a kernel's socket buffer would. Default 65,536. */
  readonly capacityBytes?: number
  /** What each end says about the other: the first element stands in the first stream's `peer`. */
  readonly peers?: readonly [PeerInfo, PeerInfo]
}

/**
 * Two byte streams tied to each other, without a socket. The same calls with the same `schedule` give the same history, so a
 * simulation can pass a scheduler of its own and decide what happens when. It behaves as TCP at its worst: `destroy` loses
 * what is under way and resets the other end, and the memory of a chunk is overwritten as soon as `onData` returns.
 *
 * @param schedule default: a microtask
 */
export const memoryPair = (
  schedule: Schedule = microtask,
  options: MemoryPairOptions = {},
): [ByteStream, ByteStream] => {
  const capacityBytes = options.capacityBytes ?? 65_536
  const [firstPeer, secondPeer] = options.peers ?? [MEMORY_PEER, MEMORY_PEER]
  const first = new MemoryByteStream(schedule, capacityBytes, firstPeer)
  const second = new MemoryByteStream(schedule, capacityBytes, secondPeer)
  first.join(second)
  second.join(first)
  return [first, second]
}

/** What a reader sees that kept a view beyond the call. */
const OVERWRITTEN = 0xdd

const MEMORY_PEER: PeerInfo = { transport: 'memory' }

class MemoryByteStream implements ByteStream {
  readonly peer: PeerInfo
  readonly #schedule: Schedule
  readonly #capacityBytes: number
  readonly #run = (): void => this.#deliver()
  #other: MemoryByteStream | undefined
  #handler: ByteStreamHandler | undefined
  #paused = false
  /** Copies on their way to this end: the kernel's part, no longer the writer's. */
  #arrived: Uint8Array[] = []
  #arrivedBytes = 0
  /** What this end wrote beyond the capacity of the other: the caller's own memory. */
  #held: Uint8Array[] = []
  #heldBytes = 0
  #drainOwed = false
  /** No more writes: `end` was called or the peer has ended. */
  #ending = false
  /** `end` was called here: what arrives is dropped. */
  #deaf = false
  #endSent = false
  #endArrived = false
  #endSeen = false
  #closing: CloseInfo | undefined
  #closed = false
  #scheduled = false

  constructor(schedule: Schedule, capacityBytes: number, peer: PeerInfo) {
    this.#schedule = schedule
    this.#capacityBytes = capacityBytes
    this.peer = peer
  }

  join(other: MemoryByteStream): void {
    this.#other = other
  }

  open(handler: ByteStreamHandler): void {
    if (this.#handler !== undefined) throw alreadyOpen()
    this.#handler = handler
    this.#wake()
  }

  write(bytes: Uint8Array): boolean {
    if (this.#ending || this.#closing !== undefined || bytes.length === 0) return true
    const other = this.#other!
    if (this.#held.length === 0 && other.#arrivedBytes + bytes.length <= this.#capacityBytes) {
      other.#take(bytes)
      return true
    }
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    this.#refill()
    return false
  }

  writeAll(parts: readonly Uint8Array[]): boolean {
    let taken = true
    for (const part of parts) taken = this.write(part) && taken
    return taken
  }

  get bufferedBytes(): number {
    return this.#heldBytes
  }

  pause(): void {
    if (!this.#deaf) this.#paused = true
  }

  resume(): void {
    this.#paused = false
    this.#wake()
  }

  end(): void {
    if (this.#deaf || this.#closing !== undefined) return
    this.#deaf = true
    this.#ending = true
    this.#paused = false
    this.#sendEnd()
    this.#wake()
  }

  destroy(): void {
    if (this.#closing !== undefined) return
    this.#close({ clean: false })
    this.#other!.#close({
      clean: false,
      error: new TransportError('CONNECTION_RESET', 'tcp', 'the other end of the memory pair was destroyed'),
    })
  }

  #take(bytes: Uint8Array): void {
    this.#arrived.push(bytes.slice())
    this.#arrivedBytes += bytes.length
    this.#wake()
  }

  #wake(): void {
    if (this.#scheduled || this.#closed || this.#handler === undefined) return
    this.#scheduled = true
    this.#schedule(this.#run)
  }

  #deliver(): void {
    this.#scheduled = false
    const handler = this.#handler!
    if (this.#closing !== undefined) return this.#finish(handler, this.#closing)
    if (this.#drainOwed) {
      this.#drainOwed = false
      handler.onDrain()
    }
    // What arrives meanwhile waits for a task of its own: two ends that answer each other must not starve the rest.
    let remaining = this.#arrived.length
    while (remaining-- > 0 && this.#readable) this.#read(handler)
    if (this.#closing !== undefined || this.#arrived.length > 0) return
    if (this.#endArrived && !this.#paused) this.#onEnd()
  }

  get #readable(): boolean {
    return this.#arrived.length > 0 && !this.#paused && this.#closing === undefined
  }

  #read(handler: ByteStreamHandler): void {
    const chunk = this.#arrived.shift()!
    this.#arrivedBytes -= chunk.length
    this.#other!.#refill()
    if (this.#deaf) return
    try {
      handler.onData(chunk)
    } finally {
      chunk.fill(OVERWRITTEN)
      if (this.#arrived.length > 0 || this.#endArrived) this.#wake()
    }
  }

  /** Moves what this end holds into the room that the other end has made. */
  #refill(): void {
    const other = this.#other!
    while (this.#held.length > 0 && other.#arrivedBytes < this.#capacityBytes) {
      const room = this.#capacityBytes - other.#arrivedBytes
      const part = this.#held[0]!
      if (part.length <= room) this.#held.shift()
      else this.#held[0] = part.subarray(room)
      const moved = part.subarray(0, room)
      this.#heldBytes -= moved.length
      other.#take(moved)
      if (this.#held.length > 0) continue
      this.#drainOwed = true
      this.#wake()
    }
    this.#sendEnd()
  }

  #sendEnd(): void {
    if (!this.#ending || this.#endSent || this.#held.length > 0) return
    this.#endSent = true
    this.#other!.#endArrived = true
    this.#other!.#wake()
    if (this.#endSeen) this.#close({ clean: true })
  }

  /** The peer has ended. What is held here still goes out, then both directions have ended and nothing can follow. */
  #onEnd(): void {
    if (this.#endSeen) return
    this.#endSeen = true
    this.#ending = true
    if (this.#endSent) this.#close({ clean: true })
    else this.#sendEnd()
  }

  #close(info: CloseInfo): void {
    if (this.#closing !== undefined) return
    this.#closing = info
    this.#arrived = []
    this.#arrivedBytes = 0
    this.#held = []
    this.#heldBytes = 0
    this.#wake()
  }

  #finish(handler: ByteStreamHandler, info: CloseInfo): void {
    if (this.#closed) return
    this.#closed = true
    handler.onClose(info)
  }
}

const microtask: Schedule = (task) => {
  // Typed by structure: this file compiles without Node's and without the DOM's types.
  const { queueMicrotask } = globalThis as unknown as { queueMicrotask: Schedule }
  queueMicrotask(task)
}
