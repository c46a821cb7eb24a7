import { describe, expect, it } from 'vitest'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

describe('C10 close', () => {
  it('sends DISCONNECT as asked, settles everything and leaves nothing', async () => {
    const { client, server, runtime } = await online({}, new ScriptedServer(polite({ silent: ['subscribe'] })))
    const subscribed = client.subscribe('a')
    subscribed.catch(() => {})
    await client.close({ drain: false, reasonCode: 4, reasonString: 'bye', sessionExpiryIntervalSeconds: 9 })
    await settle()
    expect(server.last.of('disconnect')).toEqual([
      { type: 'disconnect', reasonCode: 4, properties: { reasonString: 'bye', sessionExpiryIntervalSeconds: 9 } },
    ])
    await expect(subscribed).rejects.toMatchObject({ code: 'CLOSED' })
    expect(client.state).toBe('closed')
    expect(server.last.closed).toBe(true)
    expect(runtime.timers.size).toBe(0)
  })

  it('waits for the outbox and for acknowledgements, and refuses what is new', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { properties: { receiveMaximum: 1 } } }))
    const { client, runtime } = await online({}, server)
    const all = [client.publish('a', '1', { qos: 1 }), client.publish('a', '2', { qos: 1 })]
    const closing = client.close()
    expect(client.state).toBe('closing')
    await expect(client.publish('a', '3')).rejects.toMatchObject({ code: 'CLOSED' })
    for (let sent = 0; sent < 2; sent++) {
      expect(await outcome(closing)).toBe('pending')
      server.last.send({ type: 'puback', packetId: server.last.of('publish')[sent]?.packetId ?? 0, reasonCode: 0 })
      await settle()
    }
    await Promise.all([...all, closing])
    expect(server.last.received.at(-1)?.type).toBe('disconnect')
    expect(runtime.timers.size).toBe(0)
  })

  it('QoS 0 that was published just before goes out', async () => {
    const { client, server } = await online()
    void client.publish('a', '1')
    await client.close()
    await settle()
    expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'publish', 'disconnect'])
  })

  it.each([
    ['10 s by default', undefined, 10_000],
    ['as long as asked', 300, 300],
  ])('stops waiting after %s', async (_, drain, ms) => {
    const { client, runtime } = await online({}, new ScriptedServer(polite({ silent: ['publish'] })))
    const published = client.publish('a', '1', { qos: 1 })
    published.catch(() => {})
    const closing = client.close(drain === undefined ? {} : { drain })
    await runtime.advance(ms - 1)
    expect(await outcome(closing)).toBe('pending')
    await runtime.advance(1)
    await closing
    await expect(published).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('ends with the connection when that is lost while draining', async () => {
    const { client, server, runtime } = await online({}, new ScriptedServer(polite({ silent: ['publish'] })))
    const published = client.publish('a', '1', { qos: 1 })
    published.catch(() => {})
    const closing = client.close()
    server.last.destroy()
    await closing
    await expect(published).rejects.toMatchObject({ code: 'CLOSED' })
    expect(server.connections).toHaveLength(1)
    expect(runtime.timers.size).toBe(0)
  })

  it('twice, at the same time and again', async () => {
    const { client, server } = await online()
    await Promise.all([client.close(), client.close({ drain: false })])
    await client.close()
    await client[Symbol.asyncDispose]()
    expect(server.last.of('disconnect').length).toBeLessThanOrEqual(1)
  })

  it.each([
    ['idle', async () => idle()],
    [
      'dialling',
      async () => {
        const harness = idle({ transport: () => new Promise(() => {}) })
        harness.client.connect().catch(() => {})
        return harness
      },
    ],
    [
      'waiting for CONNACK',
      async () => {
        const harness = idle({}, new ScriptedServer(polite({ silent: ['connect'] })))
        harness.client.connect().catch(() => {})
        await settle()
        return harness
      },
    ],
    [
      'waiting to reconnect',
      async () => {
        const harness = await online()
        harness.server.last.destroy()
        await settle()
        expect(harness.client.state).toBe('waiting')
        return harness
      },
    ],
    [
      'asking for credentials',
      async () => {
        const harness = idle({ credentials: () => new Promise(() => {}) })
        harness.client.connect().catch(() => {})
        await settle()
        return harness
      },
    ],
  ])('while %s', async (_, make) => {
    const { client, runtime, server } = await make()
    const waiting = client.state === 'idle' ? undefined : client.publish('a', '', { qos: 1 })
    waiting?.catch(() => {})
    await client.close()
    if (waiting) await expect(waiting).rejects.toMatchObject({ code: 'CLOSED' })
    await expect(client.connect()).rejects.toMatchObject({ code: 'CLOSED' })
    await runtime.advance(200_000)
    expect(runtime.timers.size).toBe(0)
    expect(runtime.wakeListeners.size).toBe(0)
    expect(server.connections.length).toBeLessThanOrEqual(1)
    expect(client.state).toBe('closed')
  })

  it('a stream that opens after the close is closed at once', async () => {
    const server = new ScriptedServer()
    let open = () => {}
    const held = new Promise<void>((resolve) => (open = resolve))
    const { client } = idle({ transport: async (url, options) => (await held, server.transport(url, options)) }, server)
    client.connect().catch(() => {})
    await settle()
    await client.close()
    open()
    await settle()
    expect(server.last.closed).toBe(true)
    expect(server.last.received).toHaveLength(0)
  })

  it('from inside a handler, a listener and a loop', async () => {
    const { client, server } = await online()
    await client.subscribe('a', () => client.close(), { qos: 1 })
    server.last.send(publishPacket('a', '', 1, 1))
    await settle()
    expect(client.state).toBe('closed')

    const second = await online()
    second.client.on('offline', () => void second.client.close())
    second.server.last.destroy()
    await settle()
    expect(second.client.state).toBe('closed')
    expect(second.runtime.timers.size).toBe(0)

    const third = await online()
    const subscription = await third.client.subscribe('a')
    third.server.last.send(publishPacket('a', ''))
    let count = 0
    for await (const _ of subscription) {
      count++
      await third.client.close()
    }
    expect(count).toBe(1)
  })

  it('gives a server up that never takes the end of the stream', async () => {
    const server = new ScriptedServer()
    let destroyed = false
    const { client, runtime } = await online(
      {
        transport: async (url, options) => {
          const stream = await server.transport(url, options)
          const destroy = stream.destroy.bind(stream)
          stream.end = () => {}
          stream.destroy = () => {
            destroyed = true
            destroy()
          }
          return stream
        },
      },
      server,
    )
    const closing = client.close()
    expect(await outcome(closing)).toBe('pending')
    await runtime.advance(2_000)
    await closing
    expect(destroyed).toBe(true)
    expect(runtime.timers.size).toBe(0)
  })

  it('says what DISCONNECT cannot carry', async () => {
    const { client } = await online()
    await expect(client.close({ reasonCode: 0x10 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    expect(client.state).toBe('online')
  })
})

it('listeners go by the function returned', async () => {
  const { client, server } = await online()
  const seen: string[] = []
  const off = client.on('message', () => seen.push('off'))
  client.on('message', () => seen.push('on'))
  server.last.send(publishPacket('a', ''))
  await settle()
  off()
  server.last.send(publishPacket('a', ''))
  await settle()
  expect(seen).toEqual(['off', 'on', 'on'])
})
