// Breaks the code as planted-bugs/*.json say, in a bundle and nowhere else, and runs seeds until a checker notices.
//
//   node tooling/simulator/plant.mjs [--budget 300] [--from 1] [--table] [TEXT]
//   node tooling/simulator/plant.mjs --keep FILE --found 'what was wrong' TEXT
//
// TEXT: only bugs whose name or file has it. Ends with 1 where one was not noticed. `--keep` shrinks the first plan that breaks the bug's
// invariant and keeps it as a regression.
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
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
 * @returns {Promise<typeof import('./src/planted.ts')>}
 */
export async function withBug(bug, folder) {
  const path = join(ROOT, bug.file)
  const source = readFileSync(path, 'utf8')
  if (source.split(bug.replace).length !== 2) {
    throw Object.assign(new Error(`"${bug.replace}" does not stand once in ${bug.file}`), { code: 'STALE_BUG' })
  }
  const contents = source.replace(bug.replace, () => bug.with)
  const outfile = join(folder, `${bug.name.replaceAll(/[^a-z0-9]+/gi, '-')}.mjs`)
  await bundle('planted', {
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
 * @param {number} [from] the first of them
 * @param {import('./src/draw-plan.ts').DrawOptions} [options]
 */
export async function seedsUntilNoticed(bug, budget, folder, from = 1, options = {}) {
  const { drawPlan, runPlan } = await withBug(bug, folder)
  /** @type {string | undefined} */
  let rejected
  // An assertion that fails in a promise of the broker belongs to nobody else.
  const onRejection = (/** @type {unknown} */ reason) => {
    rejected = failureOf(reason)
  }
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', onRejection)
  /** @type {{ seeds: number, invariant: string } | undefined} */
  let other
  for (let seed = 1; seed <= budget; seed++) {
    const name = String(from + seed - 1)
    /** @type {string[]} */
    let broken
    try {
      broken = (await runPlan(drawPlan(name, options))).violations.map(({ invariant }) => invariant)
    } catch (error) {
      broken = [failureOf(error)]
    }
    if (rejected !== undefined) broken.unshift(rejected)
    rejected = undefined
    if (broken.includes(bug.invariant)) return { seeds: seed, invariant: bug.invariant }
    if (broken.length > 0) other ??= { seeds: seed, invariant: /** @type {string} */ (broken[0]) }
    if (other !== undefined && seed >= other.seeds + 10) return other
  }
  return other
}

/** A bug that does not compute proves nothing. */
const failureOf = (/** @type {unknown} */ error) => {
  if (error instanceof ReferenceError || error instanceof SyntaxError) throw error
  return /** @type {{ code?: string }} */ (error).code === 'ASSERTION_FAILED'
    ? 'an assertion'
    : `an error: ${String(error)}`
}

/**
 * The smallest plan that could be found that breaks the bug's invariant.
 *
 * @param {PlantedBug} bug
 * @param {number} budget
 * @param {string} folder
 * @param {string} found
 */
async function kept(bug, budget, folder, found) {
  const { drawPlan, regressionToText, runPlan, shrink } = await withBug(bug, folder)
  for (let seed = 1; seed <= budget; seed++) {
    const plan = drawPlan(String(seed), { operations: 200 })
    const { violations } = await runPlan(plan)
    if (!violations.some(({ invariant }) => invariant === bug.invariant)) continue
    const smallest = await shrink(plan, bug.invariant, 2_000)
    return regressionToText({ found, invariant: bug.invariant, plantedBug: bug.name, plan: smallest })
  }
  return undefined
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values, positionals } = parseArgs({
    options: {
      budget: { type: 'string', default: '300' },
      from: { type: 'string', default: '1' },
      table: { type: 'boolean', default: false },
      keep: { type: 'string' },
      found: { type: 'string', default: '' },
    },
    allowPositionals: true,
  })
  const folder = mkdtempSync(join(tmpdir(), 'godwit-planted-'))
  let passed = 0
  let failed = 0
  try {
    for (const bug of plantedBugs()) {
      if (!positionals.every((text) => `${bug.name} ${bug.file}`.includes(text))) continue
      if (values.keep !== undefined) {
        const text = await kept(bug, Number(values.budget), folder, values.found)
        if (text === undefined) failed++
        else {
          passed++
          writeFileSync(values.keep, text)
        }
        continue
      }
      const noticed = await seedsUntilNoticed(bug, Number(values.budget), folder, Number(values.from))
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
