import type { Packet } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { enhancedAuthentication, type AuthMechanism } from '../authentication.ts'
import { journal, memorySessionStore, type SessionStore } from '../store.ts'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600 } as const
const present = polite({ connack: { sessionPresent: true } })
const silent = (sessionPresent: boolean) => polite({ silent: ['publish'], connack: { sessionPresent } })

describe.each([4, 5] as const)('CONNECT and the Session of the client, level %i', (version) => {
  it('[MQTT-3.1.0-1 v3.1.1 v5.0] the first packet of each connection is CONNECT, whatever was asked for before', async () => {
    const { client, server, runtime } = idle({ version })
    client.publish('t', 'x', { qos: 1 }).catch(() => {})
    await client.subscribe('s')
    server.last.destroy()
    await runtime.advance(60_000)
    expect(server.connections.map(({ received }) => received[0]?.type)).toEqual(['connect', 'connect'])
    for (const connection of server.connections) expect(connection.of('connect')).toHaveLength(1)
  })

  it('[MQTT-3.1.2-4 v3.1.1] [MQTT-3.1.2-23 v5.0] [MQTT-3.1.3-2 v3.1.1 v5.0] a Session that is kept has one Client Identifier, and goes on', async () => {
    const server = new ScriptedServer(silent(false))
    const { client, runtime } = await online({ sessionExpiryIntervalSeconds: 600, version }, server)
    const published = client.publish('t', 'x', { qos: 1 })
    await settle()
    server.answer = present
    server.last.destroy()
    await runtime.advance(60_000)
    const [first, second] = server.connections.map((connection) => connection.of('connect')[0])
    expect(first?.clientId).toMatch(/./)
    expect(second).toMatchObject({ clientId: first?.clientId, cleanStart: false })
    expect(server.last.of('publish')).toMatchObject([{ packetId: 1, dup: true }])
    expect(await outcome(published)).toBe('resolved')
  })

  it('[MQTT-3.1.2-6 v3.1.1] [MQTT-3.1.2-4 v5.0] a clean start is told to the server, and nothing of before is used', async () => {
    const server = new ScriptedServer(silent(false))
    const { client, runtime } = await online({ version }, server)
    const seen: string[] = []
    await client.subscribe('t', (message) => void seen.push(message.text()))
    server.last.send(publishPacket('t', 'first', 2, 7))
    client.publish('t', 'x', { qos: 1 }).catch(() => {})
    await settle()
    server.last.destroy()
    await runtime.advance(60_000)
    expect(server.connections.map((connection) => connection.of('connect')[0]?.cleanStart)).toEqual([true, true])
    expect(server.last.of('publish')).toMatchObject([{ dup: false }])
    server.last.send(publishPacket('t', 'second', 2, 7))
    await settle()
    expect(seen).toEqual(['first', 'second'])
  })

  it('[MQTT-3.14.4-1 v3.1.1] [MQTT-3.14.4-2 v5.0] [MQTT-3.14.4-2 v3.1.1] [MQTT-3.14.4-1 v5.0] DISCONNECT is the last packet, then the connection is closed', async () => {
    const { client, server } = await online({ version })
    await client.subscribe('t', () => {})
    const closing = client.close({ drain: false })
    server.last.send(publishPacket('t', 'x', 1, 1))
    await closing
    await settle()
    expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'subscribe', 'disconnect'])
    expect(server.last.closed).toBe(true)
  })

  it.each<[string, readonly number[]]>([
    ['a malformed packet', [0, 0]],
    ['QoS 3', [0x36, 6, 0, 1, 97, 0, 1, 0]],
    ['a packet of clients', [0xc0, 0]],
    ['a second CONNACK', version === 5 ? [0x20, 3, 0, 0, 0] : [0x20, 2, 0, 0]],
    ['a Topic Name with a wildcard', version === 5 ? [0x30, 4, 0, 1, 35, 0] : [0x30, 3, 0, 1, 35]],
  ])('[MQTT-4.8.0-1] [MQTT-4.13.2-1] a violation of the server ends the connection: %s', async (_title, bytes) => {
    const { server, client } = await online({ version, reconnect: false })
    server.last.bytes(bytes)
    await settle()
    expect([server.last.closed, client.state]).toEqual([true, 'closed'])
    expect(server.last.of('disconnect').map(({ reasonCode }) => reasonCode >= 0x80)).toEqual(
      version === 5 ? [true] : [],
    )
  })

  it('[MQTT-4.8.0-2] what cannot be stored ends the connection, unanswered', async () => {
    const working = memorySessionStore()
    const store: SessionStore = {
      load: (clientId) => working.load(clientId),
      close: () => working.close(),
      commit: async (operations) => {
        if (operations.some(({ type }) => type === 'incoming-put')) throw new TypeError('the disk is full')
        await working.commit(operations)
      },
    }
    const { client, server } = await online({ version, store: journal(store), clientId: 'me', cleanStart: true })
    await client.subscribe('t', () => {}, { qos: 2 })
    server.last.send(publishPacket('t', 'x', 2, 1))
    await settle()
    expect([server.last.closed, server.last.of('pubrec')]).toEqual([true, []])
  })
})

