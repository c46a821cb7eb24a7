// `pnpm sim --seeds 2000 [--seconds 225]`, `pnpm sim --hours 8`, `pnpm sim replay 42 [--page trace.html] [--whole]`. What runs is one bundle of
// the sources, so that nothing has to be built before.
import { spawnSync } from 'node:child_process'
import { bundle } from './bundle.mjs'

await bundle('worker')
const file = await bundle('main')
// Each thread has a core of its own: a collection that borrows threads of the other ones only takes turns with them. All code runs for
// minutes, so whatever waits to be sure of that waits for nothing.
const flags = ['--single-threaded-gc', '--no-lazy-feedback-allocation', '--no-flush-bytecode']
const { status } = spawnSync(process.execPath, ['--enable-source-maps', ...flags, file, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
