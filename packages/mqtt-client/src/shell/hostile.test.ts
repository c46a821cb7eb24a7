import { encode, type Packet } from '@godwit/mqtt-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const connack = { type: 'connack', sessionPresent: false, reasonCode: 0 } as const
const bytesOf = (packet: Packet) => encode(packet, 5)
const alias = (topicName: string, topicAlias: number) =>
  bytesOf(publishPacket(topicName, '', 0, undefined, { properties: { topicAlias } }))
const raw = (...bytes: number[]) => Uint8Array.from(bytes)

describe('C5 a hostile server is left, without a throw, and tried again with backoff', () => {
  it.each([
    ['an alias that was never set', alias('', 3), 0x94],
    ['a Topic Name with a wildcard', raw(0x30, 6, 0, 3, 97, 47, 35, 0), 0x81],
    ['a second CONNACK', bytesOf(connack), 0x82],
    [
      'a CONNECT',
      bytesOf({ type: 'connect', protocolVersion: 5, clientId: '', cleanStart: true, keepAliveSeconds: 0 }),
      0x82,
    ],
    [
      'a SUBSCRIBE',
      bytesOf({
        type: 'subscribe',
        packetId: 1,
        subscriptions: [{ topicFilter: 'a', qos: 0, noLocal: false, retainAsPublished: false, retainHandling: 0 }],
      }),
      0x82,
    ],
    ['QoS 3', raw(0x36, 6, 0, 1, 97, 0, 1, 0), 0x81],
    ['a PUBLISH with Packet Identifier 0', raw(0x32, 6, 0, 1, 97, 0, 0, 0), 0x82],
    ['a packet type 0', raw(0, 0), 0x81],
    [
      'AUTH that nobody asked for',
      bytesOf({ type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'x' } }),
      0x82,
    ],
    ['a PUBACK for a QoS 2 message', raw(0x40, 2, 0, 1), 0x82],
    ['a Remaining Length of five bytes', raw(0x30, 0xff, 0xff, 0xff, 0xff, 1), 0x81],
    ['C7 the promise of 256 MiB', raw(0x30, 0xff, 0xff, 0xff, 0x7f), 0x95],
  ])('%s', async (_, bytes, reasonCode) => {
    const server = new ScriptedServer(polite({ silent: ['publish'] }))
    const { client, runtime } = await online({}, server)
    client.publish('a', '', { qos: 2 }).catch(() => {})
    const seen: string[] = []
    await client.subscribe('#', () => seen.push('delivered'))
    const offline: unknown[] = []
    client.on('offline', (error) => offline.push(error.reasonCode))
    const first = server.last
    first.bytes(bytes)
    first.send(publishPacket('after', 'the rest of the chunk'))
    await settle()
    expect(offline).toEqual([reasonCode])
    expect(first.of('disconnect')).toMatchObject([{ reasonCode }])
    expect(first.closed).toBe(true)
    expect(seen).toEqual([])
    await runtime.advance(1_000)
    expect(client.state).toBe('online')
  })

  it.each([
    ['nothing but an end', (connection: { end(): void }) => connection.end()],
    ['something before CONNACK', (connection: ScriptedServer['last']) => connection.send({ type: 'pingresp' })],
    ['an empty CONNACK', (connection: ScriptedServer['last']) => connection.bytes([0x20, 0])],
    ['garbage', (connection: ScriptedServer['last']) => connection.bytes([0x48, 0x54, 0x54, 0x50, 0x2f, 0x31])],
    [
      'Session Present after Clean Start [MQTT-3.2.2-4 v5.0]',
      (connection: ScriptedServer['last']) => connection.send({ ...connack, sessionPresent: true }),
    ],
  ])('in the handshake: %s', async (_, misbehave) => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type === 'connect') misbehave(connection)
    })
    const { client, runtime } = idle({}, server)
    const connected = client.connect()
    expect(await outcome(connected)).toBe('pending')
    expect(client.state).toBe('waiting')
    // [MQTT-3.1.4] No DISCONNECT before CONNACK.
    expect(server.last.of('disconnect')).toHaveLength(0)
    server.answer = polite()
    await runtime.advance(60_000)
    await connected
  })

  it('C5 nothing behind a packet out of place is heard, though it came in the same chunk', async () => {
    const { client, server } = await online()
    const seen: string[] = []
    await client.subscribe('a', (message) => void seen.push(message.text()))
    const chunk = [publishPacket('a', 'before'), connack, publishPacket('a', 'behind')].flatMap((packet) => [
      ...encode(packet, 5),
    ])
    server.last.bytes(chunk)
    await settle()
    expect([seen, server.last.of('disconnect')]).toMatchObject([['before'], [{ reasonCode: 0x82 }]])
  })

  it('a server that kicks right after CONNACK meets a growing backoff', async () => {
    const server = new ScriptedServer((packet, connection) => {
      polite()(packet, connection)
      if (packet.type === 'connect') connection.end()
    })
    const { client, runtime } = idle({}, server)
    client.connect().catch(() => {})
    await runtime.advance(60_000)
    expect(server.connections.length).toBeLessThan(10)
    expect(server.connections.length).toBeGreaterThan(3)
  })

  it('more unacknowledged messages than our Receive Maximum', async () => {
    const { client, server } = await online({ receiveMaximum: 2 })
    await client.subscribe('a', () => new Promise(() => {}))
    const first = server.last
    for (const id of [1, 2, 3]) first.send(publishPacket('a', '', 1, id))
    await settle()
    expect(first.of('disconnect')).toMatchObject([{ reasonCode: 0x93 }])
  })

  it('more than that sent again in a Session that was resumed: they were allowed when they were new, and leaving would repeat it for ever', async () => {
    const { client, server, runtime } = await online(
      { receiveMaximum: 2, sessionExpiryIntervalSeconds: 60 },
      new ScriptedServer((packet, connection) => {
        const sessionPresent = connection.server.connections.length > 1
        if (packet.type === 'connect') connection.send({ type: 'connack', sessionPresent, reasonCode: 0 })
        else polite()(packet, connection)
      }),
    )
    await client.subscribe('a', () => new Promise(() => {}))
    server.last.destroy()
    await settle()
    await runtime.advance(60_000)
    const second = server.last
    for (const id of [1, 2, 3, 4]) second.send(publishPacket('a', '', 1, id, { dup: true }))
    await settle()
    expect([server.connections.length, second.of('disconnect'), client.stats.unacknowledgedDeliveries]).toEqual([
      2,
      [],
      4,
    ])
    second.send(publishPacket('a', '', 1, 5))
    await settle()
    expect(second.of('disconnect')).toMatchObject([{ reasonCode: 0x93 }])
  })

  it('I31 a server of 3.1.1 was told no Receive Maximum, and breaks none', async () => {
    const { client, server } = await online({ receiveMaximum: 2, version: 4 })
    await client.subscribe('a', () => new Promise(() => {}))
    for (let id = 1; id <= 5; id++) server.last.send(publishPacket('a', '', 1, id))
    await settle()
    expect(client.state).toBe('online')
    expect(client.stats.unacknowledgedDeliveries).toBe(5)
  })
})

