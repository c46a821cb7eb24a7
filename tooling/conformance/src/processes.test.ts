import { expect, it } from 'vitest'
import { run } from './processes.ts'

it('a program that ends without reading its input has ended as it likes', async () => {
  const endings = Array.from({ length: 20 }, () => run('false', [], 'line\n'.repeat(100_000)))
  expect((await Promise.all(endings)).map(({ code }) => code)).toEqual(endings.map(() => 1))
})
