import { expect, it } from 'vitest'
import { merge, NOTHING, type Run } from './results.ts'
import type { Row } from './summary.ts'
import { MACHINE } from '../testing/machine.ts'

const run = (commit: string): Omit<Run, 'number'> => ({
  machine: { ...MACHINE, commit },
  rounds: 1,
  generator: 'our own',
  peers: 'none',
  congestionControl: 'reno',
  minutes: 1,
})
const row = (scenario: string, cpuUs: number): Omit<Row, 'run'> => ({
  scenario,
  broker: 'godwit',
  round: 0,
  ok: true,
  messagesPerSecond: 1000,
  cpuUs,
  memoryBytes: 0,
  p50Us: 1,
  p99Us: 2,
  p999Us: 3,
})

it('keeps what another run measured, replaces what was measured again, and says which run a row is of', () => {
  const first = merge(NOTHING, run('a'), [row('one', 1), row('two', 2)])
  expect(first.runs.map(({ number, machine }) => [number, machine.commit])).toEqual([[1, 'a']])
  const second = merge(first, run('b'), [row('two', 5), row('three', 3)])
  expect(second.runs.map(({ number, machine }) => [number, machine.commit])).toEqual([
    [1, 'a'],
    [2, 'b'],
  ])
  expect(second.rows.map(({ scenario, cpuUs, run: of }) => [scenario, cpuUs, of])).toEqual([
    ['one', 1, 1],
    ['two', 5, 2],
    ['three', 3, 2],
  ])
})

it('forgets a run of which nothing is left, and numbers the others anew', () => {
  const first = merge(NOTHING, run('a'), [row('one', 1)])
  const second = merge(first, run('b'), [row('two', 2)])
  const third = merge(second, run('c'), [row('one', 9)])
  expect(third.runs.map(({ number, machine }) => [number, machine.commit])).toEqual([
    [1, 'b'],
    [2, 'c'],
  ])
  expect(third.rows.map(({ scenario, run: of }) => [scenario, of])).toEqual([
    ['two', 1],
    ['one', 2],
  ])
})
