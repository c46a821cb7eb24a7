// `pnpm bench`: every benchmark in tooling/bench, one after the other, alone on the machine. `pnpm bench codec` runs one.
import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { install } from './install.mjs'
import { ROOT, run, turbo } from './run.mjs'
import { workspaces } from './workspaces.mjs'

const wanted = process.argv.slice(2)
const benches = workspaces()
  .filter(({ folder, manifest }) => folder.startsWith('tooling/bench/') && manifest.scripts?.bench !== undefined)
  .filter(({ folder }) => wanted.length === 0 || wanted.includes(folder.replace('tooling/bench/', '')))

await install()
// Benchmarks measure what users get: the builds, not the sources.
await run('build', ...turbo(['run', 'build', '--output-logs=errors-only']))
for (const { folder, manifest } of benches) {
  console.log(`\n== ${folder}`)
  const { status } = spawnSync(manifest.scripts?.bench ?? '', {
    cwd: join(ROOT, folder),
    shell: true,
    stdio: 'inherit',
    env: { ...process.env, PATH: `${join(ROOT, folder, 'node_modules/.bin')}:${process.env.PATH}` },
  })
  if (status !== 0) process.exitCode = 1
}
if (benches.length === 0) console.log('no benchmark of that name in tooling/bench')
