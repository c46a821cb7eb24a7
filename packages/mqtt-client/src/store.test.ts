import { describe, expect, it } from 'vitest'
import { connect } from './index.ts'
import { journal, memorySessionStore, type SessionStore, type StoreOperation } from './store.ts'
import { idle, online, outcome } from './testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from './testing/scripted-server.ts'
import { settle, VirtualRuntime } from './testing/virtual-runtime.ts'

describe('a session store', () => {
  const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600 } as const
  const resumed = (silent: Parameters<typeof polite>[0] = {}) =>
    polite({ connack: { sessionPresent: true }, ...silent })

  it('I33 settles QoS 0 whose connection ended while the store was at work', async () => {
    const store = memorySessionStore()
    let committed = () => {}
    let isSlow = false
    const slow: SessionStore = {
      ...store,
      async commit(operations) {
        if (isSlow) await new Promise<void>((resolve) => (committed = resolve))
        return store.commit(operations)
      },
    }
    const { client, server } = await online({ ...KEPT, store: journal(slow) })
    isSlow = true
    const one = client.publish('a', '1', { qos: 1 })
    const zero = client.publish('a', '0')
    await settle()
    server.last.destroy()
    await settle()
    isSlow = false
    committed()
    expect(await outcome(zero)).toBe('CONNECTION_LOST')
    await client.close({ drain: false })
    expect(await outcome(one)).toBe('CLOSED')
  })

  it('brings a new client object where the old one was: PUBLISH, PUBREL, the outbox, identifiers received', async () => {
    const store = memorySessionStore()
    const server = new ScriptedServer(
      polite({ silent: ['publish', 'pubrel', 'pubrec'], connack: { properties: { receiveMaximum: 3 } } }),
    )
    const first = await online({ ...KEPT, store: journal(store) }, server)
    await first.client.subscribe('in', () => {})
    for (const [payload, qos] of [
      ['1', 1],
      ['2', 2],
      ['3', 2],
      ['4', 1],
    ] as const) {
      first.client.publish('a', payload, { qos }).catch(() => {})
    }
    await settle()
    const ids = server.last.of('publish').map(({ packetId = 0 }) => packetId)
    server.last.send({ type: 'pubrec', packetId: ids[1] ?? 0, reasonCode: 0 }, publishPacket('in', 'x', 2, 9))
    await settle()
    await first.client.close({ drain: false })

    server.answer = resumed({ silent: ['pubrec'] })
    const second = await online({ ...KEPT, store: journal(store) }, server)
    const seen: string[] = []
    await second.client.subscribe('in', (message) => void seen.push(message.text()))
    server.last.send(publishPacket('in', 'x', 2, 9, { dup: true }))
    await settle()
    expect(server.last.of('connect')[0]?.cleanStart).toBe(false)
    const sent = server.last.received.filter(({ type }) => type === 'publish' || type === 'pubrel')
    expect(
      sent
        .slice(0, 4)
        .map((packet) => [
          packet.type,
          'packetId' in packet && packet.packetId,
          packet.type === 'publish' && packet.dup,
        ]),
    ).toEqual([
      ['pubrel', ids[1], false],
      ['publish', ids[0], true],
      ['publish', ids[2], true],
      ['publish', expect.any(Number), false],
    ])
    expect(seen).toEqual([])
    expect(server.last.of('pubrec')).toHaveLength(1)
    await second.client.close()
    expect(await store.load('me')).toMatchObject({ outgoing: [] })
  })

  it('is committed before anything leaves that depends on it, once for a whole turn', async () => {
    const commits: (readonly StoreOperation[])[] = []
    let release = () => {}
    const store: SessionStore = {
      load: async () => undefined,
      commit: (operations) => {
        commits.push(operations)
        return new Promise((resolve) => (release = resolve))
      },
      close: async () => {},
    }
    const server = new ScriptedServer()
    const { client } = idle({ ...KEPT, store: journal(store) }, server)
    const connected = client.connect()
    const step = async () => {
      await settle()
      release()
      await settle()
    }
    await step()
    await connected
    await step()
    const published = Promise.all([client.publish('a', '1', { qos: 1 }), client.publish('a', '2', { qos: 1 })])
    const stored = client.publish('a', '3', { qos: 1, until: 'stored' })
    expect(await outcome(stored)).toBe('pending')
    expect(server.last.of('publish')).toHaveLength(0)
    expect(commits.at(-1)?.map(({ type }) => type)).toEqual([
      'outgoing-put',
      'outgoing-sent',
      'outgoing-put',
      'outgoing-sent',
      'outgoing-put',
      'outgoing-sent',
    ])
    await step()
    await stored
    expect(server.last.of('publish')).toHaveLength(3)
    await published
    await step()
    await client.subscribe('in', () => {})
    server.last.send(publishPacket('in', 'x', 2, 9))
    await settle()
    expect(server.last.of('pubrec')).toHaveLength(0)
    await step()
    expect(server.last.of('pubrec')).toHaveLength(1)
    const closing = client.close({ drain: false })
    await step()
    await step()
    await closing
  })

  it('that fails closes the client: nothing can be promised any more', async () => {
    let fail = false
    const store: SessionStore = {
      load: async () => undefined,
      commit: async () => {
        if (fail) throw new TypeError('disk full')
      },
      close: async () => {},
    }
    const { client, server, runtime } = await online({ ...KEPT, store: journal(store) })
    fail = true
    const published = client.publish('a', '', { qos: 1 })
    await expect(published).rejects.toMatchObject({ code: 'STORE_FAILED', cause: { message: 'disk full' } })
    expect(server.last.of('publish')).toHaveLength(0)
    expect(client.state).toBe('closed')
    await settle()
    expect(runtime.timers.size).toBe(0)
  })

  it('that cannot be read does not start with an empty Session', async () => {
    const store: SessionStore = { ...memorySessionStore(), load: () => Promise.reject(new TypeError('corrupt')) }
    const server = new ScriptedServer()
    const connected = connect('mqtt://x', {
      ...KEPT,
      store: journal(store),
      transport: server.transport,
      runtime: new VirtualRuntime(),
    })
    await expect(connected).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(server.connections).toHaveLength(0)
  })

  it('needs a clientId', () => {
    expect(() => idle({ store: journal(memorySessionStore()) })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    )
  })
})
