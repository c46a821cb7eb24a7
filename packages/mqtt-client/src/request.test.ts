import { describe, expect, it } from 'vitest'
import { request, respond } from './request.ts'
import { online } from './testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from './testing/scripted-server.ts'
import { settle } from './testing/virtual-runtime.ts'

/** Sends every PUBLISH back to whoever is there, as a broker with one client would. */
const echoing = (connack = {}) =>
  new ScriptedServer((packet, connection) => {
    polite({ connack })(packet, connection)
    if (packet.type !== 'publish') return
    const { packetId: _, ...message } = packet
    connection.send({ ...message, qos: 0 })
  })

describe('request and respond', () => {
  it('finds its way there and back, many at a time over one subscription', async () => {
    const { client, server } = await online({}, echoing())
    await respond(client, 'double/+kind', async (message) => String(Number(message.text()) * 2))
    const answers = await Promise.all(
      [1, 2, 3].map((number) => request(client, 'double/x', String(number), { qos: 1 })),
    )
    expect(answers.map((message) => message.text())).toEqual(['2', '4', '6'])
    expect(server.last.of('subscribe').map(({ subscriptions }) => subscriptions[0]?.topicFilter)).toEqual([
      'double/+',
      `response/${client.clientId}`,
    ])
  })

  it('goes below Response Information where the server gives one', async () => {
    const { client, server } = await online({}, echoing({ properties: { responseInformation: 'mine/' } }))
    await respond(client, 'x', () => 'y')
    expect((await request(client, 'x', '')).topicName).toBe(`mine/${client.clientId}`)
    expect(server.last.of('publish')[0]?.properties?.responseTopic).toBe(`mine/${client.clientId}`)
  })

  it('ends by signal, by timeoutMs and with the client; a late answer harms nobody', async () => {
    const { client, server } = await online()
    const abort = new AbortController()
    const aborted = request(client, 'x', '', { signal: abort.signal })
    await settle()
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    await expect(request(client, 'x', '', { timeoutMs: 5 })).rejects.toMatchObject({ code: 'TIMEOUT' })
    const { correlationData } = server.last.of('publish')[0]?.properties ?? {}
    server.last.send(
      publishPacket(`response/${client.clientId}`, 'late', 0, undefined, {
        properties: { correlationData: correlationData ?? new Uint8Array() },
      }),
    )
    const open = request(client, 'x', '')
    open.catch(() => {})
    await settle()
    await client.close()
    await expect(open).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('needs MQTT 5.0', async () => {
    const { client } = await online({ version: 4 })
    await expect(request(client, 'x', '')).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })

  it('answers nothing when the handler throws, or when nobody asked', async () => {
    const { client, server } = await online()
    client.on('error', () => {})
    await respond(client, 'x', (message) => {
      if (message.text() === 'bad') throw new TypeError('no')
      return 'fine'
    })
    const properties = { responseTopic: 'r' }
    server.last.send(publishPacket('x', 'bad', 1, 1, { properties }), publishPacket('x', 'silent', 1, 2))
    await settle()
    expect(server.last.of('publish')).toHaveLength(0)
    expect(server.last.of('puback').map(({ packetId }) => packetId)).toEqual([2])
  })
})
