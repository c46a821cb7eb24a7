import { type Spread, spreadOf } from './statistics.ts'

/** Does the work once and returns a checksum of what it read or wrote, which both sides must agree on. */
export type Work = () => number

/** One row of a table: the same work done by us and by a peer, in turns. */
export interface Contest {
  readonly name: string
  /** What one call handles, such as packets: times are given for one of them. */
  readonly operations: number
  /** How many times as fast as the peer we have to be; 0: only reported. */
  readonly leastRatio: number
  readonly ours: Work
  readonly peer: Work
  /** Where the work changes what it works on: called before each measured call, untimed, and each block is one call. */
  readonly prepare?: () => void
}

export interface Timing {
  /** Rounds that count; one more warms up. */
  readonly rounds: number
  /** How long one side works at a stretch. */
  readonly blockMs: number
  /** How long each side works before anything counts. */
  readonly warmUpMs: number
}

export interface ContestResult {
  readonly name: string
  readonly oursNs: Spread
  readonly peerNs: Spread
  /** Peer's time by ours, round by round: 2 means twice as fast. */
  readonly ratio: Spread
  readonly leastRatio: number
  readonly met: boolean
}

/** A disagreement of the two sides: then their times say nothing. */
export class ContestError extends Error {
  readonly code = 'SIDES_DISAGREE'
}

/**
 * Lets both sides work in turns, so that whatever else the machine does hits both. The side that begins changes with every
 * round.
 *
 * @throws {ContestError} where the sides return different checksums
 */
export const hold = (contest: Contest, { rounds, blockMs, warmUpMs }: Timing): ContestResult => {
  const { prepare } = contest
  prepare?.()
  const [ours, theirs] = [contest.ours(), contest.peer()]
  if (ours !== theirs) {
    throw new ContestError(`${contest.name}: we read ${ours}, the peer ${theirs}`)
  }
  const calls =
    prepare === undefined ? [contest.ours, contest.peer].map((work) => callsIn(work, blockMs, warmUpMs)) : [1, 1]
  const oursNs: number[] = []
  const peerNs: number[] = []
  for (let round = 0; round <= rounds; round++) {
    const block = (work: Work, side: 0 | 1) =>
      nanosecondsOf(work, calls[side]!, prepare) / calls[side]! / contest.operations
    let mine: number
    let other: number
    if (round % 2 === 0) {
      mine = block(contest.ours, 0)
      other = block(contest.peer, 1)
    } else {
      other = block(contest.peer, 1)
      mine = block(contest.ours, 0)
    }
    if (round > 0) {
      oursNs.push(mine)
      peerNs.push(other)
    }
  }
  const ratio = spreadOf(peerNs.map((nanoseconds, round) => nanoseconds / oursNs[round]!))
  return {
    name: contest.name,
    oursNs: spreadOf(oursNs),
    peerNs: spreadOf(peerNs),
    ratio,
    leastRatio: contest.leastRatio,
    met: ratio.median >= contest.leastRatio,
  }
}

/** How many calls fill a block. What the compiler has not seen often enough is many times slower, so it is warmed up first. */
const callsIn = (work: Work, blockMs: number, warmUpMs: number): number => {
  let calls = 1
  for (let spentMs = 0; spentMs < warmUpMs; calls *= 2) spentMs += nanosecondsOf(work, calls) / 1e6
  const took = nanosecondsOf(work, calls) / 1e6
  return Math.max(1, Math.round((calls * blockMs) / took))
}

/**
 * CPU time of the process: on a machine with other work, the time by the clock says little. Nothing is collected between
 * blocks: a forced collection throws optimised code away with what it held weakly, and each side makes its own garbage.
 */
const nanosecondsOf = (work: Work, calls: number, prepare?: () => void): number => {
  prepare?.()
  const began = process.cpuUsage()
  let sum = 0
  for (let call = 0; call < calls; call++) sum += work()
  const { user, system } = process.cpuUsage(began)
  // Somebody looks at the sum, so that no compiler may leave the work out.
  if (Number.isNaN(sum)) throw new ContestError('a checksum is not a number')
  return (user + system) * 1000
}
