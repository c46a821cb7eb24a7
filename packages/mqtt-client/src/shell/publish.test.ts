import { describe, expect, it } from 'vitest'
import { topicAliases } from '../aliases.ts'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const silent = (
  ...types: Parameters<typeof polite>[0] extends { silent?: infer S } | undefined ? NonNullable<S> : never
) => new ScriptedServer(polite({ silent: types }))

describe('publish', () => {
  it('sends the message and its properties as given', async () => {
    const { client, server } = await online()
    await client.publish('a/b', 'hé', {
      qos: 1,
      retain: true,
      contentType: 'text/plain',
      responseTopic: 'r',
      correlationData: new Uint8Array([1, 2]),
      payloadFormatIndicator: 1,
      userProperties: [['k', 'v']],
    })
    expect(server.last.of('publish')[0]).toMatchObject({
      topicName: 'a/b',
      qos: 1,
      retain: true,
      dup: false,
      payload: new TextEncoder().encode('hé'),
      properties: {
        contentType: 'text/plain',
        responseTopic: 'r',
        correlationData: new Uint8Array([1, 2]),
        payloadFormatIndicator: 1,
        userProperties: [['k', 'v']],
      },
    })
  })

  it.each([
    ['text', 'abc', [97, 98, 99]],
    ['bytes', new Uint8Array([1, 2]), [1, 2]],
    ['a buffer', new Uint8Array([3]).buffer, [3]],
    ['a view', new DataView(new Uint8Array([4, 5, 6]).buffer, 1, 1), [5]],
  ] as const)('takes %s as payload', async (_, payload, bytes) => {
    const { client, server } = await online()
    await client.publish('a', payload)
    await settle()
    expect([...(server.last.of('publish')[0]?.payload ?? [])]).toEqual([...bytes])
  })

  it('I33 settles QoS 0 whose connection ends in the same turn, and QoS 1 that was to be sent alone', async () => {
    const { client, server } = await online()
    const zero = client.publish('a', '0')
    const one = client.publish('a', '1', { qos: 1, until: 'sent' })
    void client.reconnect()
    expect(await outcome(zero)).toBe('resolved')
    expect(await outcome(one)).toBe('resolved')
    expect(server.connections).toHaveLength(2)
  })

  it('I33 resolves QoS 1 at PUBACK and QoS 2 at PUBCOMP, not before', async () => {
    const server = silent('publish', 'pubrel')
    const { client } = await online({}, server)
    const one = client.publish('a', '1', { qos: 1 })
    const two = client.publish('a', '2', { qos: 2 })
    expect(await outcome(one)).toBe('pending')
    const [first, second] = server.last.of('publish').map(({ packetId = 0 }) => packetId)
    server.last.send({ type: 'puback', packetId: first ?? 0, reasonCode: 0x10 })
    server.last.send({ type: 'pubrec', packetId: second ?? 0, reasonCode: 0 })
    expect((await one).reasonCode).toBe(0x10)
    expect(await outcome(two)).toBe('pending')
    server.last.send({ type: 'pubcomp', packetId: second ?? 0, reasonCode: 0 })
    expect((await two).reasonCode).toBe(0)
    expect(client.stats.unacknowledgedMessages).toBe(0)
  })

  it.each(['puback', 'pubrec'] as const)('rejects when %s refuses it', async (type) => {
    const server = silent('publish')
    const { client } = await online({}, server)
    const published = client.publish('a', '1', { qos: type === 'puback' ? 1 : 2 })
    await settle()
    const { packetId = 0 } = server.last.of('publish')[0] ?? {}
    server.last.send({ type, packetId, reasonCode: 0x87, properties: { reasonString: 'no' } })
    await expect(published).rejects.toMatchObject({ code: 'PUBLISH_REFUSED', reasonCode: 0x87, reasonString: 'no' })
    expect(client.stats.unacknowledgedMessages).toBe(0)
  })

  it.each(['puback', 'pubrec'] as const)('I8 a refusal by %s makes room for the next message', async (type) => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { properties: { receiveMaximum: 1 } } }))
    const { client } = await online({}, server)
    const refused = client.publish('a', '1', { qos: type === 'puback' ? 1 : 2 })
    const next = client.publish('a', '2', { qos: 1 })
    await settle()
    expect(server.last.of('publish')).toHaveLength(1)
    server.last.send({ type, packetId: server.last.of('publish')[0]?.packetId ?? 0, reasonCode: 0x87 })
    await expect(refused).rejects.toMatchObject({ code: 'PUBLISH_REFUSED' })
    await settle()
    expect(server.last.of('publish')).toHaveLength(2)
    server.last.send({ type: 'puback', packetId: server.last.of('publish')[1]?.packetId ?? 0, reasonCode: 0 })
    expect((await next).reasonCode).toBe(0)
  })

  it("I8 never has more unacknowledged than the server's Receive Maximum, and sends on as it frees", async () => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { properties: { receiveMaximum: 5 } } }))
    const { client } = await online({}, server)
    const all = Array.from({ length: 100 }, (_, index) => client.publish('a', String(index), { qos: 1 }))
    await settle()
    expect(server.last.of('publish')).toHaveLength(5)
    for (let done = 0; done < 100; done++) {
      const { packetId = 0 } = server.last.of('publish')[done] ?? {}
      server.last.send({ type: 'puback', packetId, reasonCode: 0 })
      await settle()
      expect(server.last.of('publish').length - done - 1).toBeLessThanOrEqual(5)
    }
    await Promise.all(all)
    expect(server.last.of('publish').map(({ payload }) => Number(new TextDecoder().decode(payload)))).toEqual(
      Array.from({ length: 100 }, (_, index) => index),
    )
  })

  it("I9 sends no packet above the server's Maximum Packet Size, whatever the properties add", async () => {
    const server = new ScriptedServer(
      polite({ connack: { properties: { maximumPacketSizeBytes: 20, topicAliasMaximum: 4 } } }),
    )
    const { client } = await online({ topicAliases: topicAliases() }, server)
    await client.publish('abc', new Uint8Array(10), { qos: 1 })
    await expect(client.publish('abc', new Uint8Array(11), { qos: 1 })).rejects.toMatchObject({
      code: 'PACKET_TOO_LARGE',
    })
    await expect(client.publish('abc', '', { contentType: 'x'.repeat(20) })).rejects.toMatchObject({
      code: 'PACKET_TOO_LARGE',
    })
    await expect(client.subscribe('x'.repeat(20))).rejects.toMatchObject({ code: 'PACKET_TOO_LARGE' })
    expect(server.last.of('publish')).toHaveLength(1)
    expect(server.last.of('subscribe')).toHaveLength(0)
    expect(client.stats.unacknowledgedMessages).toBe(0)
  })

  it('refuses here what the server said that it does not take', async () => {
    const properties = { maximumQos: 1, retainAvailable: false } as const
    const { client } = await online({}, new ScriptedServer(polite({ connack: { properties } })))
    await expect(client.publish('a', '', { qos: 2 })).rejects.toMatchObject({ code: 'NOT_SUPPORTED', reasonCode: 0x9b })
    await expect(client.publish('a', '', { retain: true })).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      reasonCode: 0x9a,
    })
  })

  it.each(['', 'a/+/b', 'a/#', 'a\0b', '\ud800'])('refuses the Topic Name %j', async (topicName) => {
    const { client } = await online()
    await expect(client.publish(topicName, '')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('counts Message Expiry down in the outbox, and rejects what expired there', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const { client, runtime } = idle({}, server)
    const lives = client.publish('a', 'lives', { qos: 1, messageExpiryIntervalSeconds: 10 })
    const dies = client.publish('a', 'dies', { qos: 1, messageExpiryIntervalSeconds: 3 })
    dies.catch(() => {})
    await runtime.advance(2_999)
    expect(await outcome(dies)).toBe('pending')
    await runtime.advance(1_001)
    await expect(dies).rejects.toMatchObject({ code: 'EXPIRED' })
    server.last.send({ type: 'connack', sessionPresent: false, reasonCode: 0 })
    await lives
    const sent = server.last.of('publish')
    expect(sent.map(({ properties }) => properties?.messageExpiryIntervalSeconds)).toEqual([6])
  })

  it('ends by signal and timeoutMs; what waits in the outbox is then never sent', async () => {
    const server = new ScriptedServer(polite({ silent: ['connect'] }))
    const { client, runtime } = idle({}, server)
    const abort = new AbortController()
    const aborted = client.publish('a', 'aborted', { qos: 1, signal: abort.signal })
    const late = client.publish('a', 'late', { qos: 1, timeoutMs: 50 })
    late.catch(() => {})
    await settle()
    abort.abort()
    await expect(aborted).rejects.toMatchObject({ code: 'ABORTED' })
    await runtime.advance(50)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    server.last.send({ type: 'connack', sessionPresent: false, reasonCode: 0 })
    await settle()
    expect(server.last.of('publish')).toHaveLength(0)
    await expect(client.publish('a', '', { signal: abort.signal })).rejects.toMatchObject({ code: 'ABORTED' })
  })

  it('resolves when it is sent, or stored, where that is asked for', async () => {
    const { client } = await online({}, silent('publish'))
    expect(await outcome(client.publish('a', '', { qos: 1, until: 'sent' }))).toBe('resolved')
    expect(await outcome(client.publish('a', '', { qos: 2, until: 'stored' }))).toBe('resolved')
    expect(client.stats.unacknowledgedMessages).toBe(2)
  })
})

