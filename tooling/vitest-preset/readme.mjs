import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

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
  const { outputText } = ts.transpileModule(block('ts'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  const node = ['--conditions=godwit-source', '--import', 'tsx', '--input-type=module', '-e', outputText]
  const cwd = fileURLToPath(new URL('.', url))
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd, timeout: 60_000 })
  return { printed: stdout, promised: block('text') }
}
