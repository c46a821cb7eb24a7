import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { commandLine, wholeNumber } from '@godwit/vitest-preset/command-line'
import { contestants, onCpu, RunningBroker } from './broker/contestants.ts'
import type { ContestMessage, ContestRequest, ContestResult } from './client-contestant.ts'
import { Counterpart } from './client/counterpart.ts'
import type { LibraryName } from './client/libraries.ts'
import { type Scenario, SCENARIOS } from './client/scenarios.ts'
import { type Run, summarize, table } from './client/summary.ts'
import { describeMachine, versionOf } from './harness/machine.ts'
import { BENCH, BUNDLES, GODWIT, onMachine, present } from './harness/page.ts'

/** Our client against MQTT.js, and one broker: `pnpm bench client`. */
const { values } = commandLine({
  options: {
    rounds: { type: 'string', default: '7' },
    /** Only scenarios whose name has this in it. */
    only: { type: 'string', default: '' },
    /** So many times as many messages: for profiles, of which loading is most otherwise. */
    longer: { type: 'string', default: '1' },
    save: { type: 'boolean', default: false },
  },
})
const rounds = wholeNumber('rounds', values.rounds)
const longer = wholeNumber('longer', values.longer)
const scenarios = SCENARIOS.filter(({ name }) => name.includes(values.only)).map((scenario) => ({
  ...scenario,
  count: scenario.count * longer,
}))

const machine = describeMachine()
// A client that is slower than the others must not be spared the messages that it is too slow for.
const nothingDropped = ['--limit', 'outputDropBytes=1000000000']
using setup = await contestants(GODWIT, '', join(BENCH, 'dist/data'), nothingDropped)
const contestant = setup.all.find(({ name }) => name === 'godwit')!
const runs: Run[] = []
{
  await using broker = await RunningBroker.start(contestant)
  for (let round = 0; round < rounds; round++) {
    for (const scenario of round % 2 === 0 ? scenarios : scenarios.toReversed()) {
      const { libraries } = scenario
      for (const library of round % 2 === 0 ? libraries : libraries.toReversed()) {
        const run = { scenario: scenario.name, library, round, ...(await measure(scenario, library)) }
        runs.push(run)
        console.error(
          `${round} ${run.scenario.padEnd(14)} ${library.padEnd(18)} ${JSON.stringify(run.figures)} (broker ${broker.pid})`,
        )
      }
    }
  }
}

const rows = summarize(scenarios, runs)
const page = [
  '# Benchmark: client',
  '',
  'Our client against MQTT.js, each in a process of its own on one CPU, with one `godwit` broker on the other, in turns. Both speak 5.0 ' +
    'with the same messages of 64 bytes, and of MQTT.js counts whatever was better in that round: promises or callbacks. What is published is ' +
    'counted by a third Client, and what is received by the program, which reads topic and payload: a message that is missing stops the run. ' +
    '"Times" is the CPU time, or the memory, of MQTT.js by ours, round by round; medians, in brackets the least and the most.',
  '',
  `Measured ${machine.date} at commit ${machine.commit}: ${process.env.GODWIT_BENCH_MEASURES ?? 'unknown'}, against MQTT.js ` +
    `${versionOf('mqtt')}, ${rounds} rounds. ${onMachine(machine)}`,
  '',
  ...table(rows),
  '',
].join('\n')
present('client', page, values.save, {
  json: () => JSON.stringify({ machine, rounds, rows, runs }, undefined, 2) + '\n',
})
if (rows.some(({ verdict }) => verdict === 'missed')) process.exitCode = 1

async function measure({ name, count, warmUp }: Scenario, library: LibraryName): Promise<ContestResult> {
  const counterpart = await Counterpart.open(contestant.ports.tcp)
  const all = warmUp + count
  if (name.startsWith('publish')) await counterpart.subscribe()
  const request: ContestRequest = { name, count, warmUp, library, url: `mqtt://127.0.0.1:${contestant.ports.tcp}` }
  try {
    const result = await inProcess(request, (message) => {
      if (message === 'ready') counterpart.flood(all, 0)
      else if ('received' in message) counterpart.flood(all, message.received)
    })
    if (name.startsWith('publish')) await counterpart.counted(all)
    return result
  } finally {
    counterpart.close()
  }
}

/** @throws {TypeError} where the process ends without a result */
function inProcess(request: ContestRequest, heard: (message: ContestMessage) => void): Promise<ContestResult> {
  const file = join(BUNDLES, 'client-contestant.mjs')
  const profiled = process.env.GODWIT_BENCH_PROFILE?.split(' ') ?? []
  const [program, ...args] = onCpu(1, [process.execPath, '--expose-gc', ...profiled, file, JSON.stringify(request)])
  return new Promise((resolve, reject) => {
    const child = spawn(program!, args, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
    const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
    child.on('message', (message: ContestMessage) => {
      if (message !== 'ready' && 'result' in message) resolve(message.result)
      else heard(message)
    })
    child.on('error', reject)
    child.on('close', (code) => {
      clearTimeout(timer)
      reject(new TypeError(`${request.library}, ${request.name}: ended with ${code} and no result`))
    })
  })
}