describe('C3 the outbox', () => {
  const offline = (outbox: object) => idle({ outbox }, silent('connect'))

  it('rejects above its bounds by default, in messages and in bytes', async () => {
    const { client } = offline({ maximumMessages: 2, maximumBytes: 10 })
    client.publish('a', '1', { qos: 1 }).catch(() => {})
    await expect(client.publish('a', '0123456789', { qos: 1 })).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    client.publish('a', '2', { qos: 1 }).catch(() => {})
    await expect(client.publish('a', '3', { qos: 1 })).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    expect(client.stats).toMatchObject({ queuedMessages: 2, queuedBytes: 4 })
  })

  it('drops the oldest, whose promise says so', async () => {
    const { client } = offline({ maximumMessages: 2, overflow: 'drop-oldest' })
    const first = client.publish('a', '1', { qos: 1 })
    const rest = ['2', '3'].map((payload) => client.publish('a', payload, { qos: 1 }))
    await expect(first).rejects.toMatchObject({ code: 'OUTBOX_FULL' })
    expect(await Promise.all(rest.map(outcome))).toEqual(['pending', 'pending'])
  })

  it('drops QoS 0 without a connection, and says so; keeps or rejects it where asked', async () => {
    const { client } = offline({})
    expect(await client.publish('a', '')).toEqual({ reasonCode: 0, dropped: true })
    await expect(client.publish('a', '', { offline: 'reject' })).rejects.toMatchObject({ code: 'OFFLINE' })
    expect(await outcome(client.publish('a', '', { offline: 'queue' }))).toBe('pending')
    await expect(client.publish('a', '', { qos: 1, offline: 'reject' })).rejects.toMatchObject({ code: 'OFFLINE' })
    expect(await client.publish('a', '', { qos: 1, offline: 'drop' })).toEqual({ reasonCode: 0, dropped: true })
    expect(client.stats.queuedMessages).toBe(1)
  })

  it('QoS 0 that waits is lost with the connection, unless it is to be kept', async () => {
    const { client, server, runtime } = await online({}, new ScriptedServer())
    const fill = Array.from({ length: 20 }, () => client.publish('a', new Uint8Array(32_768)))
    const kept = client.publish('a', 'kept', { offline: 'queue' })
    server.last.destroy()
    expect(new Set(await Promise.all(fill.map(outcome)))).toContain('CONNECTION_LOST')
    expect(await outcome(kept)).toBe('pending')
    await runtime.advance(1_000)
    expect(await outcome(kept)).toBe('resolved')
  })

  it('holds new messages back while the transport holds enough, then goes on', async () => {
    const { client, server } = await online()
    const all = Array.from({ length: 400 }, () => client.publish('a', new Uint8Array(32_768)))
    expect(client.stats.queuedMessages).toBeGreaterThan(300)
    await Promise.all(all)
    expect(client.stats.queuedMessages).toBe(0)
    await settle()
    expect(server.last.of('publish')).toHaveLength(400)
  })
})
