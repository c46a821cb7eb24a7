import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { pnpm, ROOT, run } from './run.mjs'
import { workspaces } from './workspaces.mjs'

/** Beside what it describes, so that deleting node_modules deletes it too. */
const STAMP = join(ROOT, 'node_modules/.godwit-installed')

/** Installs what the lockfile names, unless exactly that was installed before. */
export async function install() {
  const wanted = fingerprint()
  if (existsSync(STAMP) && readFileSync(STAMP, 'utf8') === wanted) return false
  await run('install', ...pnpm(['install', '--frozen-lockfile', '--prefer-offline']))
  mkdirSync(dirname(STAMP), { recursive: true })
  writeFileSync(STAMP, wanted)
  return true
}

/** All that decides what an install would do: lockfile, manifests, platform. */
function fingerprint() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}`)
  for (const file of [
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    'package.json',
    ...workspaces().map((each) => join(each.folder, 'package.json')),
  ])
    hash.update(readFileSync(join(ROOT, file)))
  return hash.digest('hex')
}
