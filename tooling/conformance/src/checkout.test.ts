import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { createBroker } from '@godwit/mqtt-broker'
import { describe, expect, it } from 'vitest'
import { Running } from './processes.ts'

const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** A command of the checkout as the README gives it. npm has commands of these names by others, so who answers matters. */
const npx = (...given: string[]): Running =>
  new Running('npx', ['--prefix', ROOT, '--no-install', ...given], { npm_config_update_notifier: 'false' })

describe('the commands of the checkout', () => {
  it.each(['mqtt', 'godwit'])('%s --version names Godwit', async (command) => {
    await using process = npx(command, '--version')
    const { code, stdout } = await process.finished
    expect(stdout.toString()).toMatch(/godwit/i)
    expect(code).toBe(0)
  })

  it('the two commands of the README bring the message, as the README says', async () => {
    const readme = readFileSync(new URL('../../../README.md', import.meta.url), 'utf8')
    const given = (verb: string): string[] =>
      new RegExp(`^npx --no-install (mqtt ${verb} .*)$`, 'm').exec(readme)![1]!.split(' ')
    const [, promised] = /The second terminal prints `(.*?)`/.exec(readme)!
    await using broker = createBroker()
    const port = String((await broker.listen('mqtt://127.0.0.1:0')).port)
    // Killing npx would leave its child: it ends by itself.
    await using sub = npx(...given('sub'), '-p', port, '-C', '1', '-W', '25', '-d')
    await sub.until(/SUBACK/)
    await using pub = npx(...given('pub'), '-p', port)
    expect((await pub.finished).code).toBe(0)
    expect((await sub.finished).stdout.toString()).toBe(`${promised}\n`)
  })
})
