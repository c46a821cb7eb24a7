import { execFileSync, spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { commandLine, listed, wholeNumber } from '@godwit/vitest-preset/command-line'
import { type Contestant, contestants, onCpu, RunningBroker } from './broker/contestants.ts'
import { plot } from './broker/plot.ts'
import { compare, comparisonTable, type Row, summarize, table } from './broker/summary.ts'
import { type Scenario, SCENARIOS } from './broker/scenarios.ts'
import { describeMachine, versionOf } from './harness/machine.ts'
import { BENCH, BUNDLES, GODWIT, onMachine, present } from './harness/page.ts'
import type { LoadRequest, LoadResult } from './load.ts'

const { values } = commandLine({
  options: {
    rounds: { type: 'string', default: '5' },
    scenarios: { type: 'string' },
    peers: { type: 'string', default: 'mosquitto,aedes' },
    /** `mqttload.c`, a neutral generator: compiled and used instead of our own. */
    mqttload: { type: 'string' },
    /** Where our broker keeps its data: on the disk that is to be measured. */
    data: { type: 'string', default: join(BENCH, 'dist/data') },
    godwit: { type: 'string', default: GODWIT },
    /** More options for our broker, separated by spaces. */
    options: { type: 'string', default: '' },
    save: { type: 'boolean', default: false },
  },
})
const rounds = wholeNumber('rounds', values.rounds)
const peers = listed('peers', values.peers, ['mosquitto', 'aedes'])
const options = values.options.split(' ').filter(Boolean)
using setup = await contestants(values.godwit, join(BENCH, 'aedes-peer.mjs'), values.data, options)
const brokers = setup.all.filter(({ name }) => name === 'godwit' || peers.includes(name))
const mqttload = values.mqttload === undefined ? undefined : compile(values.mqttload)
const possible = SCENARIOS.filter(({ load }) => mqttload !== undefined || load !== undefined)
const names = possible.map(({ name }) => name)
const chosen = values.scenarios === undefined ? names : listed('scenarios', values.scenarios, names)
const scenarios = possible.filter(({ name }) => chosen.includes(name))

// Before the first run: what is checked out may change meanwhile.
const machine = describeMachine()
const rows: Row[] = []
for (let round = 0; round < rounds; round++) {
  // Back and forth, so that what the machine does at one time hits no scenario twice.
  for (const scenario of round % 2 === 0 ? scenarios : scenarios.toReversed()) {
    for (const broker of brokers) {
      const row = { scenario: scenario.name, broker: broker.name, round, ...(await measure(scenario, broker)) }
      rows.push(row)
      console.error(
        `${round} ${scenario.name.padEnd(14)} ${broker.name.padEnd(10)} ${row.messagesPerSecond} /s  ` +
          `${row.cpuUs.toFixed(2)} us  ${row.ok ? 'ok' : `FAILED ${row.error ?? ''}`}`,
      )
    }
  }
}

const summary = summarize(scenarios, brokers, rows)
const comparisons = compare(scenarios, rows)
const page = [
  '# Benchmark: broker',
  '',
  'Our broker against Mosquitto and Aedes: one process each, on the first CPU, the generator on the second, a fresh process ' +
    'for every scenario of every round, all in turns. The figure to trust is the CPU time of the broker for a delivered ' +
    'message; "times" is the peer\'s by ours, round by round; in `idle10k` it is that of the memory of a connection, in ' +
    '`retained100k` of the time a message takes. Every message must arrive once, in order and whole.',
  '',
  `Measured ${machine.date} at commit ${machine.commit}, ${rounds} rounds, generator: ` +
    `${mqttload === undefined ? 'our own, in TypeScript' : 'mqttload, in C, but for `ours_*`, where it is our own'}. Peers: ${mosquittoVersion()}, aedes ${versionOf('aedes')}. ` +
    onMachine(machine),
  '',
  ...table(summary),
  '',
  ...(comparisons.length > 0 ? [...comparisonTable(comparisons), ''] : []),
].join('\n')
const caption = `Broker CPU for a delivered message, ${machine.date}, ${machine.cpu}, Node ${machine.node}, load ${machine.load}`
present('broker', page.replace('\n\n|', '\n\n![CPU time for a delivered message](broker.svg)\n\n|'), values.save, {
  svg: () =>
    plot(
      summary.filter(({ cpuUs }) => cpuUs.median > 0),
      caption,
    ),
  json: () => JSON.stringify({ machine, rounds, summary, comparisons, rows }, undefined, 2) + '\n',
})
if (rows.some(({ ok }) => !ok) || [...summary, ...comparisons].some(({ verdict }) => verdict === 'missed'))
  process.exitCode = 1

async function measure(scenario: Scenario, contestant: Contestant): Promise<LoadResult> {
  await using broker = await RunningBroker.start(contestant)
  return mqttload === undefined || scenario.arguments === undefined
    ? withOurs(scenario, contestant, broker.pid)
    : withMqttload([mqttload, ...scenario.arguments.split(' ')], contestant, broker.pid)
}

function withOurs({ load }: Scenario, { ports }: Contestant, pid: number): LoadResult {
  const request: LoadRequest = { ...load!, port: ports[load!.transport], pid, warmSeconds: 1, seconds: 2 }
  return output([process.execPath, join(BUNDLES, 'load.mjs'), JSON.stringify(request)]) as LoadResult
}

function withMqttload(command: readonly string[], { name, ports }: Contestant, pid: number): LoadResult {
  const args = ['--port', `${ports.tcp}`, '--label', name, '--pid', `${pid}`]
  const result = output([...command, ...args]) as Record<string, number | undefined> & { ok: boolean; error?: string }
  const clean = (result.cpu_per_million ?? -1) > 0
  return {
    ok: result.ok,
    ...(result.error === undefined ? {} : { error: result.error }),
    messagesPerSecond: (clean ? result.msgs_s : result.all_msgs_s) ?? 0,
    cpuUs: (clean ? result.cpu_per_million : result.all_cpu_per_million) ?? 0,
    memoryBytes: result.bytes_per_conn ?? result.bytes_per_sub ?? 0,
    p50Us: result.p50_us ?? 0,
    p99Us: result.p99_us ?? 0,
  }
}

function output(command: readonly string[]): unknown {
  const [program, ...args] = onCpu(1, command)
  const { stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', timeout: 240_000 })
  try {
    return JSON.parse(stdout.trim().split('\n').at(-1) ?? '')
  } catch {
    return {
      ok: false,
      error: stderr.trim().slice(-300),
      messagesPerSecond: 0,
      cpuUs: 0,
      memoryBytes: 0,
      p50Us: 0,
      p99Us: 0,
    }
  }
}

function compile(source: string): string {
  const binary = join(setup.folder, 'mqttload')
  execFileSync('gcc', ['-O2', '-o', binary, source])
  return binary
}

function mosquittoVersion(): string {
  return spawnSync('mosquitto', ['-h'], { encoding: 'utf8' }).stdout?.split('\n')[0]?.trim() ?? 'no mosquitto'
}
