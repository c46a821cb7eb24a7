// Runs one suite on plain Node: `node tooling/bench/run.mjs codec [--source] [options of the suite]`. With --source it
// measures a bundle of the sources, else the built packages.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { bundle } from './bundle.mjs'

const HERE = dirname(fileURLToPath(import.meta.url))
const SUITES = ['codec', 'topics', 'broker', 'durable', 'client', 'overload']

const [suite = '', ...rest] = process.argv.slice(2)
if (!SUITES.includes(suite)) {
  console.error(`there is no suite ${suite}; there are ${SUITES.join(', ')}`)
  process.exit(2)
}
const source = rest.includes('--source')
if (source && suite === 'durable') {
  console.error('durable measures the built packages only: its store comes with binaries, which cannot be bundled')
  process.exit(2)
}
if (!source && !existsSync(join(HERE, '../../apps/broker/dist/main.js'))) {
  console.error('the packages are not built: run `pnpm bench`, which builds them, or add --source')
  process.exit(2)
}
const what = source ? 'source' : 'built'
const file = await bundle(suite, what)
// The generator is a process of its own, and so is the broker with its store.
if (suite === 'broker' || suite === 'durable') await bundle('load', what)
if (suite === 'durable') await bundle('durable-host', what)
if (suite === 'overload') await Promise.all([bundle('overload-flood', what), bundle('overload-probe', what)])
if (suite === 'client') await bundle('client-contestant', what)
const args = rest.filter((argument) => argument !== '--source')
const measuring = [process.execPath, '--enable-source-maps', file, ...args]
const [program, ...programArgs] = suite === 'broker' ? inOwnNetwork(measuring) : measuring
const { status } = spawnSync(program, programArgs, {
  stdio: 'inherit',
  env: { ...process.env, GODWIT_BENCH_MEASURES: source ? 'a bundle of the sources' : 'the built packages' },
})
process.exitCode = status ?? 1

/**
 * The command in a network of its own, with the congestion control `reno`, where root may make one. Many systems have `bbr`,
 * which paces what is written even on loopback, so that small writes come together in the kernel: what it costs to write message
 * by message is then hidden.
 *
 * @param {string[]} command
 */
function inOwnNetwork(command) {
  const prepare = 'ip link set lo up && echo reno > /proc/sys/net/ipv4/tcp_congestion_control'
  const wrapped = (script) => ['unshare', '--net', 'sh', '-c', script, 'sh']
  const [unshare, ...probe] = wrapped(prepare)
  if (spawnSync(unshare, probe, { stdio: 'ignore' }).status !== 0) {
    console.error('without a network of its own, which takes root and `ip`: with the congestion control of the system')
    return command
  }
  return [...wrapped(`${prepare} && exec "$@"`), ...command]
}
