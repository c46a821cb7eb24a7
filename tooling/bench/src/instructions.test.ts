import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { expect, it } from 'vitest'
import { bundle } from '../bundle.mjs'
import { PATTERNS } from './hot-path/traffic.ts'
import budgets from './instruction-budgets.json' with { type: 'json' }

/**
 * Callgrind, and not the processor, counts: a virtual machine often has no counter of instructions (`perf stat` then says
 * "not supported"), and two processors do not count the same. Callgrind does everywhere; twice in a row it differs by less than
 * 1 %. It writes a file with the sum at each call of umask, which is how the program marks what is to be counted.
 */
const CALLGRIND = ['--tool=callgrind', '--smc-check=all-non-file', '--dump-before=umask']
/** As in `allocation.test.ts`: one thread, no collection meanwhile, and no compiler that decides anew on each machine. */
const FLAGS = ['--expose-gc', '--single-threaded', '--no-opt', '--min-semi-space-size=64', '--max-semi-space-size=64']
/** Another engine is only held to be of the same kind. */
const MARGIN = process.versions.node.startsWith(`${budgets.node}.`) ? 1.05 : 2

describeWithPeers(['valgrind'], 'instructions', (valgrind) => {
  it(
    'a delivered message takes no more instructions than were noted, by pattern of traffic',
    { timeout: 600_000 },
    async () => {
      const costs = count(valgrind, await bundle('instructions', 'source'))
      console.log(JSON.stringify(costs))
      const noted: Record<string, number> = budgets.instructionsPerMessage
      expect(Object.keys(noted)).toEqual(PATTERNS.map(({ name }) => name))
      const risen = Object.entries(costs).filter(([name, instructions]) => !(instructions <= noted[name]! * MARGIN))
      expect(risen, 'a rise is noted in instruction-budgets.json, with its reason in the commit').toEqual([])
    },
  )
})

/** By pattern, what one message takes. */
function count(valgrind: string, program: string): Record<string, number> {
  const folder = mkdtempSync(join(tmpdir(), 'godwit-instructions-'))
  try {
    const file = join(folder, 'out')
    const args = [...CALLGRIND, `--callgrind-out-file=${file}`, process.execPath, ...FLAGS, program]
    const output = execFileSync(valgrind, args, { stdio: ['ignore', 'pipe', 'ignore'] }).toString()
    const delivered = Object.entries(JSON.parse(output) as Record<string, number>)
    // A file for each mark, from 1 on: what came before a pattern, and then the pattern.
    return Object.fromEntries(
      delivered.map(([name, messages], place) => [name, Math.round(totalOf(`${file}.${2 * place + 2}`) / messages)]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function totalOf(file: string): number {
  const total = Number(/^totals: (\d+)$/m.exec(readFileSync(file, 'utf8'))?.[1])
  expect(total, `instructions in ${file}`).toBeGreaterThan(0)
  return total
}
