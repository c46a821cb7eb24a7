import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import ts from 'typescript'
import { describe, expect, it } from 'vitest'

const page = readFileSync(new URL('../../../packages/mqtt-client/docs/from-mqtt-js.md', import.meta.url), 'utf8')
/** What stands in the first cell of a row, in backticks, a name at a time. */
const told = new Set(
  [...page.matchAll(/^\| (?<cell>[^|]*)\|/gm)].flatMap(({ groups }) =>
    [...groups!['cell']!.matchAll(/`(?<code>[^`]*)`/g)].flatMap(
      ({ groups: found }) => found!['code']!.match(/\w+/g) ?? [],
    ),
  ),
)

const declarations = join(dirname(createRequire(import.meta.url).resolve('mqtt/package.json')), 'build/lib/client.d.ts')
const source = ts.createSourceFile('client.d.ts', readFileSync(declarations, 'utf8'), ts.ScriptTarget.ES2023, true)

/** The public members of an interface or class of MQTT.js, as its own declarations have them. */
const membersOf = (name: string): readonly string[] => {
  const found = source.statements.find(
    (statement) =>
      (ts.isInterfaceDeclaration(statement) || ts.isClassDeclaration(statement)) && statement.name?.text === name,
  ) as ts.InterfaceDeclaration | ts.ClassDeclaration
  const members: readonly (ts.TypeElement | ts.ClassElement)[] = [...found.members]
  const isPrivate = (member: ts.TypeElement | ts.ClassElement): boolean =>
    ts.canHaveModifiers(member) &&
    (ts.getModifiers(member)?.some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword) ?? false)
  const names = members.filter((member) => !isPrivate(member)).map((member) => member.name?.getText(source) ?? '')
  return [...new Set(names)].filter((each) => each !== '' && !each.startsWith('_'))
}

/** Public by their declarations, and told to nobody by its README. */
const INTERNAL = [
  'defaultId',
  'keepaliveManager',
  'log',
  'messageIdToTopic',
  'noop',
  'onKeepaliveTimeout',
  'queueQoSZero',
  'stream',
]

describe('docs/from-mqtt-js.md names everything of MQTT.js', () => {
  it.each([
    ['option of connect', 'IClientOptions'],
    ['option of TLS', 'ISecureClientOptions'],
    ['option of publish', 'IClientPublishOptions'],
    ['option of subscribe', 'IClientSubscribeOptions'],
    ['event', 'MqttClientEventCallbacks'],
    ['method and property', 'MqttClient'],
  ])('every %s', (_what, name) => {
    const members = membersOf(name).filter((member) => name !== 'MqttClient' || !INTERNAL.includes(member))
    expect(members.length).toBeGreaterThanOrEqual(3)
    expect(members.filter((member) => !told.has(member))).toEqual([])
  })
})
