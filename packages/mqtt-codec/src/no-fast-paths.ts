import type { ReadPacket, WritePacket } from './directions.ts'

// What browsers load instead of fast-paths.ts: every packet goes the general way, into memory of its own. These are function
// declarations so that a bundler sees that they do nothing and leaves them out.

export function straightWriting<Failure>(general: WritePacket<Failure>): WritePacket<Failure> {
  return general
}

export function straightReading<Failure>(general: ReadPacket<Failure>): ReadPacket<Failure> {
  return general
}

export function takeSpare(): undefined {}

export function keepSpare(): void {}
