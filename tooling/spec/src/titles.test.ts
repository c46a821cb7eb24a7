import { expect, it } from 'vitest'
import { titlesIn } from './titles.mjs'

const texts = (source: string) => titlesIn('a.test.ts', source).map(({ text }) => text)

it('reads the titles of tests and suites, and nothing else', () => {
  expect(texts("describe('a', () => { it('b', () => expect('c').toBe('d')); log('e') })")).toEqual(['a', 'b'])
  expect(texts("it.skipIf(no)('a', f); describeWithPeers('b', ['c'], f); test(`d ${e} f`, g)")).toEqual([
    'a',
    'b',
    'd ',
    ' f',
  ])
})

it('reads the names that suites of tests are given', () => {
  expect(texts("storeCompliance('a', make, ['b'])")).toEqual(['a'])
})

it('reads the table of a title that has a place for it, also where the table has a name', () => {
  expect(texts("it.each([['a', 1]])('%s', f)")).toEqual(['%s', 'a'])
  expect(texts("const cases = [{ title: 'a' }]; describe.each(cases)('$title', f)")).toEqual(['$title', 'a'])
  expect(texts("it.each([['a', 1]])('b', f)")).toEqual(['b'])
})

it('knows the line', () => {
  expect(titlesIn('a.test.ts', "\n\nit('a', f)")).toEqual([{ text: 'a', line: 3 }])
})