describe('an empty Client Identifier', () => {
  it('[MQTT-3.1.3-7 v3.1.1] is never sent with CleanSession 0 in 3.1.1', async () => {
    for (const options of [{ cleanStart: false }, { sessionExpiryIntervalSeconds: 600 }]) {
      const { server } = await online({ version: 4, clientId: '', ...options })
      expect(server.last.of('connect')).toMatchObject([{ clientId: '', cleanStart: true }])
    }
  })
})

describe('what CONNACK says in 5.0', () => {
  it('[MQTT-3.1.2-21 v5.0] [MQTT-3.2.2-21] the Server Keep Alive holds, not the own', async () => {
    const connack = { properties: { serverKeepAliveSeconds: 5 } }
    const { runtime, server } = await online({ keepAliveSeconds: 60 }, new ScriptedServer(polite({ connack })))
    await runtime.advance(4_900)
    expect(server.last.of('pingreq')).toHaveLength(0)
    await runtime.advance(200)
    expect(server.last.of('pingreq')).toHaveLength(1)
  })

  it('[MQTT-3.2.2-4 v5.0] Session Present without a Session of ours ends the connection', async () => {
    const { client, server } = idle({ reconnect: false }, new ScriptedServer(present))
    expect(await outcome(client.connect())).toBe('PROTOCOL_ERROR')
    expect(server.last.closed).toBe(true)
  })

  it('[MQTT-3.2.2-5 v5.0] without Session Present what we kept of it is thrown away', async () => {
    const server = new ScriptedServer(polite({ silent: ['pubrec'], connack: { sessionPresent: true } }))
    const { client, runtime } = await online({ ...KEPT, cleanStart: false }, server)
    const seen: string[] = []
    await client.subscribe('t', (message) => void seen.push(message.text()))
    server.last.send(publishPacket('t', 'first', 2, 7))
    await settle()
    server.answer = polite({ silent: ['pubrec'] })
    server.last.destroy()
    await runtime.advance(60_000)
    server.last.send(publishPacket('t', 'another', 2, 7))
    await settle()
    expect(seen).toEqual(['first', 'another'])
  })

  it('[MQTT-4.13.2-1] [MQTT-3.2.2-7] a refusal ends the connection on our side, too', async () => {
    const { client, server } = idle({ reconnect: false }, new ScriptedServer(polite({ connack: { reasonCode: 0x87 } })))
    expect(await outcome(client.connect())).toBe('CONNECT_REFUSED')
    expect([server.last.closed, client.state]).toEqual([true, 'closed'])
  })
})

describe('DISCONNECT in 5.0', () => {
  const left = async (maximumPacketSizeBytes: number, more: object = {}) => {
    const connack = { properties: { maximumPacketSizeBytes } }
    const { client, server } = await online({ ...KEPT }, new ScriptedServer(polite({ connack })))
    await client.close({ drain: false, reasonString: 'r'.repeat(30), userProperties: { k: 'v'.repeat(30) }, ...more })
    return server.last.of('disconnect')
  }

  it('[MQTT-3.14.2-3] [MQTT-3.14.2-4] leaves out Reason String and User Properties that do not fit', async () => {
    expect(await left(200)).toMatchObject([{ properties: { reasonString: 'r'.repeat(30) } }])
    expect(await left(60)).toEqual([{ type: 'disconnect', reasonCode: 0 }])
    expect(await left(60, { sessionExpiryIntervalSeconds: 9, reasonCode: 4 })).toEqual([
      { type: 'disconnect', reasonCode: 4, properties: { sessionExpiryIntervalSeconds: 9 } },
    ])
  })
})

