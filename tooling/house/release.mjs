import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pnpm, ROOT, run, tool } from './run.mjs'
import { published, workspaces } from './workspaces.mjs'

/**
 * Rehearses a release in a copy: versions and changelogs from the changesets, then a publish that sends nothing.
 *
 * @param {import('./scoreboard.mjs').Scoreboard} board
 */
export async function release(board) {
  const place = mkdtempSync(join(tmpdir(), 'godwit-release-'))
  const copied = await board.check('release: versions from changesets', async () => {
    await copyCheckout(place)
    const named = changed(place)
    await run('changeset version', ...tool('changeset', ['version']), { cwd: place })
    for (const { folder, manifest } of published()) {
      if (!named.has(manifest.name)) continue
      const { version } = JSON.parse(readFileSync(join(place, folder, 'package.json'), 'utf8'))
      if (version === manifest.version)
        throw new TypeError(`${manifest.name} has a changeset and keeps version ${version}`)
      if (!existsSync(join(place, folder, 'CHANGELOG.md'))) throw new TypeError(`${manifest.name} gets no changelog`)
    }
  })
  if (copied)
    await board.check('release: publish, dry run', () =>
      run('publish', ...pnpm(['publish', '--recursive', '--dry-run', '--no-git-checks', '--ignore-scripts']), {
        cwd: place,
      }),
    )
  rmSync(place, { recursive: true, force: true })
}

/**
 * What git knows or would know, with the builds, in a repository of its own.
 *
 * @param {string} place
 */
async function copyCheckout(place) {
  const files = await run('list files', 'git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'])
  for (const file of files.split('\0').filter((each) => each !== '' && existsSync(join(ROOT, each)))) {
    mkdirSync(dirname(join(place, file)), { recursive: true })
    cpSync(join(ROOT, file), join(place, file))
  }
  for (const { folder } of published())
    cpSync(join(ROOT, folder, 'dist'), join(place, folder, 'dist'), { recursive: true })
  symlinkSync(join(ROOT, 'node_modules'), join(place, 'node_modules'))
  for (const { folder } of workspaces())
    if (existsSync(join(ROOT, folder, 'node_modules')))
      symlinkSync(join(ROOT, folder, 'node_modules'), join(place, folder, 'node_modules'))
  const git = (/** @type {string[]} */ ...args) =>
    run('git', 'git', ['-c', 'user.name=Godwit', '-c', 'user.email=godwit@example.invalid', ...args], { cwd: place })
  await git('init', '--quiet', '--initial-branch=main')
  await git('add', '--all')
  await git('commit', '--quiet', '--message=Rehearse a release')
}

/**
 * The packages that a changeset names in its front matter.
 *
 * @param {string} place
 */
function changed(place) {
  const names = new Set()
  for (const file of readdirSync(join(place, '.changeset')))
    if (file.endsWith('.md') && file !== 'README.md')
      for (const [, name] of readFileSync(join(place, '.changeset', file), 'utf8').matchAll(
        /^['"](@godwit\/[^'"]+)['"]:/gm,
      ))
        names.add(name)
  return names
}
