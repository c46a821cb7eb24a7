import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ROOT, run, StepFailed } from './run.mjs'
import { workspaces } from './workspaces.mjs'

// Checks that pure sources compile as pure: alone, without the types of Node, a browser or a test runner. Whether all files of a
// package fit together is checked by the linter, which needs their types anyway. It is a task of turbo, which knows when nothing has
// changed.
const COMPILER = fileURLToPath(new URL('bin/tsc', import.meta.resolve('typescript-native/package.json')))

/** A line for each mistake: a sibling's sources are checked again by each package that imports them. */
const wrong = new Set()
for (const { folder } of workspaces()) {
  const project = join(folder, 'tsconfig.pure.json')
  if (!existsSync(join(ROOT, project))) continue
  try {
    await run(project, process.execPath, [COMPILER, '--project', project])
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    for (const line of (error.output || error.message).trimEnd().split('\n')) wrong.add(line)
  }
}
for (const line of wrong) console.error(line)
process.exitCode = wrong.size === 0 ? 0 : 1
