import type { Story } from './story.ts'

/** Where a history contradicts an invariant, and how. */
export interface Finding {
  /** The place in the history that shows it. */
  readonly place: number
  readonly text: string
}

/** One invariant, decided from the history alone. */
export interface Checker {
  /** Its name in the list of invariants. */
  readonly name: string
  /** What it says, in a sentence. */
  readonly says: string
  check(story: Story): Iterable<Finding>
}
