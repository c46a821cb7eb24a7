import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { plantedBugs, withBug } from '../plant.mjs'
import { type Regression, regressionFromText, regressionToText } from './plan-file.ts'
import { runPlan } from './run-seed.ts'

const KEPT = fileURLToPath(new URL('../regressions', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'godwit-regressions-'))
afterAll(() => rmSync(folder, { recursive: true }))

const regressions = readdirSync(KEPT).map((name): [string, Regression] => [
  name,
  regressionFromText(readFileSync(join(KEPT, name), 'utf8')),
])

describe('what the simulator has found in our own code', () => {
  it.each(regressions)('%s: the plan breaks nothing any more', { timeout: 60_000 }, async (_, { plan }) => {
    expect((await runPlan(plan)).violations).toEqual([])
  })

  // A plan that finds nothing in code that is wrong proves nothing about code that is right.
  it.each(regressions)(
    '%s: it breaks its invariant where the bug is planted again',
    { timeout: 120_000 },
    async (_, { plan, plantedBug, invariant }) => {
      const bug = plantedBugs().find(({ name }) => name === plantedBug)!
      const { runPlan: run } = await withBug(bug, folder)
      expect((await run(plan)).violations.map((violation) => violation.invariant)).toContain(invariant)
    },
  )

  it('a plan is the same when it has been written down and read', () => {
    const [[, regression]] = regressions as [[string, Regression]]
    expect(regressionFromText(regressionToText(regression))).toEqual(regression)
    expect(regressionToText(regression)).toContain('"chunkBytes"')
  })
})
