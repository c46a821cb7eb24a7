import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { commandLine, wholeNumber } from '@godwit/vitest-preset/command-line'
import { campaign } from './campaign.ts'
import { pageDiagram } from './diagram/page.ts'
import { rowsOf } from './diagram/rows.ts'
import { textDiagram } from './diagram/text.ts'
import { drawPlan } from './draw-plan.ts'
import { judge } from './judge.ts'
import { Progress } from './progress.ts'
import { runSeed } from './run-seed.ts'
import { shrink } from './shrink.ts'
import { simulate } from './simulation.ts'

const HERE = dirname(fileURLToPath(import.meta.url))

const { values, positionals } = commandLine({
  allowPositionals: true,
  options: {
    seeds: { type: 'string', default: '100' },
    from: { type: 'string', default: '1' },
    hours: { type: 'string' },
    seconds: { type: 'string', default: 'Infinity' },
    workers: { type: 'string', default: String(Math.min(2, availableParallelism())) },
    page: { type: 'string' },
    whole: { type: 'boolean', default: false },
  },
})

const [command = 'run', argument = ''] = positionals
process.exitCode = command === 'replay' ? await replay(argument) : await run()

/** Many seeds, until there are no more or the time is over: `--hours` as many as there are, `--seconds` no longer than that. */
async function run(): Promise<number> {
  const from = wholeNumber('from', values.from)
  const seeds = wholeNumber('seeds', values.seeds)
  const mostSeconds = values.hours === undefined ? Number(values.seconds) : Number(values.hours) * 3_600
  const endAt = performance.now() + mostSeconds * 1_000
  const last = values.hours === undefined ? from + seeds - 1 : Infinity
  const progress = new Progress(values.hours === undefined ? seeds : undefined)
  let next = from
  await campaign({
    workerFile: join(HERE, 'worker.mjs'),
    workers: wholeNumber('workers', values.workers),
    nextSeed: () => (next > last || performance.now() > endAt ? undefined : String(next++)),
    onAnswer: (answer) => progress.take(answer),
  })
  const again = await isDeterministic(String(from), progress.hashOf(String(from)))
  return progress.end(again, commit())
}

/** The same seed once more, in this thread: whoever got another trace read a clock or a random number of its own. */
async function isDeterministic(seed: string, before: string | undefined): Promise<boolean> {
  return before === undefined || (await runSeed(seed)).traceHash === before
}

/** One seed, shrunk as far as it still fails, and shown. */
async function replay(seed: string): Promise<number> {
  let plan = drawPlan(seed)
  const [first] = judge(await simulate(plan))
  if (first !== undefined && !values.whole) {
    console.log(`seed ${seed} breaks ${first.invariant}: ${first.text}; looking for less that does`)
    plan = await shrink(plan, first.invariant)
  }
  const outcome = await simulate(plan)
  const violations = judge(outcome)
  const rows = rowsOf(outcome.history)
  console.log(textDiagram(rows, violations))
  console.log('')
  console.log(`seed ${seed}, commit ${commit()}: ${plan.features.join(', ')}`)
  console.log(
    `${plan.clients.length} clients, ${plan.operations.length} operations, ${plan.faults.length} faults, trace ${outcome.traceHash}`,
  )
  for (const { invariant, text } of violations) console.log(`${invariant}: ${text}`)
  if (violations.length === 0) console.log('every invariant holds')
  if (values.page !== undefined) {
    writeFileSync(values.page, pageDiagram(`Seed ${seed}`, rows, violations))
    console.log(`the page is ${values.page}`)
  }
  return violations.length === 0 ? 0 : 1
}

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: HERE, encoding: 'utf8' }).trim()
  } catch {
    return 'unknown'
  }
}
