import { describe, expect, it } from 'vitest'
import { connect, memorySessionStore, type AuthMechanism, type SessionStore, type StoreOperation } from '../index.ts'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle, VirtualRuntime } from '../testing/virtual-runtime.ts'

describe('enhanced authentication', () => {
  const mechanism = (): AuthMechanism & { log: string[] } => {
    const log: string[] = []
    const bytes = (text: string) => new TextEncoder().encode(text)
    return {
      log,
      method: 'TEST',
      start: () => bytes('start'),
      step: async (challenge) => bytes(`answer to ${new TextDecoder().decode(challenge)}`),
      done: (data) => {
        log.push(`done ${new TextDecoder().decode(data)}`)
        if (new TextDecoder().decode(data) === 'false proof') throw new TypeError('not the server')
      },
    }
  }
  const properties = (text: string) => ({
    authenticationMethod: 'TEST',
    authenticationData: new TextEncoder().encode(text),
  })

  it('answers challenges before CONNACK and checks the last data of the server', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') connection.send({ type: 'auth', reasonCode: 0x18, properties: properties('one') })
      if (packet.type === 'auth')
        connection.send({ type: 'connack', sessionPresent: false, reasonCode: 0, properties: properties('proof') })
    })
    const authentication = mechanism()
    const { client } = await online({ authentication }, server)
    expect(server.last.of('connect')[0]?.properties).toMatchObject(properties('start'))
    expect(server.last.of('auth')).toMatchObject([{ reasonCode: 0x18, properties: properties('answer to one') }])
    expect(authentication.log).toEqual(['done proof'])

    server.answer = (packet, connection) => {
      if (packet.type === 'auth') connection.send({ type: 'auth', reasonCode: 0, properties: properties('again') })
    }
    await client.reauthenticate()
    expect(server.last.of('auth')[1]).toMatchObject({ reasonCode: 0x19, properties: properties('start') })
    expect(authentication.log).toEqual(['done proof', 'done again'])
  })

  it('does not trust a server whose proof is false', async () => {
    const connack = { properties: properties('false proof') }
    const { client } = idle({ authentication: mechanism() }, new ScriptedServer(polite({ connack })))
    await expect(client.connect()).rejects.toMatchObject({ code: 'AUTHENTICATION_FAILED' })
    expect(client.state).toBe('closed')
  })

  it('re-authentication without a mechanism, or without 5.0, says so', async () => {
    const { client } = await online()
    await expect(client.reauthenticate()).rejects.toMatchObject({ code: 'NOT_SUPPORTED' })
  })
})

describe('a session store', () => {
  const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600 } as const
  const resumed = (silent: Parameters<typeof polite>[0] = {}) =>
    polite({ connack: { sessionPresent: true }, ...silent })

  it('brings a new client object where the old one was: PUBLISH, PUBREL, the outbox, identifiers received', async () => {
    const store = memorySessionStore()
    const server = new ScriptedServer(
      polite({ silent: ['publish', 'pubrel', 'pubrec'], connack: { properties: { receiveMaximum: 3 } } }),
    )
    const first = await online({ ...KEPT, store }, server)
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
    const second = await online({ ...KEPT, store }, server)
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
      ['publish', ids[0], true],
      ['pubrel', ids[1], false],
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
    const { client } = idle({ ...KEPT, store }, server)
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
    const { client, server, runtime } = await online({ ...KEPT, store })
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
      store,
      transport: server.transport,
      runtime: new VirtualRuntime(),
    })
    await expect(connected).rejects.toMatchObject({ code: 'STORE_FAILED' })
    expect(server.connections).toHaveLength(0)
  })

  it('needs a clientId', () => {
    expect(() => idle({ store: memorySessionStore() })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
  })
})

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
