/** One limit: what it bounds, why, and what happens at it. */
export interface LimitDescription {
  readonly default: number
  readonly unit: 'bytes' | 'count' | 'milliseconds' | 'percent' | 'seconds'
  readonly why: string
  readonly atLimit: string
  /** What rises when it is met, beside `counters.limitsMet` of its name; `none`: nothing else. */
  readonly counter: string
}

export const KiB = 1024
export const MiB = 1024 * KiB

export const limit = (
  value: number,
  unit: LimitDescription['unit'],
  why: string,
  atLimit: string,
  counter: string,
): LimitDescription => ({ default: value, unit, why, atLimit, counter })
