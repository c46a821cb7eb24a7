import { keepSpare, takeSpare } from '#fast-paths'
import { NO_BYTES } from './bytes.ts'
import { decodeFailure, type DecodeFailure } from './failures.ts'
import { judgeFirstByte } from './first-byte.ts'
import type { ProtocolVersion } from './packet-type.ts'
import { LENGTH_TOO_LONG, MALFORMED, OVERLONG } from './rules.ts'

export interface FrameScannerOptions {
  /** The longest packet taken, its fixed header included. Default: Infinity, which the protocol itself caps at 256 MiB. */
  readonly maximumPacketSizeBytes?: number | undefined
  /** Where it is known: always for a client, after CONNECT for a server. */
  readonly version?: ProtocolVersion | undefined
}

/** No more than this, or four times what has arrived, is ever allocated because a packet says that it is long. */
const LEAST_HOLD = 4096

/**
 * Cuts a stream of chunks into packets. A packet that lies in one chunk is found in place; one that a chunk's end cuts is
 * put together once, in a buffer that the next one uses again while the stream goes on. Whoever drives it may stop between
 * any two packets.
 *
 * After `push`, call `next` until it returns false: then all of the chunk has been taken, and its memory may be reused.
 */
export class FrameScanner {
  /** The longest packet taken, its fixed header included. May be set between packets. */
  maximumPacketSizeBytes: number
  /** Set by the owner after CONNECT: 5.0 alone wants the Remaining Length in the fewest bytes, and alone has AUTH. */
  version: ProtocolVersion | undefined
  /** Why the stream has ended for good: judged at the earliest byte that shows it. */
  failure: DecodeFailure | undefined = undefined

  /** Where the current packet lies; valid until the next `push` or `next`. */
  bytes: Uint8Array = NO_BYTES
  start = 0
  /** Where its fixed header ends. */
  bodyStart = 0
  end = 0
  firstByte = 0

  #chunk: Uint8Array = NO_BYTES
  #at = 0
  #chunkEnd = 0
  /** Whether the chunk is a copy of ours. */
  #own = false
  #hold: Uint8Array = NO_BYTES
  #held = 0
  /** Length of the packet in `#hold`, 0 while it is not known. */
  #total = 0
  /** Where the body of the packet last measured begins, from its own beginning. */
  #header = 0

  constructor(options: FrameScannerOptions = {}) {
    this.maximumPacketSizeBytes = options.maximumPacketSizeBytes ?? Infinity
    this.version = options.version
  }

  /** The first byte of the packet that waits for more bytes, -1 where none does. */
  get pendingFirstByte(): number {
    return this.#held ? this.#hold[0]! : -1
  }

  /** The first byte of the packet that `next` would move to, -1 where no byte of it is there. */
  get nextFirstByte(): number {
    const pending = this.pendingFirstByte
    return pending < 0 && this.unread ? this.#chunk[this.#at]! : pending
  }

  /** Bytes kept here: of the packet that waits for more, and those that `detach` copied. */
  get heldBytes(): number {
    return this.#held + (this.#own ? this.#chunkEnd - this.#at : 0)
  }

  /** Whether bytes are left that have not been looked at. */
  get unread(): boolean {
    return this.#at < this.#chunkEnd
  }

