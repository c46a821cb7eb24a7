// `pnpm bench`: the micro benchmarks of tooling/bench, one after the other. `pnpm bench codec` runs one, `pnpm bench:broker`
// the brokers. Options go to the suites; --source measures a bundle of the sources and builds nothing.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { install } from './install.mjs'
import { ROOT, run, turbo } from './run.mjs'

const MICRO = ['codec', 'topics']

const args = process.argv.slice(2)
const first = args.findIndex((argument) => argument.startsWith('-'))
const suites = first === -1 ? args : args.slice(0, first)
const options = first === -1 ? [] : args.slice(first)

if (!options.includes('--source')) {
  await install()
  // Benchmarks measure what users get: the builds, not the sources.
  await run('build', ...turbo(['run', 'build', '--output-logs=errors-only']))
}
for (const suite of suites.length > 0 ? suites : MICRO) {
  const { status } = spawnSync(process.execPath, [join(ROOT, 'tooling/bench/run.mjs'), suite, ...options], {
    stdio: 'inherit',
  })
  if (status !== 0) process.exitCode = 1
}
