import { pathToFileURL } from 'node:url'
import { join } from 'node:path'
import { install } from './install.mjs'
import { ROOT, run, StepFailed, turbo } from './run.mjs'

/**
 * Builds and then runs `godwit` inside this process: signals, exit code and terminal are its own, nothing stands between.
 *
 * @param {string[]} args those after `npm start --`
 */
export async function startBroker(args) {
  try {
    await step('installing dependencies', install)
    await step('building the broker and the command line', () =>
      run(
        'build',
        ...turbo(['run', 'build', '--filter=@godwit/broker', '--filter=@godwit/cli', '--output-logs=errors-only']),
      ),
    )
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error
    process.stderr.write(`${error.output}\n${error.message}\n`)
    process.exit(1)
  }
  const bin = join(ROOT, 'apps/broker/bin/godwit.js')
  process.argv = [process.execPath, bin, ...args]
  await import(pathToFileURL(bin).href)
}

/**
 * One line for a step that takes long enough to be noticed, none for one that had nothing to do.
 *
 * @param {string} title
 * @param {() => Promise<unknown>} work
 */
async function step(title, work) {
  const started = performance.now()
  const timer = setTimeout(() => process.stderr.write(`${title} ...\n`), 700)
  try {
    await work()
  } finally {
    clearTimeout(timer)
  }
  const seconds = (performance.now() - started) / 1000
  if (seconds >= 0.7) process.stderr.write(`${title}: ${seconds.toFixed(1)} s\n`)
}
