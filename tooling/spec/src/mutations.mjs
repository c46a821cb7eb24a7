import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { read, ROOT } from './repository.mjs'

/**
 * @typedef {{ statements: string[], file: string, replace: string, with: string, test: string }} Mutation A change of
 *   `file` that breaks the statements: in `test` a test that names each of them then fails. `replace` stands there once.
 */

/** @returns {Mutation[]} */
export const mutations = () =>
  readdirSync(join(ROOT, 'tooling/spec/mutations'))
    .toSorted()
    .flatMap((name) => JSON.parse(read(`tooling/spec/mutations/${name}`)))

/**
 * Some of a list, the same for the same seed.
 *
 * @template T
 * @param {readonly T[]} list
 * @param {number} count
 * @param {number} seed
 * @returns {T[]}
 */
export function sample(list, count, seed) {
  const rest = [...list]
  const taken = []
  let state = seed >>> 0
  while (taken.length < count && rest.length > 0) {
    // Numerical Recipes' linear congruential generator: a choice, not a secret.
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    taken.push(...rest.splice(Math.floor((state / 0x1_0000_0000) * rest.length), 1))
  }
  return taken
}
