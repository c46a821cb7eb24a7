import type { Random } from './random.ts'
import type { World } from './world.ts'

/** What the network does to one connection; each figure is drawn for it. */
export interface LinkConditions {
  readonly latencyMs: number
  readonly jitterMs: number
  /** Chunks are cut into pieces of at most so many bytes; Infinity: they stay whole. */
  readonly chunkBytes: number
  /** Bytes that sockets and network hold for a client that does not read. */
  readonly capacityBytes: number
}

/** So many pieces a chunk is cut into at the most: headers are where a cut hurts. */
const PIECES = 12

/** Latency and jitter of a network where nothing goes wrong, each at the most. */
const HEALED_MS = 1

export const drawLatencyMs = ({ latencyMs, jitterMs }: LinkConditions, world: World, random: Random): number => {
  const share = random.fraction()
  // A network as slow as the slowest, under a window of one message, would not carry hundreds of them within a minute.
  if (world.healed) return Math.min(latencyMs, HEALED_MS) + Math.min(jitterMs, HEALED_MS) * share
  return latencyMs + jitterMs * share
}

/** Of the so many-th piece of a chunk. */
export const drawPieceBytes = ({ chunkBytes }: LinkConditions, piece: number, random: Random): number =>
  chunkBytes === Infinity || piece >= PIECES ? Infinity : random.between(1, chunkBytes)
