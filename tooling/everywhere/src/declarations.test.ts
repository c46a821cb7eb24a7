import { execFile } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, inject, it } from 'vitest'
import { clientEntries } from './packed-client.ts'

const TSC = fileURLToPath(new URL('../node_modules/typescript/bin/tsc', import.meta.url))
/** Its suite is for vitest, whose own declarations need Node's. */
const NEEDS_TEST_RUNNER = '@godwit/mqtt-client/testing'

const USE = `
import { connect, createClient, MqttError, type Client, type Message, type Subscription } from '@godwit/mqtt-client'
import { request } from '@godwit/mqtt-client/request'

declare const signal: { readonly aborted: boolean; addEventListener(t: 'abort', l: () => void): void; removeEventListener(t: 'abort', l: () => void): void }

export async function use(): Promise<string> {
  await using client: Client = await connect({ href: 'mqtt://x' }, { signal, timeoutMs: 1 })
  const subscription = await client.subscribe(['site/+id/temp', 'log/#rest'])
  for await (const message of subscription) {
    const { id, rest }: { readonly id: string; readonly rest: string } = message.parameters
    return id + rest
  }
  const handled: Subscription<'a/+b'> = await client.subscribe('a/+b', (message: Message<'a/+b'>) => message.parameters.b)
  createClient(async () => 'mqtt://x', { reconnect: false }).on('offline', (error) => error.reasonCode)
  const unknown: unknown = handled
  if (MqttError.isInstance(unknown)) return unknown.code
  return (await request(client, 'a', new Uint8Array())).text()
}
`

describe('the packed declarations with lib ES2023 and esnext.disposable alone: no @types/node, no DOM', () => {
  const folder = mkdtempSync(join(inject('packedClient'), 'declarations-'))
  const entries = clientEntries().filter((entry) => entry !== NEEDS_TEST_RUNNER)

  /** What the compiler says of a file in the project, and of all declarations that it reaches. */
  const compile = async (file: string, code: string): Promise<string> => {
    const options = { lib: ['ES2023', 'esnext.disposable'], types: [], skipLibCheck: false, strict: true, noEmit: true }
    const compilerOptions = { ...options, target: 'ES2023', module: 'node20', exactOptionalPropertyTypes: true }
    writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [file] }))
    writeFileSync(join(folder, file), code)
    try {
      await promisify(execFile)(process.execPath, [TSC, '-p', folder])
      return ''
    } catch (error) {
      return (error as { stdout: string }).stdout
    }
  }

  it('every entry as ESM, and a program that uses them', async () => {
    const imports = entries.map((entry) => `export * from '${entry}'`)
    expect(imports.length).toBeGreaterThanOrEqual(9)
    expect(await compile('every.mts', imports.join('\n') + USE)).toBe('')
  })

  it('every entry as CJS', async () => {
    const imports = entries.map((entry, number) => `import all${number} = require('${entry}')\nvoid all${number}`)
    expect(await compile('every.cts', imports.join('\n'))).toBe('')
  })

  it('and they refuse what is wrong', async () => {
    const wrong = USE.replace('message.parameters.b)', 'message.parameters.c)').replace('new Uint8Array()', '42')
    const said = await compile(
      'wrong.mts',
      wrong.replace('  createClient', "  await client.publish('a', 42)\n  createClient"),
    )
    expect(said).toContain("Property 'c' does not exist")
    expect(said).toContain("'number' is not assignable")
    expect(said.split('\n').filter((line) => line.includes('error TS'))).toHaveLength(3)
  })
})
