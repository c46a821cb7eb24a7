import { expect, it } from 'vitest'
import { BoundedWork } from './bounded-work.ts'

it('runs so much at once, lets so much wait in its order, and refuses the rest', async () => {
  const work = new BoundedWork(2, 2)
  const started: number[] = []
  const ends: ((error?: Error) => void)[] = []
  const give = (number: number) =>
    work.run(
      () =>
        new Promise<number>((resolve, reject) => {
          started.push(number)
          ends.push((error) => (error === undefined ? resolve(number) : reject(error)))
        }),
    )
  const given = [1, 2, 3, 4, 5].map(give)
  expect(given[4]).toBeUndefined()
  expect(started).toEqual([1, 2])
  ends[1]!()
  expect(await given[1]).toBe(2)
  expect(started).toEqual([1, 2, 3])
  expect(give(6)).toBeDefined()
  expect(give(7)).toBeUndefined()
  // A failure frees its place as well.
  ends[0]!(new TypeError('broken'))
  await expect(given[0]).rejects.toThrow('broken')
  expect(started).toEqual([1, 2, 3, 4])
})
