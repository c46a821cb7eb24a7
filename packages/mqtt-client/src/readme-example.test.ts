import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createBroker, type Broker } from '@godwit/mqtt-broker'
import { runExample } from '@godwit/vitest-preset/readme'
import { afterAll, beforeAll, expect, it } from 'vitest'

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
  { timeout: 60_000 },
  async (number, output) => {
    const code = (examples[number - 1] ?? '').replace('mqtt://localhost', url).replace('./sessions', sessions)
    expect(await runExample(code, new URL('..', import.meta.url))).toBe(output)
  },
)
