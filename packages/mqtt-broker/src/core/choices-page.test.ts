import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from './settings.ts'

const page = new URL('../../docs/choices.md', import.meta.url)
const text = readFileSync(page, 'utf8')
const rows = text.split('\n').filter((line) => line.includes('](../src/core/settings.ts)'))

describe('docs/choices.md', () => {
  it('has one row for each setting, with its default', () => {
    const told = rows.map((row) => /\[`(\w+)`\][^:]*: \*\*`([^`]*)`\*\*/.exec(row)?.slice(1))
    const defaults = Object.entries(DEFAULT_SETTINGS).map(([name, value]) => [
      name,
      Array.isArray(value) ? JSON.stringify(value) : String(value),
    ])
    expect(told.toSorted()).toEqual(defaults.toSorted())
  })

  it('links to files that are there, and in each row to a test', () => {
    const links = [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, link]) => link!)
    expect(links.filter((link) => !existsSync(new URL(link, page)))).toEqual([])
    expect(rows.filter((row) => !/\.test\.ts\)/.test(row))).toEqual([])
  })
})