describe('C6 answers to nothing', () => {
  it.each([
    ['SUBACK', { type: 'suback', packetId: 9, reasonCodes: [0] }, 1],
    ['UNSUBACK', { type: 'unsuback', packetId: 9, reasonCodes: [0] }, 1],
    ['PUBACK', { type: 'puback', packetId: 9, reasonCode: 0 }, 0],
    ['PUBCOMP', { type: 'pubcomp', packetId: 9, reasonCode: 0 }, 0],
    ['PINGRESP', { type: 'pingresp' }, 0],
  ] as const)('%s changes nothing', async (_, packet, errors) => {
    const { client, server } = await online()
    let reported = 0
    client.on('error', () => reported++)
    server.last.send(packet)
    await settle()
    expect(client.state).toBe('online')
    expect(reported).toBe(errors)
    await client.publish('a', '', { qos: 2 })
  })

  it('PUBREC twice gets PUBREL twice; PUBREL for nothing gets PUBCOMP with 92', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish', 'pubrel'] }))
    const { client } = await online({}, server)
    client.publish('a', '', { qos: 2 }).catch(() => {})
    await settle()
    const packetId = server.last.of('publish')[0]?.packetId ?? 0
    server.last.send({ type: 'pubrec', packetId, reasonCode: 0 }, { type: 'pubrec', packetId, reasonCode: 0 })
    server.last.send({ type: 'pubrel', packetId: 77, reasonCode: 0 })
    await settle()
    expect(server.last.of('pubrel')).toHaveLength(2)
    expect(server.last.of('pubcomp')).toMatchObject([{ packetId: 77, reasonCode: 0x92 }])
  })

  it.each([0, 2])('SUBACK with %d codes for one filter rejects the call and ends the connection', async (count) => {
    const server = new ScriptedServer(polite({ silent: ['subscribe'] }))
    const { client } = await online({}, server)
    const subscribed = client.subscribe('a')
    subscribed.catch(() => {})
    await settle()
    const packetId = server.last.of('subscribe')[0]?.packetId ?? 0
    const codes = Array.from({ length: count }, () => 0)
    server.last.bytes([0x90, 3 + count, packetId >> 8, packetId & 255, 0, ...codes])
    await settle()
    expect(client.state).toBe('waiting')
    // A SUBACK without any code cannot be decoded: that call is made again.
    expect(await outcome(subscribed)).toBe(count === 0 ? 'pending' : 'PROTOCOL_ERROR')
  })
})

