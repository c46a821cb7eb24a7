import { install } from './install.mjs'
import { packages } from './packed.mjs'
import { release } from './release.mjs'
import { run, tool, turbo } from './run.mjs'
import { Scoreboard } from './scoreboard.mjs'
import { tests } from './tests.mjs'

/** Runs every check. Nothing works before install and build; after them two lanes, one for each core of a small machine. */
export async function checkAll() {
  const board = new Scoreboard()
  const ready =
    (await board.check('install', install)) &&
    (await board.check('build', () =>
      run('build', ...turbo(['run', 'build', '--concurrency=2', '--output-logs=errors-only'])),
    ))
  if (ready) await Promise.all([programs(board), papers(board)])
  board.close()
  process.exitCode = board.failed === 0 ? 0 : 1
}

/** @param {Scoreboard} board */
async function programs(board) {
  await board.check('types', () =>
    run('types', ...turbo(['run', 'typecheck', '--concurrency=1', '--continue', '--output-logs=errors-only'])),
  )
  await tests(board)
}

/** @param {Scoreboard} board */
async function papers(board) {
  await board.check('lint', () =>
    run('lint', ...tool('oxlint', ['--config', 'tooling/lint/oxlintrc.json', '--type-aware', '--deny-warnings'])),
  )
  await board.check('format', () => run('format', ...tool('prettier', ['--check', '--log-level=warn', '--cache', '.'])))
  await board.check('import rules', () =>
    run('import rules', ...tool('depcruise', ['--config', 'tooling/structure/import-rules.cjs', 'packages', 'apps'])),
  )
  await board.check('unused code', () =>
    run('unused code', ...tool('knip', ['--config', 'tooling/knip/knip.json', '--no-progress', '--no-config-hints'])),
  )
  await board.check('statements', () => run('statements', process.execPath, ['tooling/spec/src/report.mjs']))
  await packages(board)
  await release(board)
}
