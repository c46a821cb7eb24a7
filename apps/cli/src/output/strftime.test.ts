import { execFileSync } from 'node:child_process'
import { describe, expect, it } from 'vitest'
import { dateOf, isConversion, nanosecondsOf, strftime } from './strftime.ts'

const date = new Date(2024, 0, 7, 15, 4, 5)

describe('strftime in the C locale', () => {
  it.each([
    ['a', 'Sun'],
    ['A', 'Sunday'],
    ['b', 'Jan'],
    ['B', 'January'],
    ['c', 'Sun Jan  7 15:04:05 2024'],
    ['C', '20'],
    ['d', '07'],
    ['D', '01/07/24'],
    ['e', ' 7'],
    ['F', '2024-01-07'],
    ['g', '24'],
    ['G', '2024'],
    ['h', 'Jan'],
    ['H', '15'],
    ['I', '03'],
    ['j', '007'],
    ['k', '15'],
    ['l', ' 3'],
    ['m', '01'],
    ['M', '04'],
    ['n', '\n'],
    ['p', 'PM'],
    ['P', 'pm'],
    ['r', '03:04:05 PM'],
    ['R', '15:04'],
    ['s', String(date.getTime() / 1000)],
    ['S', '05'],
    ['t', '\t'],
    ['T', '15:04:05'],
    ['u', '7'],
    ['U', '01'],
    ['V', '01'],
    ['w', '0'],
    ['W', '01'],
    ['x', '01/07/24'],
    ['X', '15:04:05'],
    ['y', '24'],
    ['Y', '2024'],
  ])('@%s is %j', (conversion, expected) => {
    expect(strftime(conversion, date)).toBe(expected)
  })

  it('is the same as date(1) around the turn of the year, in this time zone', () => {
    const letters = 'aAbBCdDeFgGhHIjklmMpPrRsSTuUVwWyYz'
    for (const day of [-6, -3, -1, 0, 1, 2, 3, 5, 58, 59, 180, 364]) {
      for (const year of [2019, 2020, 2021, 2024, 2026]) {
        const at = new Date(year, 0, 1 + day, 11, 59, 9)
        const format = [...letters].map((letter) => `%${letter}`).join('|')
        const expected = execFileSync('date', ['-d', `@${at.getTime() / 1000}`, `+${format}`], {
          env: { ...process.env, LC_ALL: 'C' },
        })
        expect([...letters].map((letter) => strftime(letter, at)).join('|')).toBe(expected.toString().trimEnd())
      }
    }
  })

  it('knows what it does not know', () => {
    expect(isConversion('Q')).toBe(false)
    expect(strftime('Q', date)).toBeUndefined()
    expect(isConversion('constructor')).toBe(false)
  })

  it('splits a moment', () => {
    const moment = 1_470_818_943_006_368_637n
    expect(dateOf(moment).toISOString()).toBe('2016-08-10T08:49:03.006Z')
    expect(nanosecondsOf(moment)).toBe('006368637')
  })
})
