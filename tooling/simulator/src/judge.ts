import { CHECKERS } from './checkers/index.ts'
import { tellStory } from './checkers/tell-story.ts'
import type { Outcome } from './simulation.ts'

/** What a history contradicts. */
export interface Violation {
  /** The invariant's name. */
  readonly invariant: string
  readonly place: number
  readonly text: string
}

/** Asks every checker, or one; of each only the first thing that it found. */
export const judge = (outcome: Outcome, only?: string): Violation[] => {
  const story = tellStory(outcome)
  const violations: Violation[] = []
  for (const checker of CHECKERS) {
    if (only !== undefined && checker.name !== only) continue
    for (const { place, text } of checker.check(story)) {
      violations.push({ invariant: checker.name, place, text })
      break
    }
  }
  return violations
}
