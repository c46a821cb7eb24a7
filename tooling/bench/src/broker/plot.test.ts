import { expect, it } from 'vitest'
import { plot } from './plot.ts'
import type { Summary } from './summary.ts'

const summary = (scenario: string, broker: string, median: number): Summary => ({
  scenario,
  broker,
  messagesPerSecond: 1,
  cpuUs: { median, least: median, most: median },
  memoryBytes: 0,
  p50Us: 0,
  p99Us: 0,
  p999Us: 0,
  times: undefined,
  target: 0,
  verdict: '',
  held: 1,
  runs: 1,
  run: 1,
})

it('draws a bar for each broker, each decade as wide as the next, and says where and when', () => {
  const svg = plot(
    [summary('a', 'godwit', 1), summary('a', 'mosquitto', 10), summary('b', 'godwit', 100)],
    'measured <today> & here',
  )
  const widths = [...svg.matchAll(/<rect x="130" y="\d+" width="([\d.]+)" height="9"/g)].map(([, width]) =>
    Number(width),
  )
  expect(widths).toEqual([0, 260, 520])
  expect(svg).toContain('<title>measured &lt;today&gt; &amp; here</title>')
  for (const name of ['a', 'b', 'godwit', 'mosquitto', '1 us', '10 us', '100 us'])
    expect(svg).toContain(`>${name}</text>`)
})
