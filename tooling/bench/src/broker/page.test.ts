import { expect, it } from 'vitest'
import { pageOf } from './page.ts'
import { merge, NOTHING } from './results.ts'
import { chosen, GROUPS, type Scenario, SCENARIOS } from './scenarios.ts'
import { MACHINE } from '../testing/machine.ts'

const run = { machine: MACHINE, rounds: 1, generator: 'our own', peers: 'none', congestionControl: 'reno', minutes: 1 }
const measured = { round: 0, messagesPerSecond: 1000, memoryBytes: 0, p50Us: 1, p99Us: 2, p999Us: 3 }
const scenario = (name: string, over: Partial<Scenario> = {}): Scenario => ({
  name,
  group: 'traffic',
  load: undefined,
  arguments: '',
  targets: { mosquitto: 0, aedes: 0 },
  ...over,
})

it('says of each row when it was measured, who never got through, and who takes no part and why', () => {
  const first = merge(NOTHING, run, [
    { ...measured, scenario: 'one', broker: 'godwit', ok: true, cpuUs: 1 },
    { ...measured, scenario: 'one', broker: 'aedes', ok: false, cpuUs: 1, error: 'timeout' },
  ])
  expect(pageOf([scenario('one', { excused: { aedes: 'it may' } })], first).markdown).toContain(
    '- aedes breaks a rule in `one`, and is compared all the same: it may.\n',
  )
  const later = { ...run, machine: { ...MACHINE, date: '2026-01-02 00:00 UTC' } }
  const both = merge(first, later, [{ ...measured, scenario: 'two', broker: 'godwit', ok: true, cpuUs: 1 }])
  const { markdown, svg } = pageOf([scenario('one'), scenario('two', { leftOut: { aedes: 'it cannot' } })], both)
  expect(markdown).toMatch(/\| one +\| godwit .*\| 1 +\|\n\| two +\| godwit .*\| 2 +\|/)
  expect(markdown).toContain('Run 1: measured 2026-01-01 00:00 UTC at commit abc, 1 rounds in 1 minutes')
  expect(markdown).toContain('Run 2: measured 2026-01-02 00:00 UTC')
  expect(markdown).toContain('- aedes never got through `one`: timeout\n')
  expect(markdown).toContain('- aedes takes no part in `two`: it cannot.\n')
  expect(svg).toContain('2026-01-01 00:00 UTC to 2026-01-02 00:00 UTC')
})

it('chooses by name and by group, and never compares two runs', () => {
  const names = (...of: string[]) => chosen(SCENARIOS, of).map(({ name }) => name)
  expect(names('p2p_q0', 'growth')).toEqual(['p2p_q0', 'hot_1e3', 'hot_1e5', 'hot_1e6'])
  expect(names('ours_tls')).toEqual(['ours_tcp', 'ours_tls'])
  expect(new Set(names(...GROUPS)).size).toBe(SCENARIOS.length)
})
