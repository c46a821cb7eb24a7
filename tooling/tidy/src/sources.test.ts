import { expect, it } from 'vitest'
import { FILES, linesMatching, read, SOURCES, TEXTS } from './repository.ts'
import { BANNED_IDENTIFIERS } from './words.ts'

const shipped = SOURCES.filter((file) => !file.endsWith('.test.ts'))
const code = FILES.filter((file) => /\.(ts|mts|mjs|cjs|js)$/.test(file))
/** The rules themselves name what they forbid. */
const judged = TEXTS.filter((file) => !file.startsWith('tooling/tidy/src/'))
const judgedCode = code.filter((file) => !file.startsWith('tooling/tidy/src/'))

it('finds the sources that it judges', () => {
  expect(shipped.length).toBeGreaterThan(100)
  expect(judged.length).toBeGreaterThan(shipped.length)
})

it('no source file has more than 600 lines', () => {
  const long = code.map((file) => ({ file, lines: read(file).split('\n').length })).filter(({ lines }) => lines > 600)
  expect(long).toEqual([])
})

it('files have kebab-case names', () => {
  const odd = SOURCES.filter((file) => !/^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+)*\.ts$/.test(file.split('/').at(-1) ?? ''))
  expect(odd).toEqual([])
})

it.each(BANNED_IDENTIFIERS)('the glossary says $instead instead of $pattern', ({ pattern }) => {
  expect(linesMatching(shipped, pattern)).toEqual([])
})

it('nothing is left for later: no TODO, FIXME, XXX, HACK', () => {
  expect(linesMatching(judged, /\b(TODO|FIXME|XXX|HACK)\b/)).toEqual([])
})

it('no test is singled out with .only', () => {
  expect(linesMatching(judgedCode, /\b(it|test|describe|suite)\.only\b/)).toEqual([])
})

it('errors have codes: no bare new Error(text)', () => {
  expect(linesMatching(shipped, /\bnew Error\(/)).toEqual([])
})

it('no check is switched off in a comment', () => {
  const ignores =
    /(oxlint|eslint)-disable|@ts-(ignore|expect-error|nocheck)|(prettier|oxfmt)-ignore|(v8|c8|istanbul) ignore|knip-ignore/
  expect(linesMatching(judgedCode, ignores)).toEqual([])
})

it('no file speaks of the place where it was written', () => {
  expect(linesMatching(judged, /(^|[\s"'`(=])(\/work\/|\/tmp\/|\/root\/|\/home\/[a-z])|\.\.\/shared\b/)).toEqual([])
})

it('no file names a package registry host', () => {
  expect(linesMatching(judged, /registry\.npmjs|registry\.yarnpkg|deb\.debian\.org|npmmirror/)).toEqual([])
})

it('nothing writes to the console but the commands and the house', () => {
  const silent = shipped.filter((file) => /^packages\/[^/]+\/src\//.test(file))
  expect(linesMatching(silent, /^(?!\s*(\*|\/\/)).*\bconsole\./)).toEqual([])
})
