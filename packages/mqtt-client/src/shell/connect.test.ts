import { describe, expect, it } from 'vitest'
import { connect } from '../index.ts'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer, type ServerConnection } from '../testing/scripted-server.ts'
import { settle, VirtualRuntime } from '../testing/virtual-runtime.ts'

describe('connect', () => {
  it('resolves at CONNACK, not before', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const { client } = idle({}, server)
    const connected = client.connect()
    expect(await outcome(connected)).toBe('pending')
    expect(client.state).toBe('connecting')
    server.last.send({ type: 'connack', sessionPresent: false, reasonCode: 0 })
    expect((await connected).reasonCode).toBe(0)
    expect(client.state).toBe('online')
  })

  it('sends what the options say, and the defaults', async () => {
    const { server } = await online({
      clientId: 'me',
      username: 'u',
      password: 'p',
      sessionExpiryIntervalSeconds: 'never',
      will: { topicName: 'gone', payload: 'bye', qos: 1, willDelayIntervalSeconds: 5 },
      userProperties: { a: ['1', '2'] },
    })
    expect(server.last.of('connect')).toEqual([
      {
        type: 'connect',
        protocolVersion: 5,
        clientId: 'me',
        cleanStart: true,
        keepAliveSeconds: 60,
        username: 'u',
        password: new Uint8Array([112]),
        will: {
          topicName: 'gone',
          payload: new TextEncoder().encode('bye'),
          qos: 1,
          retain: false,
          properties: { willDelayIntervalSeconds: 5 },
        },
        properties: {
          sessionExpiryIntervalSeconds: 0xffff_ffff,
          receiveMaximum: 256,
          maximumPacketSizeBytes: 1_048_576,
          userProperties: [
            ['a', '1'],
            ['a', '2'],
          ],
        },
      },
    ])
  })

  it.each([3, 4, 5] as const)('speaks version %d', async (version) => {
    const { server, client } = await online({ version })
    expect(server.last.of('connect')[0]).toMatchObject({ protocolVersion: version })
    expect(client.server?.version).toBe(version)
  })

  it('takes user name and password out of the URL, and shows them to nobody', async () => {
    const server = new ScriptedServer()
    const { client } = idle({}, server, 'mqtt://me:s%40cret@host:1')
    await client.connect()
    expect(server.last.of('connect')[0]).toMatchObject({ username: 'me', password: new TextEncoder().encode('s@cret') })
    expect(server.last.url).toBe('mqtt://host:1')
    expect(client.server?.url).toBe('mqtt://host:1')
  })

  it('asks for credentials and the URL at each attempt', async () => {
    const server = new ScriptedServer()
    server.refuse = 1
    const asked: number[] = []
    const { client, runtime } = idle(
      { credentials: async ({ number }) => ({ username: `token-${number}` }) },
      server,
      async ({ number, lastError }) => {
        asked.push(number)
        return new URL(`mqtt://host/${lastError?.code ?? 'first'}`)
      },
    )
    const connected = client.connect()
    await runtime.advance(1_000)
    await connected
    expect(asked).toEqual([1, 2])
    expect(server.last.url).toBe('mqtt://host/TRANSPORT_FAILED')
    expect(server.last.of('connect')[0]).toMatchObject({ username: 'token-2' })
  })

  it('fails at once when the first connection fails, with the error of the transport', async () => {
    const server = new ScriptedServer()
    server.refuse = 9
    const runtime = new VirtualRuntime()
    const failed = connect('mqtt://host', { transport: server.transport, runtime })
    await expect(failed).rejects.toMatchObject({ code: 'TRANSPORT_FAILED', phase: 'tcp', retryable: true })
    expect(server.refuse).toBe(8)
    expect(runtime.timers.size).toBe(0)
  })

  it('waits through failures with reconnect.initial', async () => {
    const server = new ScriptedServer()
    server.refuse = 3
    const runtime = new VirtualRuntime()
    const connected = connect('mqtt://host', { transport: server.transport, runtime, reconnect: { initial: true } })
    await runtime.advance(10_000)
    await (await connected).close()
    expect(server.connections).toHaveLength(1)
  })

  it('has read its options when it is made, and those of a Subscription when it subscribes', async () => {
    const server = new ScriptedServer()
    const runtime = new VirtualRuntime()
    const options = { transport: server.transport, runtime, reconnect: {} as object | false }
    const client = await connect('mqtt://host', options)
    const subscribing = { qos: 1, ack: 'manual' } as { qos: 0 | 1; ack: 'manual' | 'receive' }
    await client.subscribe('a', () => {}, subscribing)
    options.reconnect = false
    Object.assign(subscribing, { qos: 0, ack: 'receive' })
    server.last.destroy()
    await settle()
    await runtime.advance(60_000)
    server.last.send(publishPacket('a', '', 1, 1))
    await settle()
    expect(server.connections).toHaveLength(2)
    expect(server.last.of('subscribe')).toMatchObject([{ subscriptions: [{ topicFilter: 'a', qos: 1 }] }])
    expect(server.last.of('puback')).toEqual([])
    await client.close({ drain: false })
  })

  it('falls back to 3.1.1 where a server refuses 5.0 in its own form', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect' && packet.protocolVersion === 5) connection.bytes([0x20, 2, 0, 1])
      else polite()(packet, connection)
    })
    const { client } = await online({}, server)
    expect(client.server?.version).toBe(4)
    expect(server.connections).toHaveLength(2)
  })

  describe('a server that closes in order instead of answering a CONNECT of 5.0', () => {
    const closing = (isClosed: (connection: ServerConnection) => boolean) =>
      new ScriptedServer((packet, connection) => {
        if (packet.type === 'connect' && isClosed(connection)) connection.end()
        else polite()(packet, connection)
      })
    const versions = (server: ScriptedServer) => server.connections.map(({ version }) => version)

    it('is asked once more with 3.1.1, at once', async () => {
      const server = closing(({ version }) => version === 5)
      const { client } = await online({}, server)
      expect([versions(server), client.server?.version]).toEqual([[5, 4], 4])
    })

    it('is asked with 5.0 again where it closes that too: nobody answers for it now', async () => {
      let isAway = true
      const server = closing(() => isAway)
      const { client, runtime } = idle({}, server)
      const connected = client.connect()
      await settle()
      expect(versions(server)).toEqual([5, 4])
      isAway = false
      await runtime.advance(60_000)
      await connected
      expect([versions(server), client.server?.version]).toEqual([[5, 4, 5], 5])
    })

    it('is not asked with 3.1.1 where it has spoken 5.0 before', async () => {
      const server = closing(() => server.connections.length === 2)
      const { runtime } = await online({}, server)
      server.last.destroy()
      await settle()
      for (let second = 0; second < 120; second++) await runtime.advance(1_000)
      expect(versions(server)).toEqual([5, 5, 5])
    })

    it('is not asked with 3.1.1 where the application wants 5.0', async () => {
      const server = closing(() => server.connections.length === 1)
      const { client, runtime } = idle({ version: 5 }, server)
      const connected = client.connect()
      await settle()
      await runtime.advance(60_000)
      await connected
      expect(versions(server)).toEqual([5, 5])
    })
  })

  it.each([0x84, 0x85, 0x86, 0x87, 0x8a, 0x8c])('C2 does not try again after Reason Code %d', async (reasonCode) => {
    const server = new ScriptedServer(polite({ connack: { reasonCode } }))
    const { client, runtime } = idle({ version: 5 }, server)
    await expect(client.connect()).rejects.toMatchObject({ code: 'CONNECT_REFUSED', reasonCode, retryable: false })
    await runtime.advance(600_000)
    expect(server.connections).toHaveLength(1)
    expect(client.state).toBe('closed')
    expect(runtime.timers.size).toBe(0)
  })

  it.each([0x80, 0x88, 0x89, 0x97, 0x9f])('C2 tries again after Reason Code %d', async (reasonCode) => {
    const server = new ScriptedServer(polite({ connack: { reasonCode } }))
    const { client, runtime } = idle({}, server)
    const connected = client.connect()
    await settle()
    expect(client.state).toBe('waiting')
    server.answer = polite()
    await runtime.advance(60_000)
    await connected
    expect(server.connections).toHaveLength(2)
  })

  it('gives an attempt up that gets no CONNACK', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const { client, runtime } = idle({ connectTimeoutMs: 5_000, reconnect: false }, server)
    const connected = client.connect()
    connected.catch(() => {})
    await runtime.advance(4_999)
    expect(client.state).toBe('connecting')
    await runtime.advance(1)
    await expect(connected).rejects.toMatchObject({ code: 'TIMEOUT' })
    expect(server.last.closed).toBe(true)
  })

  it('ends by signal and by timeoutMs', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const { client, runtime } = idle({}, server)
    const abort = new AbortController()
    const aborted = client.connect({ signal: abort.signal })
    const late = client.connect({ timeoutMs: 100 })
    late.catch(() => {})
    abort.abort('because')
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED', cause: 'because' })
    await runtime.advance(100)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
  })

  it('closes what connect() began when the call is aborted', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const runtime = new VirtualRuntime()
    const abort = new AbortController()
    const connected = connect('mqtt://host', { transport: server.transport, runtime, signal: abort.signal })
    await settle()
    abort.abort()
    await expect(connected).rejects.toMatchObject({ code: 'ABORTED' })
    await settle()
    expect(server.last.closed).toBe(true)
    expect(runtime.timers.size).toBe(0)
  })

  it('reads what the server granted', async () => {
    const properties = {
      receiveMaximum: 7,
      maximumQos: 1,
      retainAvailable: false,
      serverKeepAliveSeconds: 9,
      assignedClientId: 'given',
    } as const
    const { client } = await online({}, new ScriptedServer(polite({ connack: { properties } })))
    expect(client.server).toMatchObject({
      receiveMaximum: 7,
      maximumQos: 1,
      retainAvailable: false,
      keepAliveSeconds: 9,
    })
    expect(client.clientId).toBe('given')
  })

  it('begins to connect by itself when something is published', async () => {
    const { client, server } = idle()
    await client.publish('a', 'b', { qos: 1 })
    expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'publish'])
  })

  it('needs a scheme that it knows', async () => {
    await expect(connect('http://x', { runtime: new VirtualRuntime() })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    })
  })
})
