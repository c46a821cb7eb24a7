import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { plantedBugs, seedsUntilNoticed } from '../plant.mjs'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'godwit-planted-'))
afterAll(() => rmSync(folder, { recursive: true }))

/** So many are tried with each run of the tests; `node tooling/simulator/plant.mjs` tries all of them. */
const TRIED = [
  'acknowledge before the commit',
  'a repeated QoS 2 PUBLISH is routed again',
  'no DUP on a resend',
  'a body goes with the first receiver that gives up',
]

describe('planted bugs', () => {
  it('each stands once in the file that it breaks, under a name of its own', () => {
    const bugs = plantedBugs()
    expect(new Set(bugs.map(({ name }) => name)).size).toBe(bugs.length)
    expect(bugs.length).toBeGreaterThanOrEqual(50)
    const stale = bugs.filter(({ file, replace }) => readFileSync(join(ROOT, file), 'utf8').split(replace).length !== 2)
    expect(stale.map(({ name }) => name)).toEqual([])
  })

  for (const bug of plantedBugs().filter(({ name }) => TRIED.includes(name))) {
    it(`${bug.invariant} is seen to be broken by: ${bug.name}`, { timeout: 180_000 }, async () => {
      const noticed = await seedsUntilNoticed(bug, 30, folder, 1, { operations: 200 })
      expect(noticed?.invariant).toBe(bug.invariant)
    })
  }
})
