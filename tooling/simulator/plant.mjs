// Breaks the code as planted-bugs/*.json say, in a bundle and nowhere else, and runs seeds until a checker notices.
//
//   node tooling/simulator/plant.mjs [--budget 300] [--table] [TEXT]
//
// TEXT: only bugs whose name or file has it. Ends with 1 where one was not noticed.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const ROOT = join(HERE, '../..')

/**
 * @typedef {{ name: string, class: string, file: string, replace: string, with: string, invariant: string }} PlantedBug `replace`
 *   stands in `file` once; `invariant` is one that then no longer holds.
 */

/** @returns {PlantedBug[]} */
export const plantedBugs = () =>
  readdirSync(join(HERE, 'planted-bugs'))
    .toSorted()
    .flatMap((name) => JSON.parse(readFileSync(join(HERE, 'planted-bugs', name), 'utf8')))

/**
 * The simulator with a bug in it.
 *
 * @param {PlantedBug} bug
 * @param {string} folder where the bundle goes
 * @returns {Promise<typeof import('./src/run-seed.ts')>}
 */
export async function withBug(bug, folder) {
  const path = join(ROOT, bug.file)
  const source = readFileSync(path, 'utf8')
  if (source.split(bug.replace).length !== 2) {
    throw Object.assign(new Error(`"${bug.replace}" does not stand once in ${bug.file}`), { code: 'STALE_BUG' })
  }
  const contents = source.replace(bug.replace, () => bug.with)
  const outfile = join(folder, `${bug.name.replaceAll(/[^a-z0-9]+/gi, '-')}.mjs`)
  await bundle('run-seed', {
    outfile,
    plugins: [
      {
        name: 'plant',
        setup(build) {
          build.onLoad({ filter: /\.ts$/ }, ({ path: loaded }) =>
            loaded === path ? { contents, loader: 'ts' } : undefined,
          )
        },
      },
    ],
  })
  return import(pathToFileURL(outfile).href)
}

/**
 * How many seeds it takes until the invariant's checker, or any, notices; undefined: more than the budget.
 *
 * @param {PlantedBug} bug
 * @param {number} budget
 * @param {string} folder
 */
export async function seedsUntilNoticed(bug, budget, folder) {
  const { runSeed } = await withBug(bug, folder)
  let rejected = false
  // An assertion that fails in a promise of the broker belongs to nobody else.
  const onRejection = () => {
    rejected = true
  }
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', onRejection)
  /** @type {{ seeds: number, invariant: string } | undefined} */
  let other
  for (let seed = 1; seed <= budget; seed++) {
    /** @type {string[]} */
    let broken
    try {
      broken = (await runSeed(String(seed))).violations.map(({ invariant }) => invariant)
    } catch {
      broken = ['an assertion']
    }
    if (rejected) broken.unshift('an assertion')
    rejected = false
    if (broken.includes(bug.invariant)) return { seeds: seed, invariant: bug.invariant }
    if (broken.length > 0) other ??= { seeds: seed, invariant: /** @type {string} */ (broken[0]) }
    if (other !== undefined && seed >= other.seeds + 10) return other
  }
  return other
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: { budget: { type: 'string', default: '300' }, table: { type: 'boolean', default: false } },
    allowPositionals: true,
  })
  const folder = mkdtempSync(join(tmpdir(), 'godwit-planted-'))
  let passed = 0
  let failed = 0
  try {
    for (const bug of plantedBugs()) {
      if (!positionals.every((text) => `${bug.name} ${bug.file}`.includes(text))) continue
      const noticed = await seedsUntilNoticed(bug, Number(values.budget), folder)
      if (noticed === undefined) failed++
      else passed++
      const row = [bug.name, bug.class, noticed?.invariant ?? 'NOT NOTICED', noticed?.seeds ?? `> ${values.budget}`]
      console.log(values.table ? `| ${row.join(' | ')} |` : row.join('; '))
    }
  } finally {
    rmSync(folder, { recursive: true })
  }
  console.log(`${passed} passed, ${failed} failed`)
  process.exitCode = failed === 0 && passed > 0 ? 0 : 1
}
