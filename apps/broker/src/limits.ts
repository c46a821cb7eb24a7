import { LIMITS, type LimitDescription, type LimitName, type Limits } from '@godwit/mqtt-broker'
import { AUTH_LIMITS, type AuthLimitName, type AuthLimits } from '@godwit/mqtt-broker/auth'
import { StartFailure } from './exit-codes.ts'

/** The limits that were given, by whose they are. */
export interface GivenLimits {
  readonly broker: Partial<Limits>
  readonly login: Partial<AuthLimits>
}

const ALL: Readonly<Record<string, LimitDescription>> = { ...LIMITS, ...AUTH_LIMITS }

const UNITS: Readonly<Record<string, number>> = { '': 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 }

/** `NAME=VALUE`, as often as it is given. */
export const parseLimits = (given: readonly string[]): GivenLimits => {
  const broker: Partial<Record<LimitName, number>> = {}
  const login: Partial<Record<AuthLimitName, number>> = {}
  for (const each of given) {
    const [name = '', value] = each.split('=', 2)
    if (Object.hasOwn(LIMITS, name)) broker[name as LimitName] = parseValue(name, value)
    else if (Object.hasOwn(AUTH_LIMITS, name)) login[name as AuthLimitName] = parseValue(name, value)
    else throw new StartFailure('usage', `--limit: there is no limit "${name}"${suggestion(name)}`)
  }
  if (login.maximumConcurrentHashes === 0) {
    throw new StartFailure('usage', '--limit maximumConcurrentHashes: with 0 nobody could ever log in; give at least 1')
  }
  return { broker, login }
}

const parseValue = (name: string, value: string | undefined): number => {
  if (value === 'unlimited') return Infinity
  const [, digits, unit = ''] = /^(\d+)(KiB|MiB|GiB)?$/.exec(value ?? '') ?? []
  const isBytes = ALL[name]!.unit === 'bytes'
  if (digits === undefined || (unit !== '' && !isBytes)) {
    throw new StartFailure('usage', `--limit ${name}: "${value ?? ''}" is not ${FORMS[ALL[name]!.unit]} or "unlimited"`)
  }
  return Number(digits) * UNITS[unit]!
}

const FORMS = {
  bytes: 'a number of bytes, such as 65536 or 64KiB,',
  count: 'a whole number',
  milliseconds: 'a whole number of milliseconds',
  percent: 'a whole number of percent',
  seconds: 'a whole number of seconds',
} as const satisfies Record<LimitDescription['unit'], string>

/** The name that takes the fewest changes, where it takes few. */
const suggestion = (name: string): string => {
  const ranked = Object.keys(ALL)
    .map((each) => ({ each, changes: distance(name.toLowerCase(), each.toLowerCase()) }))
    .sort((one, other) => one.changes - other.changes)
  const [best] = ranked
  return best !== undefined && best.changes <= Math.max(3, name.length / 2)
    ? `; did you mean ${best.each}?`
    : `; they are ${Object.keys(ALL).join(', ')}`
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