describe('enhanced authentication', () => {
  const bytes = (text: string) => new TextEncoder().encode(text)
  const mechanism: AuthMechanism = { method: 'M', start: () => bytes('start'), step: () => bytes('answer') }
  const auth = (reasonCode: number, authenticationMethod = 'M'): Packet => ({
    type: 'auth',
    reasonCode,
    properties: { authenticationMethod, authenticationData: bytes('challenge') },
  })
  const accepted: Packet = {
    type: 'connack',
    sessionPresent: false,
    reasonCode: 0,
    properties: { authenticationMethod: 'M' },
  }
  const authenticated = async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') connection.send(auth(0x18))
      if (packet.type === 'auth') connection.send(accepted)
    })
    const authentication = enhancedAuthentication(mechanism)
    const harness = await online({ authentication, reconnect: false }, server)
    server.answer = () => {}
    return { ...harness, authentication }
  }

  it('[MQTT-3.1.2-30] [MQTT-4.12.0-3] [MQTT-4.12.0-5] before CONNACK only AUTH goes out, with 0x18 and the method of CONNECT', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') connection.send(auth(0x18))
    })
    const { client } = idle({ authentication: enhancedAuthentication(mechanism) }, server)
    client.publish('t', 'x', { qos: 1 }).catch(() => {})
    client.subscribe('t').catch(() => {})
    await settle()
    server.last.send(auth(0x18))
    await settle()
    const method = { properties: { authenticationMethod: 'M' } }
    expect(server.last.received).toMatchObject([
      { type: 'connect', ...method },
      { type: 'auth', reasonCode: 0x18, ...method },
      { type: 'auth', reasonCode: 0x18, ...method },
    ])
    server.last.send(accepted)
    await settle()
    expect(
      server.last.received
        .slice(3)
        .map(({ type }) => type)
        .toSorted(),
    ).toEqual(['publish', 'subscribe'])
  })

  it('[MQTT-4.12.0-5] AUTH of another method ends the connection', async () => {
    const { authentication, server } = await authenticated()
    authentication.reauthenticate().catch(() => {})
    await settle()
    server.last.send(auth(0x18, 'N'))
    await settle()
    expect(server.last.of('disconnect')).toMatchObject([{ reasonCode: 0x82 }])
    expect(server.last.closed).toBe(true)
  })

  it('[MQTT-4.12.0-7] without a method no AUTH goes out, and one that comes ends the connection', async () => {
    const { server } = await online({ reconnect: false })
    server.last.send(auth(0x18))
    await settle()
    expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'disconnect'])
    expect(server.last.closed).toBe(true)
  })

  it('[MQTT-4.12.1-1] re-authentication is AUTH 0x19 with the method of CONNECT', async () => {
    const { authentication, server } = await authenticated()
    authentication.reauthenticate().catch(() => {})
    await settle()
    expect(server.last.of('auth').at(-1)).toEqual({
      type: 'auth',
      reasonCode: 0x19,
      properties: { authenticationMethod: 'M', authenticationData: bytes('start') },
    })
  })

  it('[MQTT-4.12.1-2] a re-authentication that fails ends the connection with a DISCONNECT', async () => {
    const failing = { ...mechanism }
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') connection.send(accepted)
      if (packet.type === 'auth') connection.send(auth(0x18))
    })
    const authentication = enhancedAuthentication(failing)
    await online({ authentication, reconnect: false }, server)
    failing.step = () => {
      throw new TypeError('not the server that it was')
    }
    expect(await outcome(authentication.reauthenticate())).toBe('AUTHENTICATION_FAILED')
    expect(server.last.of('disconnect')).toMatchObject([{ reasonCode: 0x8c }])
    expect(server.last.closed).toBe(true)
  })

  it('[MQTT-3.15.2-2] [MQTT-3.15.2-3] AUTH has method and data and nothing more, so it fits whatever the server takes', async () => {
    const { authentication, server } = await authenticated()
    authentication.reauthenticate().catch(() => {})
    await settle()
    for (const { properties } of server.last.of('auth'))
      expect(Object.keys(properties ?? {}).toSorted()).toEqual(['authenticationData', 'authenticationMethod'])
    expect(server.last.of('auth')).toHaveLength(2)
  })
})
