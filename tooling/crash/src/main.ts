// pnpm crash-test --cycles 200 [--seed N] [--lanes N] [--broker NAME]... [--signal SIGTERM]: crashes a broker again and again, and prints a table.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { commandLine, wholeNumber } from '@godwit/vitest-preset/command-line'
import { BROKERS, type BrokerName, bundleGodwit } from './broker-process.ts'
import { Findings } from './findings.ts'
import { Lane } from './lane.ts'
import { Random } from '@godwit/vitest-preset/random'
import { table } from './table.ts'

const { values } = commandLine({
  options: {
    cycles: { type: 'string', default: '200' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    signal: { type: 'string', default: 'SIGKILL' },
    lanes: { type: 'string', default: '2' },
    broker: { type: 'string', multiple: true, default: ['godwit'] },
    'patience-ms': { type: 'string', default: '8000' },
  },
})
const wrong = values.broker.filter((name) => !BROKERS.includes(name as BrokerName))
if (wrong.length > 0) {
  console.error(`no broker is called ${wrong.join(', ')}; there are ${BROKERS.join(', ')}`)
  process.exit(2)
}

const signal = values.signal === 'SIGTERM' ? 'SIGTERM' : 'SIGKILL'
const seed = Number(values.seed)
const cycles = wholeNumber('cycles', values.cycles)
await bundleGodwit()
const rows = new Map<string, Findings>()
for (const broker of values.broker as BrokerName[]) rows.set(broker, await crash(broker))
console.log(`seed ${seed}: run it again with --seed ${seed}\n`)
console.log(table(rows))
for (const [broker, { examples }] of rows) {
  if (examples.length > 0) console.log(`\n${broker}:\n  ${examples.slice(0, 20).join('\n  ')}`)
}
const promised = rows.get('godwit')
const failed = promised === undefined ? 0 : promised.total
console.log(`\n${promised?.cycles ?? 0} passed, ${failed} failed`)
process.exitCode = failed === 0 ? 0 : 1

/** Lanes share the cycles; each has a broker, a directory and a sequence of its own. */
async function crash(broker: BrokerName): Promise<Findings> {
  const lanes = Math.min(Number(values.lanes), cycles)
  const all = new Findings()
  await Promise.all(
    Array.from({ length: lanes }, async (_, place) => {
      const directory = mkdtempSync(join(tmpdir(), 'godwit-crash-'))
      try {
        const random = new Random(seed * 100 + place)
        const lane = new Lane({ broker, directory, random, patienceMs: Number(values['patience-ms']), signal })
        all.merge(await lane.run(Math.floor((cycles + place) / lanes)))
      } finally {
        rmSync(directory, { recursive: true, force: true })
      }
    }),
  )
  return all
}
