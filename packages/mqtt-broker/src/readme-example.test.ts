import { runReadme } from '@godwit/vitest-preset/readme'
import { expect, it } from 'vitest'

it.each([0, 1])('example %i of the README prints what the README says', async (number) => {
  const { printed, promised } = await runReadme(new URL('../README.md', import.meta.url), number)
  expect(printed).toBe(promised)
  expect(printed).not.toBe('')
})
