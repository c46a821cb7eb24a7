import { execFileSync, spawn } from 'node:child_process'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout. */
export const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))

/** The one version of the package manager, as in package.json's `packageManager`. */
const PNPM = 'pnpm@10.34.9'

/** A command that did not end with 0, with all that it printed. */
export class StepFailed extends Error {
  /**
   * @param {string} title
   * @param {string} reason
   * @param {string} output
   */
  constructor(title, reason, output) {
    super(`${title} failed: ${reason}`)
    this.name = 'StepFailed'
    this.output = output
  }
}

/**
 * Runs a command quietly and gives what it printed, standard output and error in the order they came.
 *
 * @param {string} title what the failure message calls it
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: Record<string, string>, timeoutMs?: number }} [options]
 * @returns {Promise<string>}
 */
export function run(title, command, args, { cwd = ROOT, env = {}, timeoutMs = 600_000 } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env: {
        ...process.env,
        TURBO_TELEMETRY_DISABLED: '1',
        DO_NOT_TRACK: '1',
        NO_UPDATE_NOTIFIER: '1',
        NO_COLOR: '1',
        FORCE_COLOR: undefined,
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let output = ''
    let reason = ''
    const collect = (/** @type {Buffer} */ chunk) => (output += chunk.toString())
    child.stdout.on('data', collect)
    child.stderr.on('data', collect)
    const timer = setTimeout(() => {
      reason = `no end after ${timeoutMs / 1000} s`
      child.kill('SIGKILL')
    }, timeoutMs)
    child.on('error', (error) => {
      clearTimeout(timer)
      reject(new StepFailed(title, error.message, output))
    })
    child.on('close', (code, signal) => {
      clearTimeout(timer)
      if (code === 0) resolve(output)
      else reject(new StepFailed(title, reason || (signal === null ? `exit code ${code}` : signal), output))
    })
  })
}

/**
 * The command and arguments of a tool that the root package depends on.
 *
 * @param {string} name
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export const tool = (name, args) => [join(ROOT, 'node_modules/.bin', name), args]

/**
 * turbo asks for a `pnpm` on the PATH, and nobody has to have one: it gets ours, which runs scripts.
 *
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export const turbo = (args) => {
  const path = [join(ROOT, 'tooling/house/script-runner'), process.env.PATH].join(delimiter)
  return ['env', [`PATH=${path}`, ...tool('turbo', [...args, '--no-update-notifier', '--ui=stream']).flat()]]
}

/**
 * The package manager as npx has it, so that nothing has to be installed globally. npx needs two seconds, so it is asked once.
 *
 * @param {string[]} args
 * @returns {[string, string[]]}
 */
export function pnpm(args) {
  pnpmPath ??= execFileSync('npx', ['-y', `--package=${PNPM}`, '-c', 'command -v pnpm'], { encoding: 'utf8' }).trim()
  return [pnpmPath, args]
}

/** @type {string | undefined} */
let pnpmPath
