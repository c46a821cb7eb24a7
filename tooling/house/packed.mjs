import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { pnpm, run, tool } from './run.mjs'
import { published } from './workspaces.mjs'

/**
 * @typedef {import('./scoreboard.mjs').Scoreboard} Scoreboard
 * @typedef {import('./scoreboard.mjs').Step} Step
 * @typedef {import('./workspaces.mjs').Workspace} Workspace
 */

/** Minified, gzip -9, in bytes. `platform: browser` takes the browser conditions. */
const SIZE_BUDGETS = [
  // All that is needed to speak MQTT: packets of every version, both ways.
  {
    package: '@godwit/mqtt-codec',
    code: "export { StreamDecoder, encode } from '@godwit/mqtt-codec'",
    bytes: 6 * 1024,
  },
  // The same with the names of the Reason Codes and what else the main entry offers, so that it does not grow unseen.
  { package: '@godwit/mqtt-codec', code: "export * from '@godwit/mqtt-codec'", bytes: 7 * 1024 },
  // What it may not grow above on its way down: the aim is 12 KiB.
  { package: '@godwit/mqtt-client', code: "export { connect } from '@godwit/mqtt-client'", bytes: 15_110 },
  // What an entry adds by itself: the validator is the application's own.
  { package: '@godwit/mqtt-client', code: "export * from '@godwit/mqtt-client/schema'", bytes: 1024 },
]

/**
 * Judges every package as npm would get it: the tarball, not the folder.
 *
 * @param {Scoreboard} board
 */
export async function packages(board) {
  const place = mkdtempSync(join(tmpdir(), 'godwit-packed-'))
  const tarballs = new Map()
  const packed = await board.check('pack', async () => {
    const to = join(place, 'tarballs')
    await run(
      'pack',
      ...pnpm(['--recursive', '--filter=./packages/*', '--filter=./apps/*', 'pack', '--pack-destination', to]),
    )
    for (const { manifest } of published())
      tarballs.set(manifest.name, join(to, `${manifest.name.slice(1).replace('/', '-')}-${manifest.version}.tgz`))
  })
  if (packed) {
    await board.step('packages: contents, publint, types as resolved', async (step) => {
      for (const workspace of published()) await lintTarball(step, workspace, tarballs.get(workspace.manifest.name))
      await resolveTypes(step, tarballs)
    })
    await board.step('packages: installed alone, as ESM and as CJS', async (step) => {
      for (const workspace of published()) await installAlone(step, workspace, tarballs, place)
    })
    await board.step('packages: size in a browser', async (step) => {
      for (const budget of SIZE_BUDGETS) await weigh(step, budget, place)
    })
  }
  rmSync(place, { recursive: true, force: true })
}

/**
 * @param {Step} step
 * @param {Workspace} workspace
 * @param {string} tarball
 */
async function lintTarball(step, { manifest }, tarball) {
  const { name } = manifest
  await quietly(step, `${name}: contents of the tarball`, async () => {
    const files = (await run('tar', 'tar', ['-tzf', tarball])).split('\n').map((line) => line.replace('package/', ''))
    const missing = ['LICENSE', 'README.md', 'package.json'].filter((file) => !files.includes(file))
    const unwanted = files.filter((file) => file.includes('.test.') || file.endsWith('.tsbuildinfo'))
    if (!files.some((file) => file.startsWith('dist/'))) missing.push('dist/')
    if (missing.length > 0) throw new TypeError(`not in the tarball: ${missing.join(', ')}`)
    if (unwanted.length > 0) throw new TypeError(`does not belong into the tarball: ${unwanted.join(', ')}`)
  })
  await quietly(step, `${name}: publint`, () => run('publint', ...tool('publint', ['run', tarball, '--strict'])))
}

/**
 * Types of every entry as TypeScript finds them. A command has none.
 *
 * @param {Step} step
 * @param {Map<string, string>} tarballs
 */
async function resolveTypes(step, tarballs) {
  const libraries = published().filter(({ manifest }) => manifest.bin === undefined)
  /** @type {Map<string, string[]>} */
  const found = new Map()
  const each = libraries.map(({ manifest }) => tarballs.get(manifest.name) ?? '')
  await quietly(step, 'types as resolved', async () => {
    const output = await run('resolved types', process.execPath, ['tooling/house/resolved-types.mjs', ...each])
    for (const line of output.trimEnd().split('\n')) {
      const { tarball, wrong } = JSON.parse(line)
      found.set(tarball, wrong)
    }
  })
  for (const [place, { manifest }] of libraries.entries())
    await quietly(step, `${manifest.name}: types as resolved`, () => {
      const wrong = found.get(each[place] ?? '') ?? ['they were not looked at']
      if (wrong.length > 0) throw new TypeError(wrong.join('\n'))
    })
}

