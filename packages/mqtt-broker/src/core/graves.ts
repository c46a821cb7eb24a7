import type { Core } from './context.ts'
import type { CommitNumber } from './output.ts'

/** What an ended Session or group left in the store: its messages, which are taken out piece by piece. */
export interface Grave {
  readonly number: number
  /** Where the next piece begins. */
  sequence: number
  /** The store shows the whole of it after this commit. */
  commit: CommitNumber
}

export const bury = (core: Core, number: number, commit: CommitNumber): void => {
  core.graves.push({ number, sequence: 0, commit })
}
