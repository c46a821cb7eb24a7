import { describe, expect, it } from 'vitest'
import { type Contest, ContestError, hold } from './contest.ts'
import { markdown, type Report } from './report.ts'
import { suiteOptions } from './options.ts'
import { spreadOf } from './statistics.ts'
import { MACHINE } from '../testing/machine.ts'

/** Work whose cost is known: so many steps, of which nothing may be left out. */
const stepping = (steps: number) => () => {
  let state = 1
  for (let step = 0; step < steps; step++) state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0
  return state === 0 ? 1 : 0
}

const contest = (over: Partial<Contest> = {}): Contest => ({
  name: 'steps',
  operations: 1,
  leastRatio: 0,
  ours: stepping(10_000),
  peer: stepping(100_000),
  ...over,
})

describe('a contest', () => {
  it('sees which side is the faster one, and whether that is enough', () => {
    const easy = hold(contest({ leastRatio: 2 }), { rounds: 3, blockMs: 5, warmUpMs: 1 })
    expect(easy).toMatchObject({ name: 'steps', met: true })
    expect(easy.ratio.median).toBeGreaterThan(2)
    expect(easy.oursNs.median).toBeLessThan(easy.peerNs.median)
    const hard = hold(contest({ leastRatio: 1_000_000 }), { rounds: 1, blockMs: 1, warmUpMs: 1 })
    expect(hard.met).toBe(false)
  })

  it('gives the time of one operation', () => {
    const { oursNs } = hold(contest({ operations: 10_000 }), { rounds: 3, blockMs: 5, warmUpMs: 1 })
    expect(oursNs.median).toBeLessThan(1000)
  })

  it('is no contest where the sides read different things', () => {
    const different = contest({ ours: () => 1, peer: () => 2 })
    expect(() => hold(different, { rounds: 1, blockMs: 1, warmUpMs: 1 })).toThrow(ContestError)
  })

  it('prepares before each measured call, and measures one', () => {
    const calls: string[] = []
    const side = (name: string) => () => {
      calls.push(name)
      return 0
    }
    hold(contest({ prepare: () => calls.push('prepare'), ours: side('ours'), peer: side('peer') }), {
      rounds: 2,
      blockMs: 1,
      warmUpMs: 1,
    })
    const turn = ['prepare', 'ours', 'prepare', 'peer']
    const otherTurn = ['prepare', 'peer', 'prepare', 'ours']
    expect(calls).toEqual(['prepare', 'ours', 'peer', ...turn, ...otherTurn, ...turn])
  })
})

it('a spread is the middle, the least and the most', () => {
  expect(spreadOf([3, 1, 2])).toEqual({ median: 2, least: 1, most: 3 })
  expect(spreadOf([10, 4, 9, 1])).toEqual({ median: 6.5, least: 1, most: 10 })
  expect(() => spreadOf([])).toThrow(RangeError)
})

it('options have defaults, and nonsense is refused', () => {
  expect(suiteOptions('results', [])).toEqual({ rounds: 41, blockMs: 10, warmUpMs: 300, only: '', folder: undefined })
  expect(suiteOptions('results', ['--save', '--rounds', '3']).folder).toBe('results')
  expect(() => suiteOptions('results', ['--rounds', 'many'])).toThrow(RangeError)
  expect(() => suiteOptions('results', ['--runds', '3'])).toThrow(/runds/)
})

it('a page names machine, versions and what was missed', () => {
  const spread = { median: 20, least: 1, most: 30 }
  const row = { name: 'row', oursNs: spread, peerNs: spread, ratio: { median: 1, least: 1, most: 1 }, leastRatio: 2 }
  const report: Report = {
    suite: 'codec',
    machine: MACHINE,
    measured: 'the built packages',
    peers: { 'mqtt-packet': '9.0.2' },
    rounds: 3,
    sections: [{ title: 'Parse', results: [{ ...row, met: false }] }],
  }
  const page = markdown(report, 'Introduction.')
  expect(page).toContain('against mqtt-packet 9.0.2, 3 interleaved rounds. Node 20.19.0 (V8 11) on a CPU, 2 CPUs')
  expect(page).toContain('| row | 20 [1.0-30] | 20 [1.0-30] | 1.0 [1.0-1.0] | 2        | missed |')
})
