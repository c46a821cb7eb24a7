import { describe, expect, it } from 'vitest'
import { failover } from './failover.ts'
import { connect } from './index.ts'
import { idle, outcome } from './testing/harness.ts'
import { polite, ScriptedServer } from './testing/scripted-server.ts'
import { settle, VirtualRuntime } from './testing/virtual-runtime.ts'

describe('failover', () => {
  it('tries every server once before it fails, and stays with one that works', async () => {
    const server = new ScriptedServer()
    server.refuse = 1
    const { target, reconnect } = failover(['mqtt://a', 'mqtt://b'])
    const client = await connect(target, {
      reconnect,
      transport: server.transport,
      runtime: new VirtualRuntime(),
    })
    expect(client.server?.url).toBe('mqtt://b')
    await client.close()
  })

  it('follows a Server Reference once, under its own scheme', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type !== 'connect') return
      const elsewhere = connection.url.includes('other')
      connection.send({
        type: 'connack',
        sessionPresent: false,
        reasonCode: elsewhere ? 0 : 0x9c,
        properties: elsewhere ? {} : { serverReference: 'other:7 third' },
      })
    })
    const { target, reconnect } = failover(['mqtt://server'])
    const { client } = idle({ reconnect }, server, target)
    await client.connect()
    expect(server.connections.map(({ url }) => url)).toEqual(['mqtt://server', 'mqtt://other:7'])
    expect(client.server?.url).toBe('mqtt://other:7')
  })

  it('does not follow references round in a circle', async () => {
    const circle = polite({ connack: { reasonCode: 0x9d, properties: { serverReference: 'again' } } })
    const server = new ScriptedServer(circle)
    const { target, reconnect } = failover(['mqtt://server'])
    const { client, runtime } = idle({ reconnect }, server, target)
    const connected = client.connect()
    expect(await outcome(connected)).toBe('pending')
    await settle()
    expect(server.connections).toHaveLength(2)
    expect(client.state).toBe('waiting')
    expect(runtime.timers.size).toBe(1)
  })

  it('follows Server Reference', async () => {
    const { target, reconnect } = failover(['mqtt://server'])
    const { client, server } = idle({ reconnect }, new ScriptedServer(), target)
    await client.connect()
    server.last.send({ type: 'disconnect', reasonCode: 0x9c, properties: { serverReference: 'there' } })
    await settle()
    expect(client.server?.url).toBe('mqtt://there')
  })

  it('with several servers, the next one is tried at once before the backoff', async () => {
    const server = new ScriptedServer()
    const runtime = new VirtualRuntime()
    const { target, reconnect } = failover(['mqtt://a', 'mqtt://b'])
    const pair = await connect(target, { transport: server.transport, runtime, reconnect })
    server.refuse = 1
    server.last.destroy()
    await runtime.advance(1_000)
    expect(server.last.url).toBe('mqtt://a')
    expect(pair.state).toBe('online')
    await pair.close()
  })

  it('needs a server', () => {
    expect(() => failover([])).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})
