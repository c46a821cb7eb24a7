import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parseOptions } from './options.ts'

it('every option in the table of the README is one', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  const options = [...readme.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option!)
  expect(options.length).toBeGreaterThan(5)
  for (const option of options) expect(() => parseOptions([option, '1'])).not.toThrow(/unknown option/)
})
