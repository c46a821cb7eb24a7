// `pnpm differential`: the same conversations with Mosquitto and with us, step by step; `--help` has the options.
import { spawnSync } from 'node:child_process'
import { bundle } from './bundle.mjs'

const file = await bundle('differential/main')
const { status } = spawnSync(process.execPath, ['--enable-source-maps', file, ...process.argv.slice(2)], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