  /** The next bytes of the stream; they are read in place. What is unread before them is joined to them by a copy. */
  push(chunk: Uint8Array): void {
    if (this.failure) return
    const left = this.#chunkEnd - this.#at
    this.#own = left > 0
    if (this.#own) {
      const joined = new Uint8Array(left + chunk.length)
      joined.set(this.#chunk.subarray(this.#at, this.#chunkEnd))
      joined.set(chunk, left)
      this.#chunk = joined
    } else this.#chunk = chunk
    this.#at = 0
    this.#chunkEnd = this.#chunk.length
  }

  /** Copies what is unread, so that the chunk's memory may be reused before all of it has been scanned. */
  detach(): void {
    if (this.#own || !this.unread) return
    this.#chunk = this.#chunk.slice(this.#at, this.#chunkEnd)
    this.#chunkEnd -= this.#at
    this.#at = 0
    this.#own = true
  }

  /** Moves to the next packet. False: more bytes are needed, or the stream has failed (see `failure`). */
  next(): boolean {
    if (this.#held === 0) {
      if (!this.unread) return this.#release()
      const at = this.#at
      const total = this.#measure(this.#chunk, at, this.#chunkEnd)
      if (total !== 0 && at + total <= this.#chunkEnd) {
        this.#at = at + total
        return this.#found(this.#chunk, at, total)
      }
      this.#total = total
    }
    while (this.#total === 0 && this.unread && !this.failure) {
      this.#take(1)
      this.#total = this.#measure(this.#hold, 0, this.#held)
    }
    if (this.failure) return this.#release()
    const total = this.#total
    if (total !== 0) this.#take(Math.min(total - this.#held, this.#chunkEnd - this.#at))
    if (total === 0 || this.#held < total) return this.#wait()
    this.#held = 0
    return this.#found(this.#hold, 0, total)
  }

  /** Moves bytes of a packet that a chunk's end cuts into `#hold`. */
  #take(size: number): void {
    const at = this.#at
    this.#reserve(this.#held + size)
    // A byte at a time is the usual way of a hostile sender and of a test: a view would cost more than the byte.
    if (size === 1) this.#hold[this.#held] = this.#chunk[at]!
    else this.#hold.set(this.#chunk.subarray(at, at + size), this.#held)
    this.#at += size
    this.#held += size
  }

  #found(bytes: Uint8Array, start: number, total: number): true {
    this.bytes = bytes
    this.start = start
    this.bodyStart = start + this.#header
    this.end = start + total
    this.firstByte = bytes[start]!
    return true
  }

  /** The chunk has been taken; the packet in `#hold` waits. */
  #wait(): false {
    this.bytes = this.#chunk = NO_BYTES
    this.#at = this.#chunkEnd = 0
    this.#own = false
    return false
  }

  /** The same, between two packets or after a failure: nothing at all is kept for an idle connection. */
  #release(): false {
    keepSpare(this.#hold)
    this.#hold = NO_BYTES
    this.#held = 0
    return this.#wait()
  }

  /** Makes room for so many bytes of the packet. */
  #reserve(size: number): void {
    const room = this.#hold.length
    // A long buffer is not kept for short packets: one long packet would pin it for as long as the connection lasts.
    const isFit = room <= Math.max(LEAST_HOLD, this.#total * 2)
    if (room >= size && (this.#held > 0 || isFit)) return
    const hold =
      takeSpare(this.#total) ??
      new Uint8Array(Math.max(size, Math.min(this.#total || 64, Math.max(LEAST_HOLD, size << 2))))
    hold.set(this.#hold.subarray(0, this.#held))
    this.#hold = hold
  }

  /** The length of the packet at `start`: 0 while that is not known, or when it has failed. */
  #measure(bytes: Uint8Array, start: number, end: number): number {
    const firstByte = bytes[start]!
    this.failure = judgeFirstByte(firstByte, this.version)
    if (this.failure) return 0
    let length = 0
    let at = start + 1
    for (let shift = 0; at < end; shift += 7) {
      const byte = bytes[at++]!
      length |= (byte & 0x7f) << shift
      if (byte < 0x80) {
        this.#header = at - start
        const total = length + this.#header
        if (byte === 0 && shift > 0 && this.version === 5) return this.#fail(OVERLONG, at - 1 - start, firstByte)
        return total > this.maximumPacketSizeBytes ? this.#fail('bytes: ' + total, 1, firstByte, 0x95) : total
      }
      if (shift === 21) return this.#fail(LENGTH_TOO_LONG, at - 1 - start, firstByte)
    }
    return 0
  }

  #fail(rule: string, offset: number, firstByte: number, reasonCode = MALFORMED): 0 {
    this.failure = decodeFailure({ reasonCode, rule, offset }, firstByte, this.version)
    return 0
  }
}
