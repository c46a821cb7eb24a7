import type { Summary } from './summary.ts'

const COLOURS: Readonly<Record<string, string>> = { godwit: '#1f6feb', mosquitto: '#8c959f', aedes: '#d29922' }
const NAMES_WIDTH = 130
const BARS_WIDTH = 520
const BAR = 11
const GAP = 12
const TOP = 56

/**
 * CPU time for a delivered message as an SVG: a group of bars for each scenario, on a logarithmic scale, because they lie a
 * hundred times apart.
 */
export const plot = (summaries: readonly Summary[], caption: string): string => {
  const scenarios = [...new Set(summaries.map(({ scenario }) => scenario))]
  const brokers = [...new Set(summaries.map(({ broker }) => broker))]
  const medians = summaries.map(({ cpuUs }) => cpuUs.median)
  const least = 10 ** Math.floor(Math.log10(Math.min(...medians)))
  const most = 10 ** Math.ceil(Math.log10(Math.max(...medians)))
  const decades = Math.max(1, Math.round(Math.log10(most / least)))
  const widthOf = (cpuUs: number) => (BARS_WIDTH * Math.log10(cpuUs / least)) / decades
  const groupHeight = brokers.length * BAR + GAP
  const height = TOP + scenarios.length * groupHeight + 24
  const width = NAMES_WIDTH + BARS_WIDTH + 60
  const ticks = Array.from({ length: decades + 1 }, (_, decade) => {
    const x = NAMES_WIDTH + (BARS_WIDTH * decade) / decades
    return (
      line(x, TOP - 6, x, height - 22) +
      text(x, height - 8, `${Number((least * 10 ** decade).toPrecision(1))} us`, 'middle')
    )
  })
  const groups = scenarios.flatMap((scenario, place) => {
    const y = TOP + place * groupHeight
    const bars = brokers.flatMap((broker, row) => {
      const summary = summaries.find((each) => each.scenario === scenario && each.broker === broker)
      if (summary === undefined) return []
      const { median } = summary.cpuUs
      const at = y + row * BAR
      const bar = `<rect x="${NAMES_WIDTH}" y="${at}" width="${widthOf(median).toFixed(1)}" height="${BAR - 2}" fill="${COLOURS[broker] ?? '#57606a'}"/>`
      return [bar + text(NAMES_WIDTH + widthOf(median) + 4, at + BAR - 3, median.toFixed(2), 'start')]
    })
    return [text(NAMES_WIDTH - 8, y + (brokers.length * BAR) / 2 + 4, scenario, 'end'), ...bars]
  })
  const legend = brokers.map((broker, place) => {
    const x = NAMES_WIDTH + place * 110
    return (
      `<rect x="${x}" y="30" width="10" height="10" fill="${COLOURS[broker] ?? '#57606a'}"/>` +
      text(x + 15, 39, broker, 'start')
    )
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="10">`,
    `<title>${escaped(caption)}</title>`,
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    text(8, 18, caption, 'start'),
    ...legend,
    ...ticks,
    ...groups,
    '</svg>',
    '',
  ].join('\n')
}

const line = (x1: number, y1: number, x2: number, y2: number): string =>
  `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="#d0d7de"/>`

const text = (x: number, y: number, content: string, anchor: 'start' | 'middle' | 'end'): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" text-anchor="${anchor}" fill="#24292f">${escaped(content)}</text>`

const escaped = (content: string): string =>
  content.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
