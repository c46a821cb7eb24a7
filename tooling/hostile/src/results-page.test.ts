import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { CASES } from './cases/index.ts'
import { BROKERS, PAGE, pageOfResults } from './results-page.ts'
import { readCatalogue } from './run/catalogue.ts'
import { page } from './run/page.ts'
import { readSaved } from './run/results.ts'

it('the page is what the saved results say: pnpm hostile:page writes it', () => {
  expect(readFileSync(PAGE, 'utf8')).toBe(pageOfResults())
})

describe.each(BROKERS)('the saved results of %s', (name) => {
  const { results, machine, date } = readSaved(name)

  it('have each case of the suite once, and no other', () => {
    expect(results.map(({ number }) => number)).toEqual(
      CASES.map(({ number }) => number).toSorted((one, other) => one - other),
    )
  })

  it('say what was wrong where something was, and where they were made', () => {
    const silent = results.filter(
      ({ verdict, failures }) => failures.length > 0 !== (verdict === 'fails' || verdict === 'dies'),
    )
    expect(silent).toEqual([])
    expect(machine).toMatch(/^\d+ cores of ./)
    expect(date).toMatch(/^\d{4}-\d\d-\d\d$/)
  })
})

it('the page has a row for each case of the catalogue, and tells a change of one verdict', () => {
  const catalogue = readCatalogue()
  const [run] = BROKERS.map(readSaved)
  const before = page([run!], catalogue, [157])
  for (const { number } of catalogue) expect(before).toMatch(new RegExp(`^\\| ${number} +\\|`, 'm'))
  const [first, ...rest] = run!.results
  const after = page(
    [{ ...run!, results: [{ ...first!, verdict: 'dies', failures: ['planted'] }, ...rest] }],
    catalogue,
    [157],
  )
  expect(after).not.toBe(before)
  expect(after).toMatch(/^\| 1 .*\| dies +\|$/m)
  expect(after).toContain('planted')
})
