import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { bundle } from '../bundle.mjs'
import budgets from './allocation-budgets.json' with { type: 'json' }
import { PATTERNS } from './hot-path/traffic.ts'

/**
 * One thread, and room for all that is counted. Without the optimizing compiler, because which calls it inlines, and so which
 * short-lived objects it never makes, differs between two machines with the same Node: what is counted is what the code asks
 * for, which is more than an optimized broker allocates, and the same everywhere.
 */
const FLAGS = ['--expose-gc', '--single-threaded', '--no-opt', '--min-semi-space-size=64', '--max-semi-space-size=64']
/** A process on a busy machine was once seen to allocate 5 % more in one pattern. A real rise is there in every process. */
const PROCESSES = 3
/** What an engine does with the same code differs: another one is only held to be of the same kind. */
const MARGIN = process.versions.node.startsWith(`${budgets.node}.`) ? 1.05 : 2

it('a delivered message costs no more heap than was noted, by pattern of traffic', { timeout: 300_000 }, async () => {
  const file = await bundle('allocation', 'source')
  const noted: Record<string, number> = budgets.bytesPerMessage
  let risen: [string, number][] = []
  for (let number = 0; number < PROCESSES; number++) {
    const costs = JSON.parse(execFileSync(process.execPath, [...FLAGS, file]).toString()) as Record<string, number>
    expect(Object.keys(costs)).toEqual(PATTERNS.map(({ name }) => name))
    risen = Object.entries(costs).filter(([name, bytes]) => bytes > noted[name]! * MARGIN)
    if (risen.length === 0) break
  }
  expect(risen, 'a rise is noted in allocation-budgets.json, with its reason in the commit').toEqual([])
})
