import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeWithPeers } from '@godwit/vitest-preset/peers'
import { beforeAll, describe, expect, it } from 'vitest'
import { type BrokerName, bundleGodwit } from './broker-process.ts'
import type { Findings } from './findings.ts'
import { Lane } from './lane.ts'
import { Random } from '@godwit/vitest-preset/random'
import { table } from './table.ts'

beforeAll(bundleGodwit)

const crash = async (broker: BrokerName, signal: 'SIGKILL' | 'SIGTERM'): Promise<Findings> => {
  const directory = mkdtempSync(join(tmpdir(), 'godwit-crash-'))
  try {
    return await new Lane({ broker, directory, random: new Random(7), patienceMs: 5_000, signal }).run(3)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

describe('the crash suite', () => {
  it('I24 finds nothing wrong with godwit, killed at any moment and at the boundaries of its writes', async () => {
    const findings = await crash('godwit', 'SIGKILL')
    expect(findings.examples).toEqual([])
    expect(findings.cycles).toBe(3)
    expect(findings.acknowledged).toBeGreaterThan(50)
  })

  it('finds that a broker in memory loses Sessions, messages and retained messages', async () => {
    const findings = await crash('godwit-memory', 'SIGKILL')
    const { counts } = findings
    expect(table(new Map([['godwit-memory', findings]]))).toMatch(/\| godwit-memory \| +3 \|/)
    for (const kind of ['lost', 'session lost', 'retained wrong'] as const) expect(counts.get(kind)).toBeGreaterThan(0)
  })
})

describeWithPeers(
  ['mosquitto'],
  'the crash suite with mosquitto, which writes everything down when it is asked to end',
  () => {
    it('finds nothing wrong with it then: the checks do not cry wolf', async () => {
      const { examples, cycles } = await crash('mosquitto', 'SIGTERM')
      // Mosquitto 2.0.11 loses messages of a Shared Subscription whose members come back after a restart.
      expect(examples.filter((example) => !example.startsWith('lost: the crew '))).toEqual([])
      expect(cycles).toBe(3)
    })

    it('finds what it loses when it is killed', async () => {
      const { counts } = await crash('mosquitto', 'SIGKILL')
      expect(counts.get('lost')).toBeGreaterThan(0)
    })
  },
)
