import { expect, it } from 'vitest'
import { RefilledList } from './refilled-list.ts'

it('gives everything back once, in order, however often it is filled', () => {
  const list = new RefilledList<number>()
  const drained: number[][] = []
  for (const numbers of [[1, 2, 3], [], [4], [5, 6]]) {
    for (const number of numbers) list.push(number)
    const found: number[] = []
    list.drain((number) => found.push(number))
    drained.push(found)
  }
  expect(drained).toEqual([[1, 2, 3], [], [4], [5, 6]])
})
