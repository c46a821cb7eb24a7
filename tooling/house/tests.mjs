import { existsSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { findPeer, PEERS } from '../vitest-preset/peer-table.mjs'
import { ROOT, run, StepFailed, turbo } from './run.mjs'
import { workspaces } from './workspaces.mjs'

/**
 * @typedef {import('./scoreboard.mjs').Scoreboard} Scoreboard
 * @typedef {import('./scoreboard.mjs').Step} Step
 * @typedef {{ package: string, passed: number, failures: { file: string, title: string, message: string }[],
 *   skipped: { file: string, title: string, why?: string }[] }} Report what tooling/vitest-preset/house-reporter.mjs writes
 */

/** @param {Scoreboard} board */
export async function tests(board) {
  const tested = workspaces().filter(({ manifest }) => manifest.scripts?.test !== undefined)
  await board.step('tests', async (step) => {
    // An old report must not stand in for a run that died; turbo brings the report of a cached run back.
    for (const { folder } of tested) rmSync(join(ROOT, folder, 'coverage/tests.json'), { force: true })
    const crash = await runAll()
    for (const { folder, manifest } of tested) {
      const report = read(join(folder, 'coverage/tests.json'))
      if (report === undefined) step.fail(`tests of ${manifest.name}`, 'they ended without a report')
      else count(step, report)
    }
    const floorsHold = coverage(step)
    if (
      crash !== undefined &&
      ((step.failures.length === 0 && floorsHold) ||
        tested.some(({ folder }) => read(join(folder, 'coverage/tests.json')) === undefined))
    )
      step.fail('tests', `${crash.output.trimEnd()}\n${crash.message}`)
  })
}

async function runAll() {
  // A run with a peer and one without it are different runs for the cache.
  const found = PEERS.filter(({ name }) => findPeer(name) !== undefined).map(({ name }) => name)
  try {
    await run('tests', ...turbo(['run', 'test', '--continue', '--concurrency=2', '--output-logs=errors-only']), {
      env: { GODWIT_PEERS_FOUND: found.join(','), GODWIT_PEERS: process.env.GODWIT_PEERS ?? '' },
    })
    return undefined
  } catch (error) {
    if (error instanceof StepFailed) return error
    throw error
  }
}

/**
 * @param {Step} step
 * @param {Report} report
 */
function count(step, report) {
  step.pass(report.passed)
  for (const { file, title, message } of report.failures) step.fail(`${report.package} ${file} > ${title}`, message)
  for (const { file, title, why } of report.skipped) {
    if (why === undefined) step.fail(`${report.package} ${file} > ${title}`, 'a skipped test must say why')
    else if (process.env.GODWIT_PEERS === 'required')
      step.fail(`${report.package} ${file} > ${title}`, `skipped although GODWIT_PEERS=required: ${why}`)
    else step.skip(`skipped: ${report.package}: ${title.replace(/ ?\[skipped: [^\]]*\]/, '')}, because ${why}`)
  }
}

/**
 * One check for each package in the table of floors.
 *
 * @param {Step} step
 */
function coverage(step) {
  const floors = read('tooling/vitest-preset/coverage-floors.json')
  let hold = true
  for (const { folder, manifest } of workspaces()) {
    const floor = floors[manifest.name]
    if (floor === undefined) continue
    const total = read(join(folder, 'coverage/coverage-summary.json'))?.total
    const low = Object.keys(floor).filter((measure) => !(total?.[measure].pct >= floor[measure]))
    if (low.length === 0) step.pass()
    else {
      hold = false
      step.fail(
        `coverage of ${manifest.name}`,
        low
          .map(
            (measure) =>
              `${measure}: ${total?.[measure].pct ?? 'nothing measured'} %, the floor is ${floor[measure]} %`,
          )
          .join('\n'),
      )
    }
  }
  return hold
}

/** @param {string} path */
const read = (path) => (existsSync(join(ROOT, path)) ? JSON.parse(readFileSync(join(ROOT, path), 'utf8')) : undefined)
