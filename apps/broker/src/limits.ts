import { LIMITS, type LimitName, type Limits } from '@godwit/mqtt-broker'
import { EXIT, StartFailure } from './exit-codes.ts'

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `NAME=VALUE`, as often as it is given, as limits of the broker. */
export const parseLimits = (given: readonly string[]): Partial<Limits> => {
  const limits: Partial<Record<LimitName, number>> = {}
  for (const each of given) {
    const [name = '', value] = each.split('=', 2)
    if (!isLimitName(name)) {
      const near = nearest(name)
      throw new StartFailure(
        EXIT.usage,
        `--limit: there is no limit "${name}"${near === undefined ? '' : `; did you mean ${near}?`}`,
      )
    }
    limits[name] = parseValue(name, value)
  }
  return limits
}

const isLimitName = (name: string): name is LimitName => Object.hasOwn(LIMITS, name)

const parseValue = (name: LimitName, value: string | undefined): number => {
  if (value === 'unlimited') return Infinity
  const [, digits, unit = ''] = /^(\d+)(KiB|MiB|GiB)?$/.exec(value ?? '') ?? []
  const isBytes = LIMITS[name].unit === 'bytes'
  if (digits === undefined || (unit !== '' && !isBytes)) {
    const forms = isBytes ? 'a number of bytes, such as 65536 or 64KiB,' : `a number of ${LIMITS[name].unit}`
    throw new StartFailure(EXIT.usage, `--limit ${name}: "${value ?? ''}" is not ${forms} or "unlimited"`)
  }
  return Number(digits) * UNITS[unit]!
}

/** The name that takes the fewest changes, where it takes few. */
const nearest = (name: string): string | undefined => {
  const ranked = Object.keys(LIMITS)
    .map((each) => ({ each, changes: distance(name.toLowerCase(), each.toLowerCase()) }))
    .sort((one, other) => one.changes - other.changes)
  const [best] = ranked
  return best !== undefined && best.changes <= Math.max(3, name.length / 2) ? best.each : undefined
}

const distance = (one: string, other: string): number => {
  let row = Array.from({ length: other.length + 1 }, (_, place) => place)
  for (let i = 1; i <= one.length; i++) {
    const next = [i]
    for (let j = 1; j <= other.length; j++) {
      const same = one[i - 1] === other[j - 1] ? 0 : 1
      next[j] = Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + same)
    }
    row = next
  }
  return row[other.length]!
}
