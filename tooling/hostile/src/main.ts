// pnpm hostile [--broker NAME]... [--case N]... [--full] [--save] [--patience MS]: every hostile case against a broker in a process of its
// own, over real sockets. `--save` keeps what was found in tooling/hostile/results; `npm run format`, then `pnpm hostile:page` writes the page from it.
import { commandLine } from '@godwit/vitest-preset/command-line'
import { AEDES } from './brokers/aedes.ts'
import { bundleHost, GODWIT } from './brokers/godwit.ts'
import { MOSQUITTO } from './brokers/mosquitto.ts'
import type { Contestant } from './brokers/running-broker.ts'
import { CASES } from './cases/index.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { readCatalogue } from './run/catalogue.ts'
import { type Result, Runner } from './run/runner.ts'
import { save } from './run/results.ts'
import { Yardstick } from './run/yardstick.ts'
import { WireClient } from './wire/wire-client.ts'

const CONTESTANTS: Readonly<Record<string, Contestant>> = { godwit: GODWIT, mosquitto: MOSQUITTO, aedes: AEDES }

const { values } = commandLine({
  options: {
    broker: { type: 'string', multiple: true, default: ['godwit'] },
    case: { type: 'string', multiple: true, default: [] },
    save: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    slow: { type: 'boolean', default: false },
    // Of others much is missing, and each of it is waited for.
    patience: { type: 'string', default: '1000' },
  },
})
const wrong = values.broker.filter((name) => !Object.hasOwn(CONTESTANTS, name))
if (wrong.length > 0) {
  console.error(`no broker is called ${wrong.join(', ')}; there are ${Object.keys(CONTESTANTS).join(', ')}`)
  process.exit(2)
}
const numbers = values.case.flatMap((each) => each.split(',')).map(Number)
const cases = CASES.filter(({ number }) => numbers.length === 0 || numbers.includes(number))
const catalogue = new Map(readCatalogue().map((each) => [each.number, each]))
const started = performance.now()
await bundleHost()
const yardstick = new Yardstick()
await yardstick.start()
let failed = 0
let passed = 0
try {
  for (const name of values.broker) {
    const contestant = CONTESTANTS[name]!
    WireClient.patienceMs = contestant.ours ? 3_000 : Number(values.patience)
    console.log(`${contestant.title()}, ${cases.length} cases`)
    const results = await new Runner(contestant, yardstick, values.full).run(cases, print)
    const bad = results.filter(({ verdict }) => verdict === 'fails' || verdict === 'dies')
    if (contestant.ours) {
      passed += results.length - bad.length
      failed += bad.length
    }
    if (values.save) save(contestant, results, numbers.length > 0)
    console.log(`${contestant.title()}: ${summary(results)}`)
  }
} finally {
  yardstick.stop()
}
console.log(
  `${ELSEWHERE.length} more are proven elsewhere; ${((performance.now() - started) / 1000).toFixed(0)} s in all`,
)
if (values.broker.includes('godwit')) console.log(`${passed} passed, ${failed} failed`)
process.exitCode = failed === 0 && cases.length > 0 ? 0 : 1

function print(result: Result): void {
  const { number, verdict, failures, notes, measurements, tookMs } = result
  const described = catalogue.get(number)!
  const slow = values.slow ? ` (${Math.round(tookMs)} ms)` : ''
  if (verdict !== 'holds' || values.slow) console.log(`${verdict}: hostile #${number} ${described.sent}${slow}`)
  for (const failure of failures.slice(0, 12)) console.log(`    ${failure}`)
  if (failures.length > 12) console.log(`    and ${failures.length - 12} more`)
  if (!values.slow && verdict === 'holds') return
  for (const each of result.tries) console.log(`    tried again: ${each}`)
  for (const note of notes) console.log(`    (${note})`)
  for (const { what, value, unit } of measurements) console.log(`    ${what}: ${value.toFixed(1)} ${unit}`)
}

function summary(results: readonly Result[]): string {
  const count = (verdict: Result['verdict']): number => results.filter((each) => each.verdict === verdict).length
  return (['holds', 'fails', 'dies', 'not applicable'] as const).map((each) => `${each} ${count(each)}`).join(', ')
}
