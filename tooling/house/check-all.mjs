import { install } from './install.mjs'
import { packages } from './packed.mjs'
import { release } from './release.mjs'
import { run, tool, turbo } from './run.mjs'
import { Scoreboard } from './scoreboard.mjs'
import { tests } from './tests.mjs'

/**
 * Runs every check in two lanes, one for each core of a small machine. Nothing works before the install; only tests and
 * packages need the build, so what reads sources runs beside it.
 */
export async function checkAll() {
  const board = new Scoreboard()
  if (await board.check('install', install)) {
    const built = board.check('build', build)
    await Promise.all([
      built.then((ready) => (ready ? tests(board) : undefined)),
      sources(board).then(async () => {
        if (!(await built)) return
        await packages(board)
        await release(board)
      }),
    ])
  }
  board.close()
  process.exitCode = board.failed === 0 ? 0 : 1
}

const build = () => run('build', ...turbo(['run', 'build', '--concurrency=2', '--output-logs=errors-only']))

/** @param {Scoreboard} board */
async function sources(board) {
  await board.check('pure types', () => run('types', ...turbo(['run', 'types', '--output-logs=errors-only'])))
  await board.check('types and lint', () =>
    run(
      'lint',
      ...tool('oxlint', ['--config', 'tooling/lint/oxlintrc.json', '--type-aware', '--type-check', '--deny-warnings']),
    ),
  )
  await board.check('format', () =>
    run('format', ...tool('oxfmt', ['--config', 'tooling/lint/oxfmtrc.json', '--check'])),
  )
  await board.check('import rules', () =>
    run('import rules', ...tool('depcruise', ['--config', 'tooling/structure/import-rules.cjs', 'packages', 'apps'])),
  )
  await board.check('unused code', () =>
    run('unused code', ...tool('knip', ['--config', 'tooling/knip/knip.json', '--no-progress', '--no-config-hints'])),
  )
  await board.check('statements', () => run('statements', process.execPath, ['tooling/spec/src/report.mjs']))
}
