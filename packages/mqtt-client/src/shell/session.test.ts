import { expect, it } from 'vitest'
import { online, outcome } from '../testing/harness.ts'
import { polite, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

it('a tap sees every packet of both directions', async () => {
  const seen: string[] = []
  const { client } = await online({ onPacket: (direction, packet) => seen.push(`${direction} ${packet.type}`) })
  await client.publish('a', '', { qos: 1 })
  await client.ping()
  await client.close()
  expect(seen).toEqual([
    'sent connect',
    'received connack',
    'sent publish',
    'received puback',
    'sent pingreq',
    'received pingresp',
    'sent disconnect',
  ])
})

it('ping measures, and rejects when the connection goes', async () => {
  const { client, server } = await online({}, new ScriptedServer(polite({ silent: ['pingreq'] })))
  const pinged = client.ping()
  await settle()
  expect(await outcome(pinged)).toBe('pending')
  server.last.send({ type: 'pingresp' })
  expect(await pinged).toBe(0)
  const second = client.ping()
  second.catch(() => {})
  await settle()
  server.last.destroy()
  await expect(second).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
  await expect(client.ping()).rejects.toMatchObject({ code: 'OFFLINE' })
})
