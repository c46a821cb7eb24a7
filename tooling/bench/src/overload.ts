import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, wholeNumber } from '@godwit/vitest-preset/command-line'
import { contestants, onCpu, RunningBroker } from './broker/contestants.ts'
import { describeMachine } from './harness/machine.ts'
import { BENCH, BUNDLES, GODWIT, onMachine, present } from './harness/page.ts'
import { aligned } from './harness/report.ts'
import type { FloodRequest, FloodResult } from './overload-flood.ts'
import type { Pings } from './overload-probe.ts'

/**
 * What happens when three times as much is asked for as the broker can do: `pnpm bench overload`. The broker has the first
 * CPU, the flood and the connection that watches have the second.
 */
const MIB = 1024 * 1024

const { values } = commandLine({
  options: {
    seconds: { type: 'string', default: '60' },
    times: { type: 'string', default: '3' },
    memory: { type: 'string', default: '512' },
    save: { type: 'boolean', default: false },
  },
})
const seconds = wholeNumber('seconds', values.seconds)
const times = wholeNumber('times', values.times)
const memoryMib = wholeNumber('memory', values.memory)
const machine = describeMachine()
const limit = ['--limit', `maximumMemoryBytes=${memoryMib * MIB}`, '--no-persistence']
using setup = await contestants(GODWIT, '', join(BENCH, 'dist/data'), limit)
const contestant = setup.all.find(({ name }) => name === 'godwit')!
const { flood, pings, mostBytes } = await measure()

const during = pings.filter(([sentMs]) => sentMs >= flood.beganMs && sentMs < flood.endedMs).map(([, took]) => took)
const p99Ms = during.sort((left, right) => left - right)[Math.floor(during.length * 0.99)] ?? Infinity
const share = flood.goodput / flood.peak
const figures: readonly (readonly [name: string, measured: string, bar: string, met: boolean])[] = [
  ['closed loop, messages a second', flood.peak.toFixed(0), '', true],
  ['of what was asked for the sockets took, times the closed loop', flood.offeredTimes.toFixed(2), '', true],
  ['goodput under overload, share of the closed loop', share.toFixed(2), '0.8', share >= 0.8],
  ['most resident memory, MiB', (mostBytes / MIB).toFixed(0), `${memoryMib}`, mostBytes <= memoryMib * MIB],
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
  `Ten pairs at QoS 0 with 64 bytes ask for ${times} times of what they get in a closed loop of 100 messages each, for ` +
    `${seconds} s, while somebody else sends a PINGREQ fifty times a second. The broker has one CPU, all others the second.`,
  '',
  `Measured ${machine.date} at commit ${machine.commit}. ${onMachine(machine)}`,
  '',
  ...aligned([
    ['figure', 'measured', 'bar', ''],
    ...figures.map(([name, measured, bar, met]) => [name, measured, bar, bar === '' ? '' : met ? 'met' : 'missed']),
  ]),
  '',
].join('\n')
present('overload', page, values.save)
if (figures.some(([, , , met]) => !met)) process.exitCode = 1

async function measure(): Promise<{ flood: FloodResult; pings: Pings; mostBytes: number }> {
  await using broker = await RunningBroker.start(contestant)
  const port = contestant.ports.tcp
  const start = (...command: readonly string[]) => {
    const [program, ...args] = onCpu(1, [process.execPath, ...command])
    return spawn(program!, args, { stdio: ['ignore', 'pipe', 'inherit', 'ipc'] })
  }
  const probe = start(join(BUNDLES, 'overload-probe.mjs'), `${port}`)
  let mostBytes = 0
  const watch = setInterval(() => (mostBytes = Math.max(mostBytes, residentBytes(broker.pid))), 100)
  try {
    const request: FloodRequest = {
      port,
      closedSeconds: 4,
      overloadSeconds: seconds,
      times,
    }
    const flooding = start(join(BUNDLES, 'overload-flood.mjs'), JSON.stringify(request))
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
