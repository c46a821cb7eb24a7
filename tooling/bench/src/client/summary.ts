import type { ContestResult } from '../client-contestant.ts'
import { aligned } from '../harness/report.ts'
import { type Spread, spreadOf } from '../harness/statistics.ts'
import type { LibraryName } from './libraries.ts'
import { type Figure, FIGURES, type Scenario } from './scenarios.ts'

export interface Run extends ContestResult {
  readonly scenario: Scenario['name']
  readonly library: LibraryName
  readonly round: number
}

export interface Row {
  readonly scenario: string
  readonly library: LibraryName
  readonly figure: Figure
  readonly spread: Spread
  /** Median, by the clock. */
  readonly perSecond: number
  /** What the best of MQTT.js took by what this one took, round by round; undefined for MQTT.js itself. */
  readonly times: Spread | undefined
  readonly bar: number
  readonly verdict: 'met' | 'missed' | ''
}

const isOurs = (library: LibraryName): boolean => library.startsWith('godwit')

export const summarize = (scenarios: readonly Scenario[], runs: readonly Run[]): Row[] =>
  scenarios.flatMap((scenario) =>
    (Object.keys(scenario.bars) as Figure[]).flatMap((figure) =>
      scenario.libraries.flatMap((library) => {
        const of = runs.filter((run) => run.scenario === scenario.name)
        const mine = of.filter((run) => run.library === library)
        if (mine.length === 0) return []
        const value = ({ figures }: Run) => figures[figure]!
        const ratios = mine.map((run) => {
          const peers = of.filter((other) => other.round === run.round && !isOurs(other.library))
          return Math.min(...peers.map(value)) / value(run)
        })
        const times = isOurs(library) ? spreadOf(ratios) : undefined
        const bar = library === scenario.libraries[0] ? (scenario.bars[figure] ?? 0) : 0
        return {
          scenario: scenario.title,
          library,
          figure,
          spread: spreadOf(mine.map(value)),
          perSecond: spreadOf(mine.map(({ perSecond }) => perSecond)).median,
          times,
          bar,
          verdict: times === undefined || bar === 0 ? '' : times.median >= bar ? 'met' : 'missed',
        }
      }),
    ),
  )

export const table = (rows: readonly Row[]): string[] =>
  aligned([
    ['scenario', 'library', 'each', 'messages a second', 'times', 'at least', ''],
    ...rows.map(({ scenario, library, figure, spread, perSecond, times, bar, verdict }) => {
      const { title, digits } = FIGURES[figure]
      return [
        scenario,
        library,
        `${shown(spread, digits)} ${title}`,
        perSecond === 0 ? '' : Math.round(perSecond).toLocaleString('en'),
        times === undefined ? '' : shown(times, 1),
        bar === 0 ? '' : `${bar}`,
        verdict,
      ]
    }),
  ])

const shown = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} [${least.toFixed(digits)}-${most.toFixed(digits)}]`
