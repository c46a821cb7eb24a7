import { execFileSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { arch, cpus, loadavg, platform, release, totalmem } from 'node:os'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

export interface Machine {
  readonly date: string
  readonly commit: string
  readonly cpu: string
  readonly cpus: number
  readonly memoryGib: number
  readonly system: string
  readonly node: string
  readonly v8: string
  /** Processes that wanted a CPU in the minute before: more than there are CPUs means noise. */
  readonly load: number
}

/** Where and when something was measured. */
export const describeMachine = (): Machine => ({
  date: new Date().toISOString().slice(0, 16).replace('T', ' ') + ' UTC',
  commit: commit(),
  cpu: cpus()[0]?.model.trim() ?? 'unknown',
  cpus: cpus().length,
  memoryGib: Math.round(totalmem() / 2 ** 30),
  system: `${platform()} ${release()} ${arch()}`,
  node: process.versions.node,
  v8: process.versions.v8,
  load: Math.round(loadavg()[0]! * 10) / 10,
})

/** The version of an installed package. */
export const versionOf = (name: string): string => {
  let folder = dirname(createRequire(import.meta.url).resolve(name))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string }
  return version
}

const commit = (): string => {
  const git = (...args: string[]) =>
    execFileSync('git', args, { stdio: ['ignore', 'pipe', 'ignore'] })
      .toString()
      .trim()
  try {
    return (
      git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', 'packages') === '' ? '' : ' with changes')
    )
  } catch {
    return 'unknown'
  }
}
