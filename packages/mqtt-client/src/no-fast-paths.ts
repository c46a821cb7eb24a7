import type { PacketReader } from '@godwit/mqtt-codec/client'

// What browsers load instead of fast-paths.ts: everything goes the general way. These are function declarations so that a bundler sees that
// they do nothing and leaves them out.

export const InFlight = Map
export const fill = Object.assign

export function sendAtOnce(): undefined {}

export function spareOr(buffer: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  return buffer
}

export function keepSpare(): void {}

/** A page gets no more at once than a message of its WebSocket. */
export function inPieces(read: PacketReader): PacketReader {
  return read
}

/** Whoever writes it finds none. */
export function mayHaveProperties(): boolean {
  return true
}