/**
 * An empty folder, the tarball, and the tarballs of the packages of ours that it depends on. Nothing else of ours is there.
 *
 * @param {Step} step
 * @param {Workspace} workspace
 * @param {Map<string, string>} tarballs
 * @param {string} place
 */
async function installAlone(step, { manifest }, tarballs, place) {
  await quietly(step, `${manifest.name}: installed alone`, async () => {
    const folder = folderOf(place, manifest.name)
    mkdirSync(folder, { recursive: true })
    const dependencies = Object.fromEntries(
      ownDependencies(manifest.name).map((name) => [name, `file:${tarballs.get(name)}`]),
    )
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies }))
    await run('npm install', 'npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--ignore-scripts'], {
      cwd: folder,
    })
    const entries = Object.keys(manifest.exports ?? {}).map((entry) => entry.replace('.', manifest.name))
    writeFileSync(join(folder, 'entries.json'), JSON.stringify(entries))
    writeFileSync(join(folder, 'load.mjs'), LOAD)
    await run('load', process.execPath, ['load.mjs'], { cwd: folder })
    for (const command of Object.keys(manifest.bin ?? {})) {
      const said = await run(`${command} --version`, join(folder, 'node_modules/.bin', command), ['--version'], {
        cwd: folder,
      })
      if (!said.toLowerCase().includes('godwit'))
        throw new TypeError(`${command} --version does not name Godwit: ${said}`)
    }
  })
}

/** Every entry loads both ways with the same names; `./testing` entries need a test runner and are only found. */
const LOAD = `
import { createRequire } from 'node:module'
import { readFileSync, existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import assert from 'node:assert/strict'
const require = createRequire(import.meta.url)
for (const entry of JSON.parse(readFileSync('entries.json', 'utf8'))) {
  if (entry.endsWith('package.json')) { require(entry); continue }
  assert.ok(existsSync(fileURLToPath(import.meta.resolve(entry))), entry)
  assert.ok(existsSync(require.resolve(entry)), entry)
  if (entry.endsWith('/testing')) continue
  const names = (module) => Object.keys(module).filter((name) => name !== 'default' && name !== 'module.exports' && name !== '__esModule').sort()
  assert.deepEqual(names(await import(entry)), names(require(entry)), entry + ' has the same names as ESM and as CJS')
}
`

/**
 * @param {Step} step
 * @param {(typeof SIZE_BUDGETS)[number]} budget
 * @param {string} place
 */
async function weigh(step, budget, place) {
  await quietly(step, `${budget.package}: size in a browser`, async () => {
    const { build } = await import('esbuild')
    const result = await build({
      stdin: { contents: budget.code, resolveDir: folderOf(place, budget.package) },
      bundle: true,
      minify: true,
      write: false,
      platform: 'browser',
      format: 'esm',
      target: 'es2023',
      logLevel: 'silent',
    })
    const size = gzipSync(result.outputFiles[0]?.contents ?? '', { level: 9 }).length
    console.log(`                 ${budget.package}: ${size} of ${budget.bytes} bytes`)
    if (size > budget.bytes) throw new RangeError(`${size} bytes, the budget is ${budget.bytes}`)
  })
}

/**
 * Counts one check without a line of its own.
 *
 * @param {Step} step
 * @param {string} title
 * @param {() => unknown} work
 */
async function quietly(step, title, work) {
  try {
    await work()
    step.pass()
  } catch (error) {
    const output = /** @type {{ output?: string }} */ (error).output ?? ''
    step.fail(title, `${output.trimEnd()}\n${error instanceof Error ? error.message : String(error)}`)
  }
}

/**
 * A package and all of ours below it.
 *
 * @param {string} name
 * @returns {string[]}
 */
function ownDependencies(name) {
  const manifest = published().find((each) => each.manifest.name === name)?.manifest
  const direct = Object.keys(manifest?.dependencies ?? {}).filter((each) => each.startsWith('@godwit/'))
  return [...new Set([name, ...direct.flatMap(ownDependencies)])]
}

/**
 * @param {string} place
 * @param {string} name
 */
const folderOf = (place, name) => join(place, 'installed', name.replace('@godwit/', ''))
