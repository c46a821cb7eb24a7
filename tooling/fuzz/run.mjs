// Fuzzes in several processes at once, as many as there are cores: `node tooling/fuzz/run.mjs --help` has the options.
import { spawn } from 'node:child_process'
import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { bundle } from './bundle.mjs'

const { values, tokens } = parseArgs({
  options: { executions: { type: 'string', default: '5000000' }, seed: { type: 'string' } },
  strict: false,
  tokens: true,
})
const file = await bundle('main')

const given = process.argv.slice(2)
/** These are about one input: one process answers. */
const alone = tokens.some(({ kind, name }) => kind === 'option' && ['help', 'conversation', 'input'].includes(name))
const processes = alone ? 1 : availableParallelism()
const seed = Number(values.seed ?? Date.now() % 1_000_000_007)
const executions = Math.ceil(Number(values.executions) / processes)
const results = await Promise.all(
  Array.from({ length: processes }, (_, number) =>
    run(alone ? given : [...given, '--seed', String(seed + number * 7_919), '--executions', String(executions)]),
  ),
)
if (!alone) {
  const sum = results.reduce((total, { executed }) => total + executed, 0)
  console.log(`${sum} executions in ${processes} processes, seed ${seed}`)
}
process.exitCode = results.every(({ code }) => code === 0) ? 0 : 1

/**
 * @param {readonly string[]} options
 * @returns {Promise<{ code: number | null, executed: number }>}
 */
function run(options) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, ['--enable-source-maps', file, ...options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let output = ''
    child.stdout.on('data', (chunk) => (output += chunk))
    child.on('close', (code) => {
      process.stdout.write(output)
      resolve({ code, executed: Number(/^(\d+) executions in/m.exec(output)?.[1] ?? 0) })
    })
  })
}
