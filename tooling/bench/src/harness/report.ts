import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ContestResult } from './contest.ts'
import { describeMachine, type Machine } from './machine.ts'
import type { Spread } from './statistics.ts'

export interface Section {
  readonly title: string
  readonly results: readonly ContestResult[]
}

export interface Report {
  readonly suite: string
  readonly machine: Machine
  /** What was measured: the built packages, or a bundle of the sources. */
  readonly measured: string
  /** Names and versions. */
  readonly peers: Readonly<Record<string, string>>
  readonly rounds: number
  readonly sections: readonly Section[]
}

export const reportOf = (
  suite: string,
  peers: Readonly<Record<string, string>>,
  rounds: number,
  sections: readonly Section[],
): Report => ({
  suite,
  machine: describeMachine(),
  measured: process.env.GODWIT_BENCH_MEASURES ?? 'unknown',
  peers,
  rounds,
  sections,
})

/** Prints a report, writes it where that was asked for, and sets the exit code: 1 where a ratio was missed. */
export const publish = (report: Report, introduction: string, folder: string | undefined): void => {
  const page = markdown(report, introduction)
  console.log(page)
  if (folder !== undefined) {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, `${report.suite}.json`), JSON.stringify(report, undefined, 2) + '\n')
    writeFileSync(join(folder, `${report.suite}.md`), page)
  }
  const missed = report.sections.flatMap(({ title, results }) =>
    results.filter(({ met }) => !met).map((result) => `${title}, ${result.name}: ${times(result)}`),
  )
  for (const line of missed) console.error(`missed: ${line}`)
  if (missed.length > 0) process.exitCode = 1
}

export const markdown = (report: Report, introduction: string): string => {
  const { machine } = report
  const peers = Object.entries(report.peers).map(([name, version]) => `${name} ${version}`)
  return [
    `# Benchmark: ${report.suite}`,
    '',
    introduction,
    '',
    `Measured ${machine.date} at commit ${machine.commit}: ${report.measured}, against ${peers.join(', ')}, ` +
      `${report.rounds} interleaved rounds. Node ${machine.node} (V8 ${machine.v8}) on ${machine.cpu}, ` +
      `${machine.cpus} CPUs, ${machine.memoryGib} GiB, ${machine.system}; load ${machine.load} when it ended.`,
    '',
    'Medians, and in brackets the least and the most of all rounds. "Times" is the peer\'s time by ours, round by round.',
    '',
    ...report.sections.flatMap(table),
  ].join('\n')
}

const table = ({ title, results }: Section): string[] => [
  `## ${title}`,
  '',
  ...aligned([
    ['row', 'ours, ns', 'peer, ns', 'times', 'at least', ''],
    ...results.map((result) => [
      result.name,
      spread(result.oursNs),
      spread(result.peerNs),
      times(result),
      result.leastRatio === 0 ? '' : `${result.leastRatio}`,
      result.leastRatio === 0 ? '' : result.met ? 'met' : 'missed',
    ]),
  ]),
  '',
]

/** Columns as wide as their widest cell, which is how the formatter leaves a table. */
export const aligned = (rows: readonly (readonly string[])[]): string[] => {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => row[column]!.length)))
  const line = (row: readonly string[]) => `| ${row.map((cell, column) => cell.padEnd(widths[column]!)).join(' | ')} |`
  return [line(rows[0]!), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.slice(1).map(line)]
}

const times = ({ ratio }: ContestResult): string =>
  `${ratio.median.toFixed(1)} [${ratio.least.toFixed(1)}-${ratio.most.toFixed(1)}]`

const spread = ({ median, least, most }: Spread): string => `${rounded(median)} [${rounded(least)}-${rounded(most)}]`

const rounded = (nanoseconds: number): string =>
  nanoseconds < 10 ? nanoseconds.toFixed(1) : Math.round(nanoseconds).toString()
