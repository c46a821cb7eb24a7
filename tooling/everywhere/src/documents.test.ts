import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, inject, it } from 'vitest'

const PACKAGE = new URL('../../../packages/mqtt-client/', import.meta.url)
const DOCUMENTS = ['README.md', 'docs/guide.md', 'docs/from-mqtt-js.md']
const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))

it('the examples of the client’s documents have no type error, with the packed declarations', async () => {
  const folder = mkdtempSync(join(inject('packedClient'), 'documents-'))
  // Here and not beside the client: its declarations have to do without.
  mkdirSync(join(folder, 'node_modules'))
  const link = (name: string, from: URL): void =>
    symlinkSync(realpathSync(new URL(`node_modules/${name}`, from)), join(folder, 'node_modules', name))
  link('zod', PACKAGE)
  link('@types', new URL('../', import.meta.url))
  const examples = DOCUMENTS.flatMap((document) =>
    [...readFileSync(new URL(document, PACKAGE), 'utf8').matchAll(/```ts\n(?<code>[^]*?)```/g)].map(
      ({ groups }) => groups!['code']!,
    ),
  )
  expect(examples.length).toBeGreaterThan(15)
  const files = examples.map((code, number) => {
    writeFileSync(join(folder, `example-${number}.mts`), code)
    return `example-${number}.mts`
  })
  const options = {
    lib: ['ES2023', 'esnext.disposable'],
    types: ['node'],
    skipLibCheck: true,
    strict: true,
    noEmit: true,
  }
  const compilerOptions = { ...options, target: 'ES2023', module: 'node20', exactOptionalPropertyTypes: true }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }))
  const said = await promisify(execFile)(process.execPath, [TSC, '-p', folder]).catch((error: unknown) => error)
  expect((said as { stdout: string }).stdout).toBe('')
})
