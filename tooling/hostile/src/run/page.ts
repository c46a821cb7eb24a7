import type { Described } from './catalogue.ts'
import type { SavedRun } from './results.ts'
import type { Result } from './runner.ts'

/** The page of results: what was found, and nothing that was not. `elsewhere` is what a unit test of ours proves alone. */
export const page = (
  runs: readonly SavedRun[],
  catalogue: readonly Described[],
  elsewhere: readonly number[],
): string => `${[HEAD, totals(runs), cases(runs, catalogue, elsewhere), measured(runs), reasons(runs)].join('\n\n')}\n`

type Verdict = Result['verdict']

const VERDICTS: readonly Verdict[] = ['holds', 'fails', 'dies', 'not applicable']

const HEAD = `# What a hostile peer can do

Each case says what a peer sends and what must happen then. \`pnpm hostile\` plays them against a broker in a process of its own, over
real sockets. After each it also asks whether others were served within 50 ms, whether memory and gauges are back where they
were, and, with ours, whether each counter has risen by exactly what is expected. \`--broker mosquitto\` and \`--broker aedes\` play the
same against those, \`--save\` keeps what was found in \`tooling/hostile/results\`, and \`pnpm hostile:page\` writes this page from there.

**Read it with care.** We wrote the catalogue, and our broker until it held, so the column of ours says little but that it
still does. The catalogue asks for more than the specification: limits, counters, one of several answers that are allowed. So
"fails" does not say that a broker breaks the specification, and it is not a vulnerability: it says that something else was seen than the case asks
for, which may be a choice, such as being lenient with a reserved flag, or a limit that is set in another way or not at all. What was
seen is listed below the table, so that everybody can judge. The others ran with their defaults, but for settings that a case asks for
and they have.

- **holds**: what the case asks for was seen.
- **fails**: something else was seen, within the time that was waited.
- **dies**: the process ended.
- **not applicable**: the case speaks of something that the broker does not have, such as 5.0, a file of rights or a hook. Aedes is
  judged by the 3.1.1 half of each case. Where a process cannot be asked, memory is resident memory, within 8 MiB.`

const totals = (runs: readonly SavedRun[]): string =>
  table([
    ['broker', 'date', ...VERDICTS, 'Node of the suite', 'machine', 'load average'],
    ...runs.map(({ broker, date, node, machine, load, results }) => [
      broker,
      date,
      ...VERDICTS.map((verdict) => String(results.filter((each) => each.verdict === verdict).length)),
      node,
      machine,
      load.toFixed(1),
    ]),
  ])

const cases = (
  runs: readonly SavedRun[],
  catalogue: readonly Described[],
  elsewhere: readonly number[],
): string => `## The cases

C: closed without a packet. K(x): CONNACK with x, then closed. D(x): DISCONNECT with x, then closed. S(x): SUBACK with x. A bar stands
between 3.1.1 and 5.0. Codes are hexadecimal.

${table([
  ['#', 'a peer sends', 'what must happen', ...runs.map(({ broker }) => nameOf(broker))],
  ...catalogue.map(({ number, sent, holds }) => [
    String(number),
    escaped(sent),
    escaped(holds),
    ...runs.map(({ results }) => {
      const found = results.find((each) => each.number === number)
      return found?.verdict ?? (elsewhere.includes(number) ? 'about tests' : '')
    }),
  ]),
])}`

/** Numbers that more than one broker has, so that everybody sees who does better. */
const measured = (runs: readonly SavedRun[]): string => {
  const rows = new Map<string, (number | undefined)[]>()
  for (const [place, { results }] of runs.entries()) {
    for (const { number, measurements } of results) {
      for (const { what, value, unit } of measurements) {
        const name = `${number}: ${what}${unit === '' ? '' : `, ${unit}`}`
        const row = rows.get(name) ?? runs.map(() => undefined)
        row[place] ??= value
        rows.set(name, row)
      }
    }
  }
  const compared = [...rows].filter(([, row]) => row.filter((value) => value !== undefined).length > 1)
  return `## What was measured

One run each, on a machine with other work, so that a factor of two says nothing. Less is better, but for messages a second.

${table([
  ['case', ...runs.map(({ broker }) => nameOf(broker))],
  ...compared.map(([name, row]) => [escaped(name), ...row.map((value) => (value === undefined ? '' : shown(value)))]),
])}`
}

const reasons = (runs: readonly SavedRun[]): string =>
  runs
    .map(({ broker, results }) => {
      const bad = results.filter(({ verdict }) => verdict === 'fails' || verdict === 'dies')
      const lines = bad.map(({ number, verdict, failures }) => {
        const seen = escaped((failures[0] ?? '').split('\n')[0]!.slice(0, 160))
        return `- ${number}: ${verdict === 'dies' ? '**the process ended**: ' : ''}${seen}${failures.length > 1 ? ', and more' : ''}`
      })
      return [
        `## What was seen of ${broker}`,
        '',
        ...(lines.length === 0 ? ['What every case asks for.'] : lines),
      ].join('\n')
    })
    .join('\n\n')

const nameOf = (broker: string): string => broker.split(' ')[0]!

const shown = (value: number): string => (value >= 100 ? Math.round(value).toLocaleString('en-US') : value.toFixed(1))

const escaped = (words: string): string =>
  words
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith('`') ? part : part.replaceAll('<', '&lt;').replaceAll(/[_*[\]\\]/g, '\\$&')))
    .join('')
    .replaceAll('|', '\\|')
    .replaceAll(/\s+/g, ' ')
    .replaceAll(/[\p{Cc}\p{Cs}]/gu, '')

/** As the formatter aligns it. */
const table = (rows: readonly (readonly string[])[]): string => {
  const widths = rows[0]!.map((_, column) => Math.max(3, ...rows.map((row) => widthOf(row[column]!))))
  const text = (cells: readonly string[]): string =>
    `| ${cells.map((each, column) => each + ' '.repeat(widths[column]! - widthOf(each))).join(' | ')} |`
  const [head, ...body] = rows
  return [text(head!), text(widths.map((width) => '-'.repeat(width))), ...body.map(text)].join('\n')
}

/** Characters, not halves of them. */
const widthOf = (words: string): number => [...words].length
