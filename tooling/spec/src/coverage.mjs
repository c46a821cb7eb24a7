import { read, testFiles } from './repository.mjs'
import { keysIn, STATEMENTS } from './statements.mjs'
import { titlesIn } from './titles.mjs'

/**
 * @typedef {import('./statements.mjs').Statement} Statement
 * @typedef {{ file: string, line: number }} Place
 * @typedef {'server' | 'client'} Side
 * @typedef {{ statement: Statement, places: Place[], reason: string | undefined, missing: Side[] }} Row missing: those
 *   whom the statement binds and of whom no test speaks
 */

/** Whose code a test drives. The layers below, which both use, speak for either. */
const SERVER_ONLY = /^(packages\/mqtt-broker|apps\/broker|tooling)\//
const CLIENT_ONLY = /^(packages\/mqtt-client|apps\/cli)\//

/** Why no test can show that a statement is obeyed, one sentence each, by key. */
export const REASONS = /** @type {Record<string, string>} */ (JSON.parse(read('tooling/spec/reasons.json')))

/** Where a title names each key, of all test files. */
export function placesByKey() {
  /** @type {Map<string, Place[]>} */
  const places = new Map()
  for (const file of testFiles()) {
    if (file.startsWith('tooling/spec/')) continue
    for (const { text, line } of titlesIn(file, read(file)))
      for (const key of keysIn(text)) places.set(key, [...(places.get(key) ?? []), { file, line }])
  }
  return places
}

/**
 * @param {Map<string, Place[]>} places
 * @returns {Row[]}
 */
export const rowsOf = (places) => STATEMENTS.map((statement) => rowOf(statement, places.get(statement.key) ?? []))

/**
 * @param {Statement} statement
 * @param {Place[]} places
 * @returns {Row}
 */
export function rowOf(statement, places) {
  const reason = REASONS[statement.key]
  /** @type {Side[]} */
  const sides = statement.binds === 'both' ? ['server', 'client'] : [statement.binds]
  const other = { server: CLIENT_ONLY, client: SERVER_ONLY }
  const missing = sides.filter((side) => !places.some(({ file }) => !other[side].test(file)))
  return { statement, places, reason, missing: reason === undefined ? missing : [] }
}
