import { expect, it } from 'vitest'
import type { Scenario } from './scenarios.ts'
import { type Run, summarize, table } from './summary.ts'

const SCENARIO: Scenario = {
  name: 'receive',
  title: 'receive',
  count: 1,
  warmUp: 1,
  libraries: ['godwit', 'MQTT.js, promises', 'MQTT.js, callbacks'],
  bars: { cpuUs: 4 },
}

const run = (library: Run['library'], round: number, cpuUs: number): Run => ({
  scenario: 'receive',
  library,
  round,
  figures: { cpuUs },
  perSecond: 1_000_000 / cpuUs,
})

it('holds ours against the best of MQTT.js, round by round', () => {
  const runs = [
    ...[run('godwit', 0, 1), run('MQTT.js, promises', 0, 6), run('MQTT.js, callbacks', 0, 5)],
    ...[run('godwit', 1, 2), run('MQTT.js, promises', 1, 6), run('MQTT.js, callbacks', 1, 8)],
  ]
  const [ours, promises] = summarize([SCENARIO], runs)
  expect(ours).toMatchObject({ times: { median: 4, least: 3, most: 5 }, bar: 4, verdict: 'met' })
  expect(promises).toMatchObject({ times: undefined, verdict: '' })
})

it('says what is missed', () => {
  const rows = summarize([SCENARIO], [run('godwit', 0, 2), run('MQTT.js, callbacks', 0, 7)])
  expect(rows.map(({ verdict }) => verdict)).toEqual(['missed', ''])
  expect(table(rows)).toContain(
    '| receive  | godwit             | 2.00 [2.00-2.00] us of CPU | 500,000           | 3.5 [3.5-3.5] | 4        | missed |',
  )
})
