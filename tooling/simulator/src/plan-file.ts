import type { Plan } from './plan.ts'

/** A plan that once broke an invariant, as it is kept. */
export interface Regression {
  /** What was wrong, in one sentence. */
  readonly found: string
  readonly invariant: string
  /** The planted bug that is wrong in the same way: with it the plan breaks the invariant again. */
  readonly plantedBug: string
  readonly plan: Plan
}

/** JSON knows no Infinity, and plans do. */
const UNLIMITED = 'unlimited'

export const regressionToText = (regression: Regression): string =>
  `${JSON.stringify(regression, (_, value: unknown) => (value === Infinity ? UNLIMITED : value), 2)}\n`

export const regressionFromText = (text: string): Regression =>
  JSON.parse(text, (_, value: unknown) => (value === UNLIMITED ? Infinity : value)) as Regression
