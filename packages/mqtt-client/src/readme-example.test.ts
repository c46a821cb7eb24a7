import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { createBroker, type Broker } from '@godwit/mqtt-broker'
import ts from 'typescript'
import { afterAll, beforeAll, expect, it } from 'vitest'

const directory = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = [...readme.matchAll(/```ts\n([^]*?)```/g)].map(([, code = '']) => code)

const OUTPUT = ['site 7: 21.5 °C\n', 'order 1 saved\n', 'noon in Lisbon\n', '', 'on disk: it will arrive\n']

const sessions = mkdtempSync(join(tmpdir(), 'godwit-readme-'))
let broker: Broker
let url = ''

beforeAll(async () => {
  broker = createBroker()
  url = (await broker.listen('mqtt://127.0.0.1:0')).url
})

afterAll(async () => {
  await broker.close()
  rmSync(sessions, { recursive: true, force: true })
})

it('the README has the examples that are run here', () => {
  expect(examples).toHaveLength(OUTPUT.length)
})

it.each(OUTPUT.map((output, index) => [index + 1, output] as const))(
  'example %d of the README prints %j and ends by itself',
  // Each is a process that compiles our sources: seconds where others use the machine.
  { timeout: 60_000 },
  async (number, output) => {
    const code = (examples[number - 1] ?? '').replace('mqtt://localhost', url).replace('./sessions', sessions)
    const { outputText } = ts.transpileModule(code, {
      compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
    })
    const node = ['--conditions=godwit-source', '--import', 'tsx', '--input-type=module', '-e', outputText]
    const { stdout } = await promisify(execFile)(process.execPath, node, { cwd: directory, timeout: 50_000 })
    expect(stdout).toBe(output)
  },
)
