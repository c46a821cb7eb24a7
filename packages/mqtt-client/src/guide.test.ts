import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createBroker, type Broker } from '@godwit/mqtt-broker'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { testCertificates } from './testing/test-certificates.ts'

/** A ts block, and the text block of what it prints. */
const BLOCKS = /```ts\n(?<code>[^]*?)```\n\n```text\n(?<printed>[^]*?)```/g
const DOCUMENTS = ['guide.md', 'from-mqtt-js.md']

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const read = (document: string): string => readFileSync(here(`../docs/${document}`), 'utf8')
const examples = DOCUMENTS.flatMap((document) =>
  [...read(document).matchAll(BLOCKS)].map(({ groups }, index) => ({
    name: `${document}, example ${index + 1}`,
    code: groups!['code']!,
    printed: groups!['printed']!,
  })),
)

describe('docs', () => {
  let folder: string
  let broker: Broker

  beforeAll(async () => {
    // Below the package, so that the examples find it by its name; in a folder that git ignores.
    mkdirSync(here('../coverage'), { recursive: true })
    folder = mkdtempSync(here('../coverage/examples-'))
    const { authority, server, client } = testCertificates
    const pem = { 'ca.pem': authority, 'client.pem': client.cert, 'client.key': client.key }
    for (const [file, text] of Object.entries(pem)) writeFileSync(join(folder, file), text)
    broker = createBroker()
    const plain = await broker.listen('mqtt://127.0.0.1:0')
    const tls = { ...server, ca: authority, requireCertificate: true }
    const secure = await broker.listen({ url: 'mqtts://127.0.0.1:0', tls })
    const files = examples.map(({ code }, index) => {
      const file = join(folder, `example-${index}.ts`)
      writeFileSync(file, code.replaceAll('mqtt://localhost', plain.url).replaceAll('mqtts://localhost', secure.url))
      return file
    })
    await build({
      entryPoints: files,
      outdir: folder,
      outExtension: { '.js': '.mjs' },
      bundle: true,
      format: 'esm',
      platform: 'node',
      target: 'node20',
      conditions: ['godwit-source'],
      external: ['ws'],
    })
  })

  afterAll(async () => {
    await broker?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('every ts block says what it prints', () => {
    const blocks = DOCUMENTS.map((document) => read(document).match(/^```ts$/gm)?.length ?? 0)
    expect(blocks.every((count) => count > 0)).toBe(true)
    expect(examples).toHaveLength(blocks.reduce((sum, count) => sum + count))
  })

  it.each(examples.map((example, index) => [example.name, index, example] as const))(
    '%s prints what it says, and ends by itself',
    { timeout: 60_000 },
    async (_name, index, { printed }) => {
      const run = promisify(execFile)(process.execPath, [`example-${index}.mjs`], { cwd: folder, timeout: 50_000 })
      expect((await run).stdout).toBe(printed)
    },
  )
})