describe('C7 bounds', () => {
  it('endless User Properties stay inside Maximum Packet Size', async () => {
    const { client, server } = await online({ maximumPacketSizeBytes: 1_000 })
    const first = server.last
    const userProperties = Array.from({ length: 200 }, () => ['k', 'v'] as const)
    first.send(publishPacket('a', '', 0, undefined, { properties: { userProperties } }))
    await settle()
    expect(first.of('disconnect')).toMatchObject([{ reasonCode: 0x95 }])
    expect(client.state).toBe('waiting')
  })

  it('a drip of bytes does not keep a dead server alive', async () => {
    const { client, server, runtime } = await online(
      { keepAliveSeconds: 10 },
      new ScriptedServer(polite({ silent: ['pingreq'] })),
    )
    const states: string[] = []
    client.on('state', ({ state }) => states.push(state))
    server.last.bytes([0x30, 0xff, 0x7f])
    for (let second = 0; second < 20; second++) {
      server.last.bytes([0])
      await runtime.advance(1_000)
    }
    expect(states[0]).toBe('waiting')
  })
})

it('hostile: any bytes after CONNACK neither throw nor hang, and close leaves nothing', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.uint8Array({ minLength: 1, maxLength: 40 }), { maxLength: 6 }), async (chunks) => {
      const { client, server, runtime } = await online({ reconnect: false })
      client.on('error', () => {})
      client.publish('a', 'b', { qos: 2 }).catch(() => {})
      for (const chunk of chunks) server.last.bytes(chunk)
      await settle()
      await client.close({ drain: false })
      expect(runtime.timers.size).toBe(0)
    }),
    { numRuns: 150 },
  )
})

it('hostile: every packet of a server with one byte changed neither throws nor hangs', async () => {
  const packets: Packet[] = [
    { ...connack, properties: { receiveMaximum: 3, topicAliasMaximum: 2, assignedClientId: 'x' } },
    publishPacket('a', 'b', 2, 4, { properties: { contentType: 'c', topicAlias: 1, userProperties: [['k', 'v']] } }),
    { type: 'puback', packetId: 1, reasonCode: 0x10 },
    { type: 'pubrec', packetId: 1, reasonCode: 0 },
    { type: 'pubrel', packetId: 4, reasonCode: 0 },
    { type: 'pubcomp', packetId: 1, reasonCode: 0 },
    { type: 'suback', packetId: 2, reasonCodes: [0] },
    { type: 'unsuback', packetId: 2, reasonCodes: [0] },
    { type: 'pingresp' },
    { type: 'disconnect', reasonCode: 0x98, properties: { reasonString: 'r', serverReference: 's' } },
    { type: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm', authenticationData: raw(1) } },
  ]
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...packets), fc.nat(), fc.nat(255), async (packet, place, value) => {
      const server = new ScriptedServer(polite({ silent: ['publish', 'subscribe'] }))
      const { client, runtime } = await online({ reconnect: false }, server)
      client.on('error', () => {})
      client.publish('a', 'b', { qos: 2 }).catch(() => {})
      client.subscribe('#').catch(() => {})
      await settle()
      const bytes = encode(packet, 5)
      bytes[place % bytes.length] = value
      server.last.bytes(bytes)
      await settle()
      await client.close({ drain: false })
      expect(runtime.timers.size).toBe(0)
    }),
    { numRuns: 300 },
  )
})
