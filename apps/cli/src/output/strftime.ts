/** A moment: nanoseconds since 1970-01-01T00:00:00Z. */
export type Moment = bigint

const WEEKDAYS = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]

/** One conversion of strftime(3) in the C locale and the local time zone; undefined for a letter that it does not have. */
export function strftime(conversion: string, date: Date): string | undefined {
  return isConversion(conversion) ? CONVERSIONS[conversion]?.(date) : undefined
}

export function dateOf(moment: Moment): Date {
  return new Date(Number(moment / 1_000_000n))
}

/** Nanoseconds within the second, nine digits. */
export function nanosecondsOf(moment: Moment): string {
  return String(moment % 1_000_000_000n).padStart(9, '0')
}

export function isConversion(conversion: string): boolean {
  return Object.hasOwn(CONVERSIONS, conversion)
}

const two = (value: number, pad = '0'): string => String(value).padStart(2, pad)
const expand = (letters: string, separators: string, date: Date): string =>
  [...letters].map((letter, at) => strftime(letter, date) + (separators[at] ?? '')).join('')
const hour12 = (date: Date): number => date.getHours() % 12 || 12

function dayOfYear(date: Date): number {
  const midnight = Date.UTC(date.getFullYear(), date.getMonth(), date.getDate())
  return Math.round((midnight - Date.UTC(date.getFullYear(), 0, 1)) / 86_400_000)
}

/** ISO 8601: the week belongs to the year of its Thursday. */
function isoWeek(date: Date): { year: number; week: number } {
  const thursday = new Date(date.getFullYear(), date.getMonth(), date.getDate() + 4 - (date.getDay() || 7))
  return { year: thursday.getFullYear(), week: Math.floor(dayOfYear(thursday) / 7) + 1 }
}

function zone(date: Date): string {
  const minutes = -date.getTimezoneOffset()
  return `${minutes < 0 ? '-' : '+'}${two(Math.trunc(Math.abs(minutes) / 60))}${two(Math.abs(minutes) % 60)}`
}

function zoneName(date: Date): string {
  const parts = new Intl.DateTimeFormat('en-US', { timeZoneName: 'short' }).formatToParts(date)
  return parts.find((part) => part.type === 'timeZoneName')?.value ?? zone(date)
}

const CONVERSIONS: Record<string, (date: Date) => string> = {
  a: (date) => (WEEKDAYS[date.getDay()] ?? '').slice(0, 3),
  A: (date) => WEEKDAYS[date.getDay()] ?? '',
  b: (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3),
  B: (date) => MONTHS[date.getMonth()] ?? '',
  c: (date) => expand('abeTY', '    ', date).trimEnd(),
  C: (date) => two(Math.floor(date.getFullYear() / 100)),
  d: (date) => two(date.getDate()),
  D: (date) => expand('mdy', '//', date),
  e: (date) => two(date.getDate(), ' '),
  F: (date) => expand('Ymd', '--', date),
  g: (date) => two(isoWeek(date).year % 100),
  G: (date) => String(isoWeek(date).year),
  h: (date) => (MONTHS[date.getMonth()] ?? '').slice(0, 3),
  H: (date) => two(date.getHours()),
  I: (date) => two(hour12(date)),
  j: (date) => String(dayOfYear(date) + 1).padStart(3, '0'),
  k: (date) => two(date.getHours(), ' '),
  l: (date) => two(hour12(date), ' '),
  m: (date) => two(date.getMonth() + 1),
  M: (date) => two(date.getMinutes()),
  n: () => '\n',
  p: (date) => (date.getHours() < 12 ? 'AM' : 'PM'),
  P: (date) => (date.getHours() < 12 ? 'am' : 'pm'),
  r: (date) => expand('IMSp', ':: ', date),
  R: (date) => expand('HM', ':', date),
  s: (date) => String(Math.floor(date.getTime() / 1000)),
  S: (date) => two(date.getSeconds()),
  t: () => '\t',
  T: (date) => expand('HMS', '::', date),
  u: (date) => String(date.getDay() || 7),
  U: (date) => two(Math.floor((dayOfYear(date) + 7 - date.getDay()) / 7)),
  V: (date) => two(isoWeek(date).week),
  w: (date) => String(date.getDay()),
  W: (date) => two(Math.floor((dayOfYear(date) + 7 - ((date.getDay() + 6) % 7)) / 7)),
  x: (date) => expand('mdy', '//', date),
  X: (date) => expand('HMS', '::', date),
  y: (date) => two(date.getFullYear() % 100),
  Y: (date) => String(date.getFullYear()),
  z: zone,
  Z: zoneName,
}
