import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'

it('the README shows the two commands that every introduction shows', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  expect(readme).toContain('mqtt sub -h localhost -t hello -v')
  expect(readme).toContain('mqtt pub -h localhost -t hello -m hi')
})
