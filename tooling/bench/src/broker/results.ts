import type { Machine } from '../harness/machine.ts'
import type { Row } from './summary.ts'

/** One call of the benchmark: when, where, and with what. */
export interface Run {
  /** From 1 on, in the order in which they were made. */
  readonly number: number
  readonly machine: Machine
  readonly rounds: number
  readonly generator: string
  readonly peers: string
  /** The congestion control of its loopback connections. */
  readonly congestionControl: string
  readonly minutes: number
}

/** What a page is made of: several runs, where a long one was made in pieces. */
export interface Results {
  readonly runs: readonly Run[]
  readonly rows: readonly Row[]
}

/** A scenario that was measured again is replaced as a whole, so that all rows of one are of the same run. */
export const merge = (saved: Results, run: Omit<Run, 'number'>, rows: readonly Omit<Row, 'run'>[]): Results => {
  const again = new Set(rows.map(({ scenario }) => scenario))
  const kept = saved.rows.filter(({ scenario }) => !again.has(scenario))
  const runs = saved.runs.filter(({ number }) => kept.some((row) => row.run === number))
  const numbers = new Map(runs.map(({ number }, place) => [number, place + 1]))
  const number = runs.length + 1
  return {
    runs: [...runs.map((each, place) => ({ ...each, number: place + 1 })), { ...run, number }],
    rows: [
      ...kept.map((row) => ({ ...row, run: numbers.get(row.run)! })),
      ...rows.map((row) => ({ ...row, run: number })),
    ],
  }
}

export const NOTHING: Results = { runs: [], rows: [] }
