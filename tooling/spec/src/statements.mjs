import { read } from './repository.mjs'

/**
 * @typedef {'3.1.1' | '5.0'} Version
 * @typedef {'client' | 'server' | 'both'} Binds
 * @typedef {{ key: string, id: string, version: Version, binds: Binds, paraphrase: string }} Statement key is how a test
 *   title spells it
 */

/** All normative statements of MQTT 3.1.1 and 5.0, in the order of the specifications. */
export const STATEMENTS = parseStatements(read('tooling/spec/statements.tsv'))

/**
 * Both versions number their statements, and a number often means one thing here and another there. Where both have it,
 * the version belongs to the name.
 *
 * @param {string} table
 * @returns {Statement[]}
 */
export function parseStatements(table) {
  const rows = table
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => line.split('\t'))
  const times = new Map()
  for (const [id] of rows) times.set(id, (times.get(id) ?? 0) + 1)
  return rows.map(([id = '', version = '', binds = '', paraphrase = '']) => ({
    key: times.get(id) > 1 ? `${id} v${version}` : id,
    id,
    version: /** @type {Version} */ (version),
    binds: /** @type {Binds} */ (binds),
    paraphrase,
  }))
}

/**
 * The keys that a text names: `[MQTT-4.3.3-10]`, where both versions have the number `[MQTT-3.1.2-3 v3.1.1]`, and
 * `[MQTT-3.3.1-1 v3.1.1 v5.0]` where both say the same.
 *
 * @param {string} text
 * @returns {string[]}
 */
export const keysIn = (text) =>
  [...text.matchAll(/\[(MQTT-\d[\d.]*-\d+)((?: v[\d.]+)*)\]/g)].flatMap(([, id = '', versions = '']) =>
    versions === ''
      ? [id]
      : versions
          .trim()
          .split(' ')
          .map((version) => `${id} ${version}`),
  )
