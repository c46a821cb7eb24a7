import { onMachine } from '../harness/page.ts'
import { plot } from './plot.ts'
import type { Results, Run } from './results.ts'
import type { Peer, Scenario } from './scenarios.ts'
import {
  type Comparison,
  compare,
  comparisonTable,
  isExcused,
  type Row,
  type Summary,
  summarize,
  table,
} from './summary.ts'

const INTRODUCTION =
  'Our broker against Mosquitto and Aedes: one process each, on the first CPU, the generator on the second, a fresh process ' +
  'for every scenario of every round, all in turns. The figure to trust is the CPU time of the broker for a delivered ' +
  'message; "times" is the peer\'s by ours, round by round; in `idle10k` it is that of the memory of a connection, in ' +
  '`retained100k` of the time a message takes. A target "latency" is met where p50 and p99 are not above Mosquitto\'s and ' +
  'p99.9 at most twice. Every message must arrive once, in order and whole. The last column is the run, below.'

export interface Page {
  readonly markdown: string
  readonly svg: string
  readonly summary: readonly Summary[]
  readonly comparisons: readonly Comparison[]
}

export const BROKERS = [{ name: 'godwit' }, { name: 'mosquitto' }, { name: 'aedes' }]

export const pageOf = (scenarios: readonly Scenario[], { runs, rows }: Results): Page => {
  const summary = summarize(scenarios, BROKERS, rows)
  const comparisons = compare(scenarios, rows)
  const measuredOnes = scenarios.filter(({ name }) => rows.some(({ scenario }) => scenario === name))
  const notes = [
    ...failures(measuredOnes, rows),
    ...reasons(measuredOnes, ({ excused }) => excused, 'breaks a rule in', 'and is compared all the same'),
    ...reasons(measuredOnes, ({ leftOut }) => leftOut, 'takes no part in'),
  ]
  const markdown = [
    '# Benchmark: broker',
    '',
    INTRODUCTION,
    '',
    '![CPU time for a delivered message](broker.svg)',
    '',
    ...table(summary),
    '',
    ...(comparisons.length > 0 ? [...comparisonTable(comparisons), ''] : []),
    ...runs.flatMap((run) => [aboutRun(run), '']),
    ...(notes.length > 0 ? [...notes, ''] : []),
  ].join('\n')
  const [first] = runs
  const dates = runs.map(({ machine }) => machine.date)
  const when = [...new Set([dates[0], dates.at(-1)])].join(' to ')
  const where = first === undefined ? '' : `, ${first.machine.cpu}, Node ${first.machine.node}`
  const caption = `Broker CPU for a delivered message, ${when}${where}`
  const measured = summary.filter(({ cpuUs }) => cpuUs.median > 0)
  return { markdown, svg: plot(measured, caption), summary, comparisons }
}

const aboutRun = ({ number, machine, rounds, generator, peers, congestionControl, minutes }: Run): string =>
  `Run ${number}: measured ${machine.date} at commit ${machine.commit}, ${rounds} rounds in ${minutes} minutes, generator: ` +
  `${generator}. Peers: ${peers}. TCP with ${congestionControl}. ${onMachine(machine)}`

/** Whoever was asked and never got through is told, not left out in silence. */
const failures = (scenarios: readonly Scenario[], rows: readonly Row[]): string[] =>
  scenarios.flatMap(({ name, excused }) =>
    BROKERS.flatMap(({ name: broker }) => {
      const runs = rows.filter((row) => row.scenario === name && row.broker === broker)
      if (runs.length === 0 || runs.some(({ ok }) => ok) || isExcused(excused, broker)) return []
      return [`- ${broker} never got through \`${name}\`: ${runs[0]!.error ?? 'a check did not hold'}`]
    }),
  )

/** A line for each reason, with the scenarios that have it. */
const reasons = (
  scenarios: readonly Scenario[],
  of: (scenario: Scenario) => Readonly<Partial<Record<Peer, string>>> | undefined,
  verb: string,
  more?: string,
): string[] => {
  const names = new Map<string, string[]>()
  for (const scenario of scenarios) {
    for (const [peer, reason] of Object.entries(of(scenario) ?? {})) {
      const key = `${peer}\n${reason}`
      names.set(key, [...(names.get(key) ?? []), `\`${scenario.name}\``])
    }
  }
  return [...names].map(([key, of]) => {
    const [peer, reason] = key.split('\n')
    return `- ${peer} ${verb} ${of.join(', ')}${more === undefined ? '' : `, ${more}`}: ${reason}.`
  })
}
