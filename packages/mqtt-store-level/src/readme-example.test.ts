import { runReadme } from '@godwit/vitest-preset/readme'
import { expect, it } from 'vitest'

it('the example of the README prints what the README says', async () => {
  const { printed, promised } = await runReadme(new URL('../README.md', import.meta.url))
  expect(printed).toBe(promised)
  expect(printed).not.toBe('')
})
