// Bundles one suite and runs it on plain Node: `node tooling/bench/run.mjs codec [--source] [options of the suite]`.
// A loader that compiles on the fly would change the code that is measured, so what runs is either the built packages, as
// users load them, or, with --source, one bundle of the sources, for which nothing has to be built.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { build } from 'esbuild'

const HERE = dirname(fileURLToPath(import.meta.url))
const SUITES = ['codec', 'topics']

const [suite = '', ...rest] = process.argv.slice(2)
if (!SUITES.includes(suite)) {
  console.error(`there is no suite ${suite}; there are ${SUITES.join(', ')}`)
  process.exit(2)
}
const source = rest.includes('--source')
const built = join(HERE, '../../packages/mqtt-codec/dist/index.js')
if (!source && !existsSync(built)) {
  console.error('the packages are not built: run `pnpm bench`, which builds them, or add --source')
  process.exit(2)
}
const outfile = join(HERE, 'dist', source ? 'source' : 'built', `${suite}.mjs`)
await build({
  entryPoints: [join(HERE, 'src', `${suite}.ts`)],
  outfile,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'es2023',
  sourcemap: true,
  logLevel: 'error',
  ...(source ? { conditions: ['godwit-source'], external: ['mqtt-packet', 'qlobber'] } : { packages: 'external' }),
})
const args = rest.filter((argument) => argument !== '--source')
const { status } = spawnSync(process.execPath, ['--enable-source-maps', outfile, ...args], {
  stdio: 'inherit',
  env: { ...process.env, GODWIT_BENCH_MEASURES: source ? 'a bundle of the sources' : 'the built packages' },
})
process.exitCode = status ?? 1
