import { expect, it } from 'vitest'
import { topicAliases } from './aliases.ts'
import { online } from './testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from './testing/scripted-server.ts'
import { settle } from './testing/virtual-runtime.ts'

it('chooses Topic Aliases by itself, the least recently used one for a new name', async () => {
  const server = new ScriptedServer(polite({ connack: { properties: { topicAliasMaximum: 2 } } }))
  const { client } = await online({ topicAliases: topicAliases() }, server)
  for (const topicName of ['a', 'b', 'a', 'c', 'a', 'b']) await client.publish(topicName, '')
  await client.publish('plain', '', { topicAlias: false })
  await settle()
  const seen = server.last.of('publish').map(({ topicName, properties }) => [topicName, properties?.topicAlias])
  expect(seen).toEqual([
    ['a', 1],
    ['b', 2],
    ['', 1],
    ['c', 2],
    ['', 1],
    ['b', 2],
    ['plain', undefined],
  ])
})

it('[MQTT-3.3.2-12] takes the aliases of the server, each connection anew', async () => {
  const { client, server, runtime } = await online({ topicAliases: topicAliases(2) })
  expect(server.last.of('connect')[0]?.properties).toMatchObject({ topicAliasMaximum: 2 })
  const seen: string[] = []
  await client.subscribe('#', (message) => void seen.push(message.topicName))
  const aliased = (topicName: string, topicAlias: number) =>
    publishPacket(topicName, '', 0, undefined, { properties: { topicAlias } })
  server.last.send(aliased('a', 1), aliased('', 1), aliased('b', 1), aliased('', 1))
  await settle()
  expect(seen).toEqual(['a', 'a', 'b', 'b'])
  server.last.destroy()
  await runtime.advance(1_000)
  const second = server.last
  second.send(aliased('', 1))
  await settle()
  expect(second.of('disconnect')).toMatchObject([{ reasonCode: 0x94 }])
})

it.each([
  ['an alias that was never set', '', 3],
  ['an alias above our maximum', 'a', 17],
])('C5 hostile: %s ends the connection', async (_, topicName, topicAlias) => {
  const { server } = await online({ topicAliases: topicAliases() })
  const first = server.last
  first.send(publishPacket(topicName, '', 0, undefined, { properties: { topicAlias } }))
  await settle()
  expect(first.of('disconnect')).toMatchObject([{ reasonCode: 0x94 }])
})
