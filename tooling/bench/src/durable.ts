import { rmSync } from 'node:fs'
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { commandLine, wholeNumber } from '@godwit/vitest-preset/command-line'
import { aMillionQueued, eventLoop, type Figure, latency, nothingDurable, type Place } from './durable/measurements.ts'
import { describeMachine } from './harness/machine.ts'
import { BENCH, BUNDLES, onMachine, present } from './harness/page.ts'
import { aligned } from './harness/report.ts'

/**
 * What durability costs: `pnpm bench durable`. The rate against Mosquitto is a scenario of `pnpm bench:broker`, durable_q1.
 */
const { values } = commandLine({
  options: {
    rounds: { type: 'string', default: '3' },
    /** A folder on the disk that is to be measured. */
    data: { type: 'string', default: join(BENCH, 'dist/durable-data') },
    only: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  },
})
const machine = describeMachine()
const place: Place = {
  folder: values.data,
  hostFile: join(BUNDLES, 'durable-host.mjs'),
  loadFile: join(BUNDLES, 'load.mjs'),
}
const parts: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  latency: async () => [await latency(place)],
  memory: async () => [await nothingDurable(place, wholeNumber('rounds', values.rounds))],
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
  `Measured ${machine.date} at commit ${machine.commit}. ${onMachine(machine)} The disk: ${disk()}.`,
  '',
  ...aligned([
    ['figure', 'measured', 'bar', ''],
    ...figures.map(({ name, measured, bar, met }) => [name, measured, bar, met ? 'met' : 'missed']),
  ]),
  '',
].join('\n')
present('durable', page, values.save)
if (figures.some(({ met }) => !met)) process.exitCode = 1

/** File system and device of the data. */
function disk(): string {
  const [, line = ''] = execFileSync('df', ['--output=source,fstype', BENCH]).toString().trim().split('\n')
  return line.trim().replace(/\s+/, ', ')
}
