import type { Violation } from '../judge.ts'
import type { Row } from './rows.ts'

/** A sequence diagram in text: one line for each packet, with when it left, when it arrived, and which way it went. */
export const textDiagram = (rows: readonly Row[], violations: readonly Violation[]): string =>
  rows.flatMap((row) => [line(row), ...marks(row, violations)]).join('\n')

const line = (row: Row): string => {
  const time = `${row.at.toFixed(2).padStart(11)} ms  `
  if (row.type === 'note') return `${time}${row.who.padEnd(8)}  ·  ${row.text}`
  const arrow = row.towardsBroker ? '──▶ broker  ' : '◀── broker  '
  const arrived = row.arrivedAt === undefined ? '  ✗ never arrives' : `  (+${(row.arrivedAt - row.at).toFixed(2)} ms)`
  return `${time}${row.client.padEnd(8)} ${arrow}${row.text}${arrived}`
}

const marks = ({ place }: Row, violations: readonly Violation[]): string[] =>
  violations
    .filter((violation) => violation.place === place)
    .map(({ invariant, text }) => `${' '.repeat(14)}^^^ ${invariant}: ${text}`)
