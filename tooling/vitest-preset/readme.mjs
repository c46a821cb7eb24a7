import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { bundleText } from './bundle.mjs'

/**
 * Runs a ts block of a README, by default the first, and gives what it printed and what the README says it prints: the text
 * block of the same number.
 *
 * @param {URL} url
 * @param {number} number from 0
 */
export async function runReadme(url, number = 0) {
  const readme = readFileSync(url, 'utf8')
  const block = (language) =>
    [...readme.matchAll(new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``, 'g'))][number]?.[1] ?? ''
  return { printed: await runExample(block('ts'), new URL('.', url)), promised: block('text') }
}

/**
 * Runs a program in TypeScript against the sources of our packages, in a process of its own that has to end by itself.
 *
 * @param {string} code
 * @param {URL} folder where it would lie
 * @returns {Promise<string>} what it printed
 */
export async function runExample(code, folder) {
  const cwd = fileURLToPath(folder)
  const child = spawn(process.execPath, ['--input-type=module'], { cwd, timeout: 50_000 })
  child.stdin.end(await bundleText(code, cwd))
  const [printed, errors, [exitCode, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'close'),
  ])
  if (exitCode !== 0) throw new TypeError(`the example ended with ${exitCode ?? signal}: ${errors}`)
  return printed
}
