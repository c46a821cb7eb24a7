import { describe, expect, it } from 'vitest'
import {
  parseInteger,
  parsePort,
  parseQos,
  parseSeconds,
  parseSessionExpiry,
  parseVersion,
  versionName,
} from './values.ts'

describe('values', () => {
  it.each([
    ['31', 3],
    ['3.1', 3],
    ['mqttv31', 3],
    ['311', 4],
    ['3.1.1', 4],
    ['MQTTv311', 4],
    ['5', 5],
    ['5.0', 5],
    ['mqttv5', 5],
  ])('-V %s is protocol level %i', (text, version) => {
    expect(parseVersion('-V', text)).toBe(version)
  })

  it.each(['', '6', '3', 'mqtt', '50', 'constructor'])('-V %j is refused', (text) => {
    expect(() => parseVersion('-V', text)).toThrow(/-V takes 31, 311 or 5/)
  })

  it('names versions as the specifications do', () => {
    expect([3, 4, 5].map(versionName)).toEqual(['3.1', '3.1.1', '5.0'])
  })

  it.each(['', '3', '-1', '1.0', 'x', ' 1'])('-q %j is refused', (text) => {
    expect(() => parseQos('-q', text)).toThrow(`-q takes 0, 1 or 2, not '${text}'`)
  })

  it('-q takes 0, 1 and 2', () => {
    expect(['0', '1', '2'].map((text) => parseQos('-q', text))).toEqual([0, 1, 2])
  })

  it.each(['', '0', '65536', '-1', '1e3', '0x10', '1883 ', 'abc', '99999999999999999999'])(
    '-p %j is refused',
    (text) => {
      expect(() => parsePort('-p', text)).toThrow(/-p takes a port from 1 to 65535/)
    },
  )

  it.each([
    ['0.5', 0.5],
    ['5', 5],
  ])('-W %s is %f seconds', (text, seconds) => {
    expect(parseSeconds('-W', text)).toBe(seconds)
  })

  it.each(['', '0', '-1', 'NaN', '1e9', '2147484', '.5'])('-W %j is refused', (text) => {
    expect(() => parseSeconds('-W', text)).toThrow(/-W takes seconds/)
  })

  it.each([
    ['0', 0],
    ['3600', 3600],
    ['-1', 'never'],
    ['∞', 'never'],
    ['4294967295', 'never'],
  ])('-x %s is %s', (text, expected) => {
    expect(parseSessionExpiry('-x', text)).toBe(expected)
  })

  it('refuses a number outside its bounds, and names them', () => {
    expect(() => parseInteger('-k', '65536', 0, 65_535, 'seconds')).toThrow(
      "-k takes seconds from 0 to 65535, not '65536'",
    )
    expect(() => parseSessionExpiry('-x', '4294967296')).toThrow(/never/)
  })
})
