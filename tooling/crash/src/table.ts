import { type Findings, KINDS } from './findings.ts'

/** A Markdown table, one row for each broker. */
export const table = (rows: ReadonlyMap<string, Findings>): string => {
  const lines = [
    ['broker', 'cycles', 'kills', 'acknowledged', ...KINDS],
    ...[...rows].map(([broker, findings]) => [
      broker,
      ...[
        findings.cycles,
        findings.kills,
        findings.acknowledged,
        ...KINDS.map((kind) => findings.counts.get(kind) ?? 0),
      ].map((number) => number.toLocaleString('en-US')),
    ]),
  ]
  const widths = lines[0]!.map((_, column) => Math.max(...lines.map((line) => line[column]!.length)))
  const shown = lines.map(
    (line) =>
      `| ${line.map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!))).join(' | ')} |`,
  )
  const rule = `| ${widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`
  return [shown[0], rule, ...shown.slice(1)].join('\n')
}
