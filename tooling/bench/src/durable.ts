import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { aMillionQueued, eventLoop, type Figure, latency, nothingDurable, type Place } from './durable/measurements.ts'
import { describeMachine } from './harness/machine.ts'
import { aligned } from './harness/report.ts'

/**
 * What durability costs: `pnpm bench durable`. The rate against Mosquitto is a scenario of `pnpm bench:broker`, durable_q1.
 */
const HERE = dirname(fileURLToPath(import.meta.url))
const BENCH = join(HERE, '../..')

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    /** A folder on the disk that is to be measured. */
    data: { type: 'string', default: join(BENCH, 'dist/durable-data') },
    only: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  },
})
const machine = describeMachine()
const place: Place = { folder: values.data, hostFile: join(HERE, 'durable-host.mjs'), loadFile: join(HERE, 'load.mjs') }
const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  latency: async () => [await latency(place)],
  memory: async () => [await nothingDurable(place, Number(values.rounds))],
  loop: () => eventLoop(place),
  million: () => aMillionQueued(place),
}
const figures: Figure[] = []
try {
  for (const [name, measure] of Object.entries(parts))
    if (name.includes(values.only)) figures.push(...(await measure()))
} finally {
  rmSync(place.folder, { recursive: true, force: true })
}
const page = [
  '# Benchmark: durable',
  '',
  'A broker with its store on disk, every acknowledgement after its fsync, in a process of its own; the load comes from another.',
  '',
  `Measured ${machine.date} at commit ${machine.commit}. Node ${machine.node} on ${machine.cpu}, ${machine.cpus} CPUs, ` +
    `${machine.memoryGib} GiB, ${machine.system}; load ${machine.load} when it began. The disk: ${disk()}.`,
  '',
  ...aligned([
    ['figure', 'measured', 'bar', ''],
    ...figures.map(({ name, measured, bar, met }) => [name, measured, bar, met ? 'met' : 'missed']),
  ]),
  '',
].join('\n')
console.log(page)
if (values.save) {
  const folder = join(BENCH, 'results')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'durable.md'), page)
}
if (figures.some(({ met }) => !met)) process.exitCode = 1

/** File system and device of the data. */
function disk(): string {
  const [, line = ''] = execFileSync('df', ['--output=source,fstype', BENCH]).toString().trim().split('\n')
  return line.trim().replace(/\s+/, ', ')
}
