import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { commandLine, listed, wholeNumber } from '@godwit/vitest-preset/command-line'
import { type Contestant, contestants, onCpu, RunningBroker } from './broker/contestants.ts'
import { pageOf } from './broker/page.ts'
import { merge, NOTHING, type Results } from './broker/results.ts'
import { chosen, GROUPS, type Peer, type Scenario, SCENARIOS } from './broker/scenarios.ts'
import { isExcused, type Row } from './broker/summary.ts'
import { describeMachine, versionOf } from './harness/machine.ts'
import { BENCH, BUNDLES, GODWIT, present } from './harness/page.ts'
import type { LoadRequest, LoadResult } from './load.ts'

const { values } = commandLine({
  options: {
    rounds: { type: 'string', default: '5' },
    /** Names of scenarios and of groups. */
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
    /** With --save: the page keeps the scenarios that are not measured now. */
    merge: { type: 'boolean', default: false },
  },
})
const SAVED = join(BENCH, 'results/broker.json')
const NO_RESULT = { messagesPerSecond: 0, cpuUs: 0, memoryBytes: 0, p50Us: 0, p99Us: 0, p999Us: 0 }

const rounds = wholeNumber('rounds', values.rounds)
const peers = listed('peers', values.peers, ['mosquitto', 'aedes'])
const options = values.options.split(' ').filter(Boolean)
using setup = await contestants(values.godwit, join(BENCH, 'aedes-peer.mjs'), values.data, options)
const brokers = setup.all.filter(({ name }) => name === 'godwit' || peers.includes(name))
const mqttload = values.mqttload === undefined ? undefined : compile(values.mqttload)
const possible = SCENARIOS.filter(({ load }) => mqttload !== undefined || load !== undefined)
const known = [...GROUPS, ...possible.map(({ name }) => name)]
const scenarios = chosen(
  possible,
  values.scenarios === undefined ? GROUPS : listed('scenarios', values.scenarios, known),
)
// Before the first run: nobody measures for half an hour to learn that the page cannot be read.
const saved = values.merge ? savedResults() : NOTHING

// Before the first run, too: what is checked out may change meanwhile.
const machine = describeMachine()
const began = performance.now()
const rows: Omit<Row, 'run'>[] = []
for (let round = 0; round < rounds; round++) {
  // Back and forth, so that what the machine does at one time hits no scenario twice.
  for (const scenario of round % 2 === 0 ? scenarios : scenarios.toReversed()) {
    if (round >= (scenario.mostRounds ?? rounds)) continue
    for (const broker of brokers) {
      if (scenario.leftOut?.[broker.name as Peer] !== undefined) continue
      const start = performance.now()
      const row = { scenario: scenario.name, broker: broker.name, round, ...(await measure(scenario, broker)) }
      rows.push(row)
      console.error(
        `${round} ${scenario.name.padEnd(14)} ${broker.name.padEnd(10)} ${row.messagesPerSecond} /s  ` +
          `${row.cpuUs.toFixed(2)} us  ${row.ok ? 'ok' : `FAILED ${row.error ?? ''}`}  ` +
          `(${((performance.now() - start) / 1000).toFixed(1)} s)`,
      )
    }
  }
}

const run = {
  machine,
  rounds,
  generator:
    mqttload === undefined
      ? 'our own, in TypeScript'
      : 'mqttload, in C, but for `ours_*` and `hot_*`, where it is our own',
  peers: `${mosquittoVersion()}, aedes ${versionOf('aedes')}`,
  congestionControl: readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim(),
  minutes: Math.round((performance.now() - began) / 6000) / 10,
}
const results = merge(saved, run, rows)
const { markdown, svg, summary, comparisons } = pageOf(SCENARIOS, results)
present('broker', markdown, values.save, {
  svg: () => svg,
  json: () => JSON.stringify({ ...results, summary, comparisons }, undefined, 2) + '\n',
})
const isExcusedRow = (row: Omit<Row, 'run'>): boolean =>
  isExcused(scenarios.find(({ name }) => name === row.scenario)?.excused, row.broker)
if (
  rows.some((row) => !row.ok && !isExcusedRow(row)) ||
  [...summary, ...comparisons].some(({ verdict }) => verdict === 'missed')
)
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
    p999Us: result.p999_us ?? 0,
  }
}

function output(command: readonly string[]): unknown {
  const [program, ...args] = onCpu(1, command)
  const { stdout, stderr } = spawnSync(program!, args, { encoding: 'utf8', timeout: 240_000 })
  const said = stderr.trim().slice(-300)
  try {
    const result = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as { ok: boolean }
    // The generator in C says more on its other output.
    return result.ok || said === '' ? result : { ...result, error: said }
  } catch {
    return { ok: false, error: said === '' ? 'no answer within 240 s' : said, ...NO_RESULT }
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

function savedResults(): Results {
  if (!existsSync(SAVED)) return NOTHING
  const { runs, rows: savedRows } = JSON.parse(readFileSync(SAVED, 'utf8')) as Partial<Results>
  // A page from before there were runs does not tell of its rows when they were measured.
  if (runs === undefined || savedRows === undefined) {
    console.error(`${SAVED} is of an older form: save without --merge first`)
    process.exit(2)
  }
  return { runs, rows: savedRows }
}
