// `pnpm spec`: every normative statement, and what shows that we obey it. Ends with 1 where something is missing.
import { placesByKey, rowsOf } from './coverage.mjs'

/** @typedef {import('./coverage.mjs').Row} Row */

const rows = rowsOf(placesByKey())
const missing = rows.filter((row) => row.missing.length > 0)
const reasoned = rows.filter((row) => row.reason !== undefined)
const covered = rows.filter((row) => row.missing.length === 0 && row.reason === undefined)

section(
  'covered',
  covered,
  ({ places }) => `${places.length} ${places.length === 1 ? 'title' : 'titles'}, first ${place(places)}`,
)
section('reasoned', reasoned, ({ reason }) => reason ?? '')
section('missing', missing, ({ missing }) => `no test of the ${missing.join(' and the ')}`)
console.log(`${covered.length} covered, ${reasoned.length} reasoned, ${missing.length} missing`)
process.exitCode = missing.length === 0 ? 0 : 1

/**
 * @param {string} title
 * @param {Row[]} list
 * @param {(row: Row) => string} why
 */
function section(title, list, why) {
  console.log(`${title}\n`)
  for (const row of list) {
    const { key, version, binds, paraphrase } = row.statement
    console.log(
      `  ${key.padEnd(22)} ${version.padEnd(5)} ${binds.padEnd(6)} ${paraphrase}\n${' '.repeat(38)}${why(row)}`,
    )
  }
  console.log('')
}

/** @param {import('./coverage.mjs').Place[]} places */
function place([first]) {
  return first === undefined ? 'nowhere' : `${first.file}:${first.line}`
}
