import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './run.mjs'

/**
 * @typedef {{ name: string, version: string, private?: boolean, license?: string, bin?: Record<string, string>,
 *   exports?: Record<string, unknown>, scripts?: Record<string, string>, dependencies?: Record<string, string> }} Manifest
 * @typedef {{ folder: string, manifest: Manifest }} Workspace folder is relative to the root
 */

/**
 * Every package of this repository, in the order of its folders, as pnpm-workspace.yaml names them.
 *
 * @returns {Workspace[]}
 */
export function workspaces() {
  const found = []
  for (const group of ['packages', 'apps', 'tooling']) {
    if (!existsSync(join(ROOT, group))) continue
    for (const name of readdirSync(join(ROOT, group)).toSorted()) {
      const folder = `${group}/${name}`
      const path = join(ROOT, folder, 'package.json')
      if (existsSync(path)) found.push({ folder, manifest: JSON.parse(readFileSync(path, 'utf8')) })
    }
  }
  return found
}

/** Those that go to npm. */
export const published = () => workspaces().filter(({ manifest }) => manifest.private !== true)
