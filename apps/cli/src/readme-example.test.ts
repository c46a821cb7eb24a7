import { readFileSync } from 'node:fs'
import { createBroker } from '@godwit/mqtt-broker'
import { describe, expect, it } from 'vitest'
import { EXIT_CODE_TABLE } from './exit-codes.ts'
import { COLLISIONS } from './options/dialects.ts'
import { run } from './program.ts'
import { FakeTerminal } from './testing/fake-terminal.ts'
import { startCommand } from './testing/run-command.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const squeezed = readme.replaceAll(/ {2,}|-{3,}/g, ' ')
const blocks = [...readme.matchAll(/```sh\n([^]*?)```/g)].map(([, block = '']) => block)
const commands = blocks.flatMap((block) => block.split('\n')).filter((line) => line.startsWith('mqtt '))

/** As a shell would, for what the README needs: words, quotes, comments. */
function words(line: string): string[] {
  return [...line.replace(/ #.*$/, '').matchAll(/'([^']*)'|(\S+)/g)]
    .map(([, quoted, plain]) => quoted ?? plain ?? '')
    .slice(1)
}

const elsewhere = (argv: string[], port: number): string[] =>
  argv.flatMap((word) => (word === 'localhost' ? ['127.0.0.1', '-p', String(port)] : [word]))

describe('README', () => {
  it('the first example delivers its message', async () => {
    await using broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const [sub = '', pub = ''] = (blocks[1] ?? '').split('\n')
    const subscriber = startCommand([...elsewhere(words(sub), port), '-d', '-C', '1'])
    await subscriber.stderrHas('subscribed to hello')
    expect(await startCommand(elsewhere(words(pub), port)).ended).toMatchObject({ exitCode: 0 })
    expect((await subscriber.ended).stdout.toString()).toBe('hello GDGNatal\n')
  })

  it.each(commands.filter((line) => line.includes('-h localhost')))('works: %s', async (line) => {
    await using broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const terminal = new FakeTerminal()
    const exitCode = await run([...elsewhere(words(line), port), '-W', '0.2'], terminal)
    expect([exitCode, terminal.stderr.text]).toEqual(
      line.startsWith('mqtt sub') ? [27, 'mqtt: time is up after 0.2 seconds (-W)\n'] : [0, ''],
    )
  })

  it('has examples for every command', () => {
    for (const name of ['sub', 'pub', 'decode'])
      expect(commands.some((line) => line.startsWith(`mqtt ${name} `))).toBe(true)
  })

  it('prints what mqtt decode prints', async () => {
    const line = commands.find((each) => each.startsWith('mqtt decode')) ?? ''
    const terminal = new FakeTerminal()
    expect(await run(words(line), terminal)).toBe(0)
    const shown = /```text\n([^]*?)```/.exec(readme)?.[1]
    expect(terminal.stdout.text).toBe(shown)
  })

  it('lists every exit code and every collision', () => {
    for (const [codes, meaning] of EXIT_CODE_TABLE) expect(squeezed).toContain(`| ${codes} | ${meaning} |`)
    for (const { flag, here, elsewhere: other, instead } of COLLISIONS) {
      expect(squeezed).toContain(`| \`${flag}\` | ${here} | ${other} | ${instead} |`)
    }
  })
})
