// Breaks the code as tooling/spec/mutations says, one place at a time, and sees whether the tests notice. It changes files
// where it runs, so `pnpm night` runs it in a copy.
//
//   node tooling/spec/src/try-mutations.mjs [--sample 40] [--seed 1] [TEXT]
//
// TEXT: only mutations of statements or files whose name has it. Ends with 1 where a mutation survived.
import { spawnSync } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { mutations, sample } from './mutations.mjs'
import { ROOT } from './repository.mjs'
import { keysIn } from './statements.mjs'

/**
 * @typedef {import('./mutations.mjs').Mutation} Mutation
 * @typedef {{ title: string, passed: boolean }} Result
 */

const { values, positionals } = parseArgs({
  options: { sample: { type: 'string', default: 'Infinity' }, seed: { type: 'string', default: '1' } },
  allowPositionals: true,
})
const wanted = mutations().filter(({ statements, file, test }) =>
  positionals.every((text) => [...statements, file, test].some((name) => name.includes(text))),
)
const chosen = sample(wanted, Number(values.sample), Number(values.seed))
/** @type {Map<string, string>} */
const before = new Map()
let survivors = 0
for (const mutation of chosen) {
  const complaint = complaintAbout(mutation)
  if (complaint === undefined) continue
  survivors += 1
  console.log(
    `${mutation.statements.join(', ')}: ${complaint}\n  ${mutation.file}\n  - ${mutation.replace}\n  + ${mutation.with}`,
  )
}
console.log(`${chosen.length} of ${wanted.length} mutations tried with seed ${values.seed}, ${survivors} survived`)
process.exitCode = survivors === 0 && chosen.length > 0 ? 0 : 1

/**
 * @param {Mutation} mutation
 * @returns {string | undefined} undefined: every statement's own tests noticed
 */
function complaintAbout({ statements, file, replace, with: replacement, test }) {
  if (!before.has(test))
    before.set(
      test,
      failuresOf(test)
        .map(({ title }) => title)
        .join('; '),
    )
  if (before.get(test) !== '') return `${test} fails without it: ${before.get(test)}`
  const path = join(ROOT, file)
  const original = readFileSync(path, 'utf8')
  if (original.split(replace).length !== 2) return 'the text to replace does not stand there once'
  try {
    writeFileSync(
      path,
      original.replace(replace, () => replacement),
    )
    const broken = new Set(failuresOf(test, statements).flatMap(({ title }) => keysIn(title)))
    const unnoticed = statements.filter((key) => !broken.has(key))
    return unnoticed.length === 0 ? undefined : `${test} does not notice for ${unnoticed.join(', ')}`
  } finally {
    writeFileSync(path, original)
  }
}

/**
 * @param {string} test
 * @param {readonly string[]} [statements] only tests that name one of these
 */
function failuresOf(test, statements = []) {
  const folder = test.split('/').slice(0, 2).join('/')
  const report = join(tmpdir(), `godwit-mutation-${process.pid}.json`)
  const ids = statements.map((key) => key.split(' ')[0]?.replaceAll('.', '\\.'))
  const run = spawnSync(
    process.execPath,
    [
      'node_modules/vitest/vitest.mjs',
      'run',
      test.slice(folder.length + 1),
      ...(ids.length > 0 ? ['-t', `(${ids.join('|')})[\\] ]`, '--testTimeout=5000'] : []),
      '--reporter=json',
      `--outputFile=${report}`,
    ],
    { cwd: join(ROOT, folder), encoding: 'utf8', timeout: 120_000, killSignal: 'SIGKILL' },
  )
  if (run.error !== undefined) return [{ title: run.error.message }]
  /** @type {{ testResults: { assertionResults: { status: string, fullName: string }[] }[] }} */
  const { testResults } = JSON.parse(readFileSync(report, 'utf8'))
  rmSync(report)
  const results = testResults.flatMap(({ assertionResults }) => assertionResults)
  if (results.length === 0) return [{ title: 'the file does not load' }]
  return results.filter(({ status }) => status === 'failed').map(({ fullName }) => ({ title: fullName }))
}
