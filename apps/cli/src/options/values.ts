import type { ProtocolVersion, QoS } from '@godwit/mqtt-codec'
import { usageError } from '../cli-error.ts'

/** One function for each kind of value: text from the command line in, a checked value out. `flag` names it in the message. */

export function parsePort(flag: string, text: string): number {
  return parseInteger(flag, text, 1, 65_535, 'a port')
}

export function parseQos(flag: string, text: string): QoS {
  if (text === '0') return 0
  if (text === '1') return 1
  if (text === '2') return 2
  throw usageError(`${flag} takes 0, 1 or 2, not '${text}'`)
}

export function parseInteger(
  flag: string,
  text: string,
  minimum: number,
  maximum: number,
  what = 'a whole number',
): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (value >= minimum && value <= maximum) return value
  throw usageError(`${flag} takes ${what} from ${minimum} to ${maximum}, not '${text}'`)
}

/** Seconds, with a fraction if need be. */
export function parseSeconds(flag: string, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN
  // A timer of Node ends at 2^31 ms.
  if (value > 0 && value <= 2_147_483) return value
  throw usageError(`${flag} takes seconds, more than 0 and at most 2147483, not '${text}'`)
}

/** Seconds, or -1 (also ∞ and never) for a Session that does not expire. */
export function parseSessionExpiry(flag: string, text: string): number | 'never' {
  if (['-1', '∞', 'never', '4294967295'].includes(text)) return 'never'
  return parseInteger(flag, text, 0, 4_294_967_294, 'seconds (or -1: never)')
}

export function parseVersion(flag: string, text: string): ProtocolVersion {
  const name = text.toLowerCase()
  const version = Object.hasOwn(VERSIONS, name) ? VERSIONS[name] : undefined
  if (version !== undefined) return version
  const hint = text === '3' ? "'3' means 3.1 to some tools and 3.1.1 to others: write 31 or 311" : undefined
  throw usageError(`${flag} takes 31, 311 or 5, not '${text}'`, hint)
}

export function versionName(version: number): string {
  return version === 3 ? '3.1' : version === 4 ? '3.1.1' : '5.0'
}

const VERSIONS: Readonly<Record<string, ProtocolVersion>> = {
  '31': 3,
  '3.1': 3,
  mqttv31: 3,
  '311': 4,
  '3.1.1': 4,
  '4': 4,
  mqttv311: 4,
  '5': 5,
  '5.0': 5,
  mqttv5: 5,
}
