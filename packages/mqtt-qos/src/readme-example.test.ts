import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import ts from 'typescript'
import { expect, it } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

function block(language: string): string {
  return new RegExp(`\`\`\`${language}\n([^]*?)\`\`\``).exec(readme)?.[1] ?? ''
}

it('the example of the README prints what the README says', async () => {
  const { outputText } = ts.transpileModule(block('ts'), {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2023 },
  })
  expect(outputText).toContain("from '@godwit/mqtt-qos'")
  const node = ['--conditions=godwit-source', '--import', 'tsx', '--input-type=module', '-e', outputText]
  const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: directory, timeout: 15_000 })
  expect(stdout).toBe(block('text'))
  expect(stdout).not.toBe('')
})
