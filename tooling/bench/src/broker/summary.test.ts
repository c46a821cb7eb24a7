import { expect, it } from 'vitest'
import type { Scenario } from './scenarios.ts'
import { compare, comparisonTable, type Row, summarize, table } from './summary.ts'

const scenario: Scenario = {
  name: 'p2p_q0',
  group: 'traffic',
  load: undefined,
  arguments: '',
  targets: { mosquitto: 3, aedes: 0 },
}
const brokers = [{ name: 'godwit' }, { name: 'mosquitto' }, { name: 'aedes' }]
const row = (broker: string, round: number, cpuUs: number, ok = true): Row => ({
  scenario: 'p2p_q0',
  broker,
  round,
  ok,
  messagesPerSecond: 1000,
  cpuUs,
  memoryBytes: 0,
  p50Us: 10,
  p99Us: 20,
  p999Us: 30,
  run: 1,
})

it('compares a peer with us round by round, and says whether the target is met', () => {
  const rows = [row('godwit', 0, 1), row('mosquitto', 0, 4), row('godwit', 1, 2), row('mosquitto', 1, 4)]
  const [ours, peer] = summarize([scenario], brokers, rows)
  expect(ours).toMatchObject({ broker: 'godwit', times: undefined, verdict: '', runs: 2 })
  expect(peer).toMatchObject({ times: { median: 3, least: 2, most: 4 }, target: 3, verdict: 'met', held: 2 })
  const slower = summarize([scenario], brokers, [...rows, row('godwit', 2, 4), row('mosquitto', 2, 4)])
  expect(slower[1]).toMatchObject({ times: { median: 2 }, verdict: 'missed' })
})

it('where a rate is asked for, less CPU is not enough', () => {
  const rows = [row('godwit', 0, 1), row('mosquitto', 0, 4)]
  const verdict = (leastRate: number) => summarize([{ ...scenario, leastRate }], brokers, rows)[1]!.verdict
  expect([verdict(1), verdict(1.3)]).toEqual(['met', 'missed'])
})

it('a run in which a message was missing counts in no median, and is told', () => {
  const rows = [row('godwit', 0, 1), row('aedes', 0, 4), row('godwit', 1, 1, false), row('aedes', 1, 100)]
  const [ours, peer] = summarize([scenario], brokers, rows)
  expect(ours).toMatchObject({ held: 1, runs: 2, cpuUs: { median: 1 } })
  expect(peer).toMatchObject({ times: { median: 4, most: 4 }, target: 0, verdict: '' })
  expect(table([ours!, peer!])[2]).toMatch(/\| 1\/2 +\| 1 +\|$/)
})

it('prints a latency with one digit behind the point, also that between two rounds', () => {
  const late = (round: number, p50Us: number): Row => ({ ...row('godwit', round, 1), p50Us, p99Us: 50 })
  const [line = ''] = table(summarize([scenario], brokers, [late(0, 24.9), late(1, 25.000_000_000_3)])).slice(2)
  expect(line).toMatch(/\| (24\.9|25\.0) +\| 50\.0 +\|/)
})

it('compares a peer that breaks a rule where the scenario excuses that', () => {
  const rows = [row('godwit', 0, 1), row('mosquitto', 0, 3, false), row('aedes', 0, 4, false)]
  const summary = summarize([{ ...scenario, excused: { aedes: 'it may' } }], brokers, rows)
  expect(summary.map(({ broker, held }) => [broker, held])).toEqual([
    ['godwit', 1],
    ['aedes', 0],
  ])
  expect(summary[1]).toMatchObject({ times: { median: 4 } })
})

it('leaves a broker out that never got through', () => {
  expect(summarize([scenario], brokers, [row('godwit', 0, 1), row('mosquitto', 0, 0, false)])).toHaveLength(1)
})

it('compares two scenarios of ours in the same rounds, whatever the peers did', () => {
  const other = (round: number, cpuUs: number): Row => ({ ...row('godwit', round, cpuUs), scenario: 'full' })
  const full: Scenario = { ...scenario, name: 'full', besides: { scenario: 'p2p_q0', mostTimes: 1.5 } }
  const rows = [row('godwit', 0, 1), other(0, 1.2), row('godwit', 1, 2), other(1, 2.8), row('mosquitto', 1, 9)]
  const [found] = compare([scenario, full], rows)
  expect(found).toMatchObject({ scenario: 'full', times: { least: 1.2, most: 1.4 }, verdict: 'met' })
  expect(comparisonTable([found!])[2]).toMatch(/^\| full +\| p2p_q0 +\| 1\.30 \[1\.20-1\.40\] +\| 1\.5 +\| met +\|$/)
  expect(
    compare([scenario, full], [...rows, row('godwit', 2, 1), other(2, 4), row('godwit', 3, 1), other(3, 4)]),
  ).toMatchObject([{ verdict: 'missed' }])
  expect(compare([scenario, full], [row('godwit', 0, 1), other(1, 4)])).toEqual([])
})

it('compares memory, or messages a second, where that is what a scenario is about', () => {
  const idle = (broker: string, memoryBytes: number): Row => ({
    ...row(broker, 0, 0),
    messagesPerSecond: 0,
    memoryBytes,
  })
  const memory: Scenario = { ...scenario, figure: 'memory', targets: { mosquitto: 0, aedes: 2.2 } }
  const rows = [idle('godwit', 6_000), idle('aedes', 15_000)]
  const [ours, peer] = summarize([memory], brokers, rows)
  expect(peer).toMatchObject({ memoryBytes: 15_000, times: { median: 2.5 }, verdict: 'met' })
  expect(table([ours!, peer!])[2]).toMatch(/^\| p2p_q0 +\| godwit +\| +\| +\| 6000 +\|/)
  const fast = { ...row('godwit', 0, 9), messagesPerSecond: 3_000 }
  const rate: Scenario = { ...scenario, figure: 'rate' }
  expect(summarize([rate], brokers, [fast, row('mosquitto', 0, 1)])[1]).toMatchObject({
    times: { median: 3 },
    verdict: 'met',
  })
})

it('does not compare rows of two runs, which were made at different times', () => {
  const full: Scenario = { ...scenario, name: 'full', besides: { scenario: 'p2p_q0', mostTimes: 1.5 } }
  const rows = [row('godwit', 0, 1), { ...row('godwit', 0, 9), scenario: 'full', run: 2 }]
  expect(compare([scenario, full], rows)).toEqual([])
})

it('where latency is what counts, p50 and p99 are not to be above those of mosquitto, and p99.9 at most twice', () => {
  const latency: Scenario = { ...scenario, targets: { mosquitto: 0, aedes: 0 }, isAboutLatency: true }
  const verdict = (over: Partial<Row>) => {
    const rows = [{ ...row('godwit', 0, 9), ...over }, row('mosquitto', 0, 1), row('aedes', 0, 1)]
    return summarize([latency], brokers, rows).map((each) => each.verdict)
  }
  expect(verdict({ p999Us: 60 })).toEqual(['', 'met', ''])
  expect(verdict({ p999Us: 61 })).toEqual(['', 'missed', ''])
  expect(verdict({ p50Us: 11 })).toEqual(['', 'missed', ''])
  expect(verdict({ p99Us: 21 })).toEqual(['', 'missed', ''])
})
