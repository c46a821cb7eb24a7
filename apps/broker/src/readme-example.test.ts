import { readFileSync } from 'node:fs'
import { parseAclFile } from '@godwit/mqtt-broker/auth'
import { expect, it } from 'vitest'
import { EXIT_CODES } from './exit-codes.ts'
import { describeCommand, parseOptions } from './options.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('the README has every option, and no other', () => {
  const shown = [...readme.matchAll(/^\| `(--[a-z-]+)/gm)].map(([, option]) => option!)
  expect(shown).toEqual(
    describeCommand()
      .options.map(({ long }) => long)
      .filter((long) => long !== '--version'),
  )
})

it('the README gives the exit codes that there are', () => {
  const shown = [...readme.matchAll(/^\| (\d+) +\| (.*?) +\|$/gm)].map(([, code, meaning]) => [Number(code), meaning])
  expect(shown).toEqual(Object.values(EXIT_CODES))
})

it('the commands of the README are understood, and its ACL file is one', () => {
  const [, commands = ''] = /```sh\n(mosquitto_passwd[^]*?)```/.exec(readme) ?? []
  const argv = /^godwit (.*)$/m.exec(commands)![1]!.split(' ')
  expect(parseOptions(argv)).toMatchObject({ login: { passwordFile: 'passwords', aclFile: 'acl' } })
  const [, acl = ''] = /```text\n([^]*?)```/.exec(readme) ?? []
  const rights = parseAclFile(acl).rightsOf({ clientId: 'lamp', username: 'alice' })
  expect(['home/door', 'home/safe', 'from/alice/lamp', 'news/x'].map((topic) => rights.canPublish(topic))).toEqual([
    true,
    false,
    true,
    false,
  ])
})
