import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { contestants, onCpu, RunningBroker } from './broker/contestants.ts'
import { describeMachine } from './harness/machine.ts'
import { aligned } from './harness/report.ts'
import type { FloodRequest, FloodResult } from './overload-flood.ts'
import type { Pings } from './overload-probe.ts'

/**
 * What happens when three times as much is asked for as the broker can do: `pnpm bench overload`. The broker has the first
 * CPU, the flood and the connection that watches have the second.
 */
const HERE = dirname(fileURLToPath(import.meta.url))
const BENCH = join(HERE, '../..')
const MIB = 1024 * 1024

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    times: { type: 'string', default: '3' },
    memory: { type: 'string', default: '512' },
    save: { type: 'boolean', default: false },
  },
})
const machine = describeMachine()
const limit = ['--limit', `maximumMemoryBytes=${Number(values.memory) * MIB}`, '--no-persistence']
using setup = await contestants(join(BENCH, '../../apps/broker/bin/godwit.js'), '', join(BENCH, 'dist/data'), limit)
const contestant = setup.all.find(({ name }) => name === 'godwit')!
const { flood, pings, mostBytes } = await measure()

const during = pings.filter(([sentMs]) => sentMs >= flood.beganMs && sentMs < flood.endedMs).map(([, took]) => took)
const p99Ms = during.sort((left, right) => left - right)[Math.floor(during.length * 0.99)] ?? Infinity
const share = flood.goodput / flood.peak
const figures: readonly (readonly [name: string, measured: string, bar: string, met: boolean])[] = [
  ['closed loop, messages a second', flood.peak.toFixed(0), '', true],
  ['of three times that the sockets took, times', flood.offeredTimes.toFixed(2), '', true],
  ['goodput under overload, share of the closed loop', share.toFixed(2), '0.8', share >= 0.8],
  ['most resident memory, MiB', (mostBytes / MIB).toFixed(0), values.memory, mostBytes <= Number(values.memory) * MIB],
  [`PINGREQ of another Client, p99 of ${during.length}, ms`, p99Ms.toFixed(1), '250', p99Ms <= 250],
  [
    'until the closed loop is back at 80 %, ms',
    flood.recoveredMs?.toFixed(0) ?? 'never',
    '5000',
    (flood.recoveredMs ?? Infinity) <= 5000,
  ],
]
const page = [
  '# Benchmark: overload',
  '',
  `Ten pairs at QoS 0 with 64 bytes ask for ${values.times} times of what they get in a closed loop of 100 messages each, for ` +
    `${values.seconds} s, while somebody else sends a PINGREQ fifty times a second. The broker has one CPU, all others the second.`,
  '',
  `Measured ${machine.date} at commit ${machine.commit}. Node ${machine.node} on ${machine.cpu}, ${machine.cpus} CPUs, ` +
    `${machine.memoryGib} GiB, ${machine.system}; load ${machine.load} when it began.`,
  '',
  ...aligned([
    ['figure', 'measured', 'bar', ''],
    ...figures.map(([name, measured, bar, met]) => [name, measured, bar, bar === '' ? '' : met ? 'met' : 'missed']),
  ]),
  '',
].join('\n')
console.log(page)
if (values.save) {
  mkdirSync(join(BENCH, 'results'), { recursive: true })
  writeFileSync(join(BENCH, 'results/overload.md'), page)
}
if (figures.some(([, , , met]) => !met)) process.exitCode = 1

async function measure(): Promise<{ flood: FloodResult; pings: Pings; mostBytes: number }> {
  await using broker = await RunningBroker.start(contestant)
  const port = contestant.ports.tcp
  const start = (...command: readonly string[]) => {
    const [program, ...args] = onCpu(1, [process.execPath, ...command])
    return spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  }
  const probe = start(join(HERE, 'overload-probe.mjs'), `${port}`)
  let mostBytes = 0
  const watch = setInterval(() => (mostBytes = Math.max(mostBytes, residentBytes(broker.pid))), 100)
  try {
    const request: FloodRequest = {
      port,
      closedSeconds: 4,
      overloadSeconds: Number(values.seconds),
      times: Number(values.times),
    }
    const flooding = start(join(HERE, 'overload-flood.mjs'), JSON.stringify(request))
    let output = ''
    flooding.stdout!.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [code] = (await once(flooding, 'close')) as [number]
    if (code !== 0) throw new Error(`the flood ended with ${code}`)
    probe.send('done')
    const [pings] = (await once(probe, 'message')) as [Pings]
    return { flood: JSON.parse(output) as FloodResult, pings, mostBytes }
  } finally {
    clearInterval(watch)
    probe.kill()
  }
}

/** Linux alone tells this without asking the process. */
function residentBytes(pid: number): number {
  return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1])
}
