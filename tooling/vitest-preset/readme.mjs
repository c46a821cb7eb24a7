import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'

/**
 * Runs the first ts block of a README and gives what it printed and what the README says it prints.
 *
 * @param {URL} url
 */
export async function runReadme(url) {
  const readme = readFileSync(url, 'utf8')
  const block = (language) => new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? ''
  const { outputText } = ts.transpileModule(block('ts'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  const node = ['--conditions=godwit-source', '--import', 'tsx', '--input-type=module', '-e', outputText]
  const cwd = fileURLToPath(new URL('.', url))
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd, timeout: 15_000 })
  return { printed: stdout, promised: block('text') }
}
