import { aligned } from '../harness/report.ts'
import { type Spread, spreadOf } from '../harness/statistics.ts'
import type { LoadResult } from '../load.ts'
import type { Contestant } from './contestants.ts'
import type { Scenario } from './scenarios.ts'

export interface Row extends LoadResult {
  readonly scenario: string
  readonly broker: string
  readonly round: number
  /** In which run of the benchmark: see `results.ts`. */
  readonly run: number
}

export interface Summary {
  readonly scenario: string
  readonly broker: string
  readonly messagesPerSecond: number
  readonly cpuUs: Spread
  readonly memoryBytes: number
  readonly p50Us: number
  readonly p99Us: number
  readonly p999Us: number
  /** The peer's CPU time by ours, round by round; undefined for our own rows. */
  readonly times: Spread | undefined
  readonly target: number
  readonly verdict: 'met' | 'missed' | ''
  /** Runs in which every message came once, in order and whole. */
  readonly held: number
  readonly runs: number
  readonly run: number
}

/** The less the better. */
const COSTS: Readonly<Record<NonNullable<Scenario['figure']>, (row: Row) => number>> = {
  cpu: ({ cpuUs }) => cpuUs,
  memory: ({ memoryBytes }) => memoryBytes,
  rate: ({ messagesPerSecond }) => 1e6 / messagesPerSecond,
}

/** Medians by scenario and broker. A run that failed counts in no median, but where it is excused. */
export const summarize = (
  scenarios: readonly Scenario[],
  brokers: readonly Pick<Contestant, 'name'>[],
  rows: readonly Row[],
): Summary[] =>
  scenarios.flatMap(({ name: scenario, targets, leastRate = 0, figure = 'cpu', isAboutLatency = false, excused }) =>
    brokers.flatMap(({ name: broker }) => {
      const of = (who: string) => rows.filter((row) => row.scenario === scenario && row.broker === who)
      const runs = of(broker)
      const cost = COSTS[figure]
      const isGood = (row: Row): boolean =>
        (row.ok || isExcused(excused, row.broker)) && cost(row) > 0 && cost(row) < Infinity
      const good = runs.filter(isGood)
      if (good.length === 0) return []
      const pairs = good.flatMap((theirs) => {
        const ours = of('godwit').find((row) => row.round === theirs.round)
        return ours === undefined || !isGood(ours) ? [] : [{ ours, theirs }]
      })
      const ratios = pairs.map(({ ours, theirs }) => cost(theirs) / cost(ours))
      const rates = pairs.map(({ ours, theirs }) => ours.messagesPerSecond / theirs.messagesPerSecond)
      const times = broker === 'godwit' || ratios.length === 0 ? undefined : spreadOf(ratios)
      const target = broker === 'mosquitto' || broker === 'aedes' ? targets[broker] : 0
      const isFastEnough = broker !== 'mosquitto' || leastRate === 0 || spreadOf(rates).median >= leastRate
      const verdict = (): Summary['verdict'] => {
        if (isAboutLatency && broker === 'mosquitto' && pairs.length > 0) return latencyVerdict(pairs)
        if (times === undefined || target === 0) return ''
        return times.median >= target && isFastEnough ? 'met' : 'missed'
      }
      const median = (value: (row: Row) => number) => spreadOf(good.map(value)).median
      return {
        scenario,
        broker,
        messagesPerSecond: Math.round(median((row) => row.messagesPerSecond)),
        cpuUs: spreadOf(good.map(({ cpuUs }) => cpuUs)),
        memoryBytes: Math.round(median((row) => row.memoryBytes)),
        p50Us: median((row) => row.p50Us),
        p99Us: median((row) => row.p99Us),
        p999Us: median((row) => row.p999Us),
        times,
        target,
        verdict: verdict(),
        held: runs.filter(({ ok }) => ok).length,
        runs: runs.length,
        run: good[0]!.run,
      }
    }),
  )

/** Whether what a broker did in a scenario counts although it broke a rule. */
export const isExcused = (excused: Scenario['excused'], broker: string): boolean =>
  excused !== undefined && Object.hasOwn(excused, broker)

/** Medians of the same rounds. */
const latencyVerdict = (pairs: readonly { readonly ours: Row; readonly theirs: Row }[]): 'met' | 'missed' => {
  const times = (value: (row: Row) => number) =>
    spreadOf(pairs.map(({ ours }) => value(ours))).median / spreadOf(pairs.map(({ theirs }) => value(theirs))).median
  const isMet = times((row) => row.p50Us) <= 1 && times((row) => row.p99Us) <= 1 && times((row) => row.p999Us) <= 2
  return isMet ? 'met' : 'missed'
}

const latency = (us: number): string => (us > 0 ? us.toFixed(1) : '')

export const table = (summaries: readonly Summary[]): string[] =>
  aligned([
    [
      'scenario',
      'broker',
      'messages/s',
      'CPU, us',
      'bytes',
      'times',
      'target',
      '',
      'p50, us',
      'p99, us',
      'p99.9, us',
      'held',
      'run',
    ],
    ...summaries.map((each) => [
      each.scenario,
      each.broker,
      each.messagesPerSecond > 0 ? `${each.messagesPerSecond}` : '',
      each.cpuUs.median > 0 ? spread(each.cpuUs, 2) : '',
      each.memoryBytes > 0 ? `${each.memoryBytes}` : '',
      each.times === undefined ? '' : spread(each.times, 1),
      each.target > 0 ? `${each.target}` : each.verdict === '' ? '' : 'latency',
      each.verdict,
      latency(each.p50Us),
      latency(each.p99Us),
      latency(each.p999Us),
      `${each.held}/${each.runs}`,
      `${each.run}`,
    ]),
  ])

/** What our broker takes for one scenario, compared with another in the same rounds. */
export interface Comparison {
  readonly scenario: string
  readonly besides: string
  readonly times: Spread
  /** 0: it is only told. */
  readonly mostTimes: number
  readonly verdict: 'met' | 'missed' | ''
}

export const compare = (scenarios: readonly Scenario[], rows: readonly Row[]): Comparison[] =>
  scenarios.flatMap(({ name: scenario, besides }) => {
    if (besides === undefined) return []
    const of = (name: string) => rows.filter((row) => row.scenario === name && row.broker === 'godwit' && row.ok)
    const ratios = of(scenario).flatMap(({ run, round, cpuUs }) =>
      of(besides.scenario)
        .filter((other) => other.run === run && other.round === round)
        .map((other) => cpuUs / other.cpuUs),
    )
    if (ratios.length === 0) return []
    const times = spreadOf(ratios)
    const { mostTimes } = besides
    const verdict = mostTimes === 0 ? '' : times.median <= mostTimes ? 'met' : 'missed'
    return [{ scenario, besides: besides.scenario, times, mostTimes, verdict }]
  })

export const comparisonTable = (comparisons: readonly Comparison[]): string[] =>
  aligned([
    ['our broker', 'beside', 'times its CPU', 'at most', ''],
    ...comparisons.map(({ scenario, besides, times, mostTimes, verdict }) => [
      scenario,
      besides,
      spread(times, 2),
      mostTimes === 0 ? '' : `${mostTimes}`,
      verdict,
    ]),
  ])

const spread = ({ median, least, most }: Spread, digits: number): string =>
  `${median.toFixed(digits)} [${least.toFixed(digits)}-${most.toFixed(digits)}]`
