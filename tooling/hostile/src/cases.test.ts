import { existsSync, readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { CASES } from './cases/index.ts'
import { ELSEWHERE } from './elsewhere.ts'
import { readCatalogue } from './run/catalogue.ts'

const ROOT = new URL('../../../', import.meta.url)
const catalogue = readCatalogue()
const played = CASES.map(({ number }) => number)

it('the catalogue has the cases 1 to 157, each with what has to hold', () => {
  expect(catalogue.map(({ number }) => number)).toEqual(Array.from({ length: 157 }, (_, place) => place + 1))
  expect(catalogue.filter(({ group, sent, holds }) => group === '' || sent === '' || holds === '')).toEqual([])
})

it('no case is played twice, and none that is not in the catalogue', () => {
  expect(played.length).toBe(new Set(played).size)
  expect(played.filter((number) => !catalogue.some((each) => each.number === number))).toEqual([])
})

it('every case of the catalogue is played, or proven elsewhere', () => {
  const known = new Set([...played, ...ELSEWHERE.map(({ number }) => number)])
  expect(catalogue.map(({ number }) => number).filter((number) => !known.has(number))).toEqual([])
})

it('what is proven elsewhere is said once, with a reason', () => {
  const numbers = ELSEWHERE.map(({ number }) => number)
  expect(numbers.length).toBe(new Set(numbers).size)
  expect(ELSEWHERE.filter(({ part, number }) => part !== played.includes(number))).toEqual([])
  expect(ELSEWHERE.filter(({ why, tests }) => why.length < 20 || tests.length === 0)).toEqual([])
})

it.each(ELSEWHERE.flatMap(({ number, tests }) => tests.map((test) => ({ number, ...test }))))(
  'hostile #$number is proven in $file: $title',
  ({ file, title }) => {
    expect(existsSync(new URL(file, ROOT))).toBe(true)
    expect(readFileSync(new URL(file, ROOT), 'utf8')).toContain(title)
  },
)
