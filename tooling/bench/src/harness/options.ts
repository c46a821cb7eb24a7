import { parseArgs } from 'node:util'
import type { Timing } from './contest.ts'

export interface SuiteOptions extends Timing {
  /** Only rows whose name has this in it. */
  readonly only: string
  /** Where the report is written; undefined: only printed. */
  readonly folder: string | undefined
}

/**
 * What every suite understands: `--rounds 41 --block-ms 10 --only PUBLISH --save`. Blocks are short and many by default: a virtual
 * machine changes its speed by two within a second, and the two sides of a round should have the same.
 */
export const suiteOptions = (resultsFolder: string, args: readonly string[]): SuiteOptions => {
  const { values } = parseArgs({
    args: [...args],
    options: {
      rounds: { type: 'string', default: '41' },
      'block-ms': { type: 'string', default: '10' },
      only: { type: 'string', default: '' },
      save: { type: 'boolean', default: false },
    },
  })
  return {
    rounds: positive('--rounds', values.rounds),
    blockMs: positive('--block-ms', values['block-ms']),
    warmUpMs: WARM_UP_MS,
    only: values.only,
    folder: values.save ? resultsFolder : undefined,
  }
}

const WARM_UP_MS = 300

const positive = (name: string, text: string): number => {
  const value = Number(text)
  if (!Number.isInteger(value) || value < 1) throw new RangeError(`${name} wants a whole number from 1 on, not ${text}`)
  return value
}
