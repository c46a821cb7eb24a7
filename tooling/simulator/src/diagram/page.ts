import type { Violation } from '../judge.ts'
import type { Row } from './rows.ts'

const COLUMN = 190
const LINE = 22
const TOP = 60
const LEFT = 110

/** The same diagram as a page: a line of life for everybody, an arrow for each packet, a mark where something is wrong. */
export const pageDiagram = (title: string, rows: readonly Row[], violations: readonly Violation[]): string => {
  const actors = actorsOf(rows)
  const x = (who: string): number => LEFT + COLUMN / 2 + Math.max(0, actors.indexOf(who)) * COLUMN
  const width = LEFT + actors.length * COLUMN
  const height = TOP + rows.length * LINE + 40
  const lines = actors.map(
    (who) =>
      `<text class="actor" x="${x(who)}" y="30">${escape(who)}</text>` +
      `<line class="life" x1="${x(who)}" x2="${x(who)}" y1="40" y2="${height}"/>`,
  )
  const body = rows.map((row, index) => rowOf(row, TOP + index * LINE, x, width, violations))
  return `<!doctype html>
<meta charset="utf-8">
<title>${escape(title)}</title>
<style>
  body { font: 12px system-ui, sans-serif; margin: 16px; color: #222; background: #fff }
  .actor { font-weight: 600; text-anchor: middle }
  .life { stroke: #bbb; stroke-dasharray: 2 4 }
  .packet { stroke: #2563eb; marker-end: url(#head) }
  .lost { stroke: #b45309; stroke-dasharray: 5 4; marker-end: url(#head) }
  .label { text-anchor: middle; font-size: 11px; paint-order: stroke; stroke: #fff; stroke-width: 3px }
  .note { text-anchor: middle; font-size: 11px; fill: #555 }
  .time { fill: #888; font-size: 10px; text-anchor: end }
  .wrong { fill: #fee2e2 }
  .why { fill: #b91c1c; font-weight: 600 }
</style>
<h1>${escape(title)}</h1>
<ul>${violations.map(({ invariant, text }) => `<li class="why">${invariant}: ${escape(text)}</li>`).join('')}</ul>
<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
<defs><marker id="head" viewBox="0 0 8 8" refX="8" refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" fill="#2563eb"/></marker></defs>
${lines.join('\n')}
${body.join('\n')}
</svg>
`
}

const actorsOf = (rows: readonly Row[]): string[] => {
  const clients = new Set<string>()
  for (const row of rows) clients.add(row.type === 'packet' ? row.client : row.who)
  clients.delete('broker')
  clients.delete('disk')
  return [...[...clients].sort(), 'broker', 'disk']
}

const rowOf = (
  row: Row,
  y: number,
  x: (who: string) => number,
  width: number,
  violations: readonly Violation[],
): string => {
  const wrong = violations.find(({ place }) => place === row.place)
  const mark =
    wrong === undefined
      ? ''
      : `<rect class="wrong" x="0" y="${y - 13}" width="${width}" height="${LINE}"><title>${escape(wrong.text)}</title></rect>`
  const time = `<text class="time" x="${LEFT - 20}" y="${y}">${row.at.toFixed(2)} ms</text>`
  if (row.type === 'note') {
    return `${mark}${time}<text class="note" x="${x(row.who)}" y="${y}">${escape(row.text)}</text>`
  }
  const from = x(row.towardsBroker ? row.client : 'broker')
  const to = x(row.towardsBroker ? 'broker' : row.client)
  const lost = row.arrivedAt === undefined
  const end = lost ? from + (to - from) * 0.6 : to
  const label = lost ? `${row.text} (never arrives)` : row.text
  return (
    `${mark}${time}<line class="${lost ? 'lost' : 'packet'}" x1="${from}" y1="${y}" x2="${end}" y2="${y}"/>` +
    `<text class="label" x="${(from + to) / 2}" y="${y - 4}">${escape(label)}</text>`
  )
}

const escape = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
