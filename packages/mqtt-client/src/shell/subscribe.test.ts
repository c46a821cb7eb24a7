import { describe, expect, it, vi } from 'vitest'
import type { Message } from '../api/message.ts'
import { idle, online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const text = (message: Message) => message.text()

describe('subscribe', () => {
  it('resolves at SUBACK with its Reason Codes, named parameters as plain wildcards', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe(['site/+id/temp', 'log/#rest'], {
      qos: 1,
      noLocal: true,
      retainHandling: 2,
    })
    expect(subscription.topicFilters).toEqual(['site/+/temp', 'log/#'])
    expect(subscription.reasonCodes).toEqual([1, 1])
    expect(server.last.of('subscribe')[0]?.subscriptions[0]).toEqual({
      topicFilter: 'site/+/temp',
      qos: 1,
      noLocal: true,
      retainAsPublished: false,
      retainHandling: 2,
    })
  })

  it('gives typed parameters of the filter that matched', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe(['site/+id/temp', '$share/g/log/#rest'])
    server.last.send(publishPacket('site/7/temp', 'x'), publishPacket('log/a/b', 'y'))
    const first = await subscription.next()
    // The type knows both names.
    const { id, rest }: { id?: string; rest?: string } = first.parameters
    expect({ id, rest }).toEqual({ id: '7', rest: undefined })
    expect({ ...(await subscription.next()).parameters }).toEqual({ rest: 'a/b' })
  })

  it('rejects when every filter was refused, and tells where only some were', async () => {
    const server = new ScriptedServer((packet, connection) => {
      if (packet.type !== 'subscribe') return polite()(packet, connection)
      const reasonCodes = packet.subscriptions.map(({ topicFilter }) => (topicFilter === 'bad' ? 0x87 : 0))
      connection.send({ type: 'suback', packetId: packet.packetId, reasonCodes })
    })
    const { client } = await online({}, server)
    await expect(client.subscribe('bad')).rejects.toMatchObject({ code: 'SUBSCRIBE_REFUSED', reasonCode: 0x87 })
    const some = await client.subscribe(['bad', 'good'])
    expect(some.reasonCodes).toEqual([0x87, 0])
  })

  it.each(['', 'a/#/b', 'a#', '$share//a', '$share/g', 'a\0'])('refuses the Topic Filter %j', async (topicFilter) => {
    const { client } = await online()
    await expect(client.subscribe(topicFilter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
    await expect(client.unsubscribe(topicFilter)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' })
  })

  it('takes a message for each Subscription that matches, and by identifier where there is one', async () => {
    const { client, server } = await online()
    const seen: string[] = []
    await client.subscribe('a/#', (message) => void seen.push(`all ${text(message)}`))
    await client.subscribe('a/b', (message) => void seen.push(`one ${text(message)}`), { subscriptionIdentifier: 9 })
    server.last.send(publishPacket('a/b', '1'))
    server.last.send(publishPacket('a/b', '2', 0, undefined, { properties: { subscriptionIdentifiers: [8] } }))
    await settle()
    expect(seen).toEqual(['all 1', 'one 1', 'all 2'])
  })

  it('keeps the message when the read buffer is used again', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe('a')
    const correlationData = new Uint8Array([1, 2, 3])
    server.last.send(
      publishPacket('a', 'one', 0, undefined, { properties: { correlationData } }),
      publishPacket('a', 'two'),
    )
    await settle()
    const message = await subscription.next()
    expect(message.text()).toBe('one')
    expect(message.properties.correlationData).toEqual(correlationData)
  })

  it('reads with for await, ends with unsubscribe, and sends UNSUBSCRIBE once', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe('a')
    server.last.send(publishPacket('a', '1'), publishPacket('a', '2'))
    const seen: string[] = []
    for await (const message of subscription) {
      seen.push(text(message))
      if (seen.length === 2) await subscription.unsubscribe()
    }
    expect(seen).toEqual(['1', '2'])
    expect(server.last.of('unsubscribe')).toHaveLength(1)
    await expect(subscription.next()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('disposing unsubscribes; a filter that another Subscription has stays', async () => {
    const { client, server } = await online()
    await client.subscribe('a')
    const second = await client.subscribe(['a', 'b'])
    expect(second.active).toBe(true)
    await second[Symbol.asyncDispose]()
    expect(server.last.of('unsubscribe').map(({ topicFilters }) => topicFilters)).toEqual([['b']])
  })

  it('client.unsubscribe ends the filter for everybody', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe(['a', 'b'])
    expect(await client.unsubscribe('a')).toEqual([0])
    expect(subscription.active).toBe(true)
    await client.unsubscribe(['b'])
    expect(subscription.active).toBe(false)
    expect(server.last.of('unsubscribe')).toHaveLength(2)
  })

  it('takes back a subscription whose call was aborted after it was sent', async () => {
    const server = new ScriptedServer(polite({ silent: ['subscribe'] }))
    const { client } = await online({}, server)
    const abort = new AbortController()
    const subscribed = client.subscribe('a', { signal: abort.signal })
    await settle()
    abort.abort()
    await expect(subscribed).rejects.toMatchObject({ code: 'ABORTED' })
    server.last.send({ type: 'suback', packetId: server.last.of('subscribe')[0]?.packetId ?? 0, reasonCodes: [0] })
    await settle()
    expect(server.last.of('unsubscribe').map(({ topicFilters }) => topicFilters)).toEqual([['a']])
  })

  it('keeps what a resumed Session brings before anybody subscribed', async () => {
    const server = new ScriptedServer((packet, connection) => {
      polite({ connack: { sessionPresent: true } })(packet, connection)
      if (packet.type === 'connect') connection.send(publishPacket('a', 'left over', 1, 5))
    })
    const { client } = await online({ cleanStart: false }, server)
    await settle()
    expect(server.last.of('puback')).toHaveLength(0)
    const subscription = await client.subscribe('a')
    expect(text(await subscription.next())).toBe('left over')
    await settle()
    expect(server.last.of('puback')).toHaveLength(1)
  })

  it('gives what nobody subscribed to to the message event', async () => {
    const { client, server } = await online()
    const seen: string[] = []
    const off = client.on('message', (message) => void seen.push(text(message)))
    server.last.send(publishPacket('x', '1', 1, 1))
    await settle()
    off()
    server.last.send(publishPacket('x', '2'))
    await settle()
    expect(seen).toEqual(['1'])
    expect(server.last.of('puback')).toHaveLength(1)
  })
})

describe('acknowledging', () => {
  it('waits for the handler, in order of arrival, whatever the order in which handlers finish', async () => {
    const { client, server } = await online()
    const finish = new Map<string, () => void>()
    const handler = (message: Message) => new Promise<void>((resolve) => finish.set(text(message), resolve))
    await client.subscribe('a', handler, { concurrency: 3 })
    server.last.send(publishPacket('a', '1', 1, 11), publishPacket('a', '2', 2, 12), publishPacket('a', '3', 1, 13))
    await settle()
    finish.get('3')?.()
    finish.get('2')?.()
    await settle()
    expect(server.last.of('puback')).toHaveLength(0)
    expect(client.stats.unacknowledgedDeliveries).toBe(3)
    finish.get('1')?.()
    await settle()
    const acknowledgements = server.last.received.filter(({ type }) => type === 'puback' || type === 'pubrec')
    expect(acknowledgements.map((packet) => 'packetId' in packet && packet.packetId)).toEqual([11, 12, 13])
  })

  it('runs one handler at a time by default, and control packets flow meanwhile', async () => {
    const { client, server } = await online()
    const running: string[] = []
    await client.subscribe('a', (message) => {
      running.push(text(message))
      return new Promise(() => {})
    })
    for (let index = 1; index <= 50; index++) server.last.send(publishPacket('a', String(index), 1, index))
    await settle()
    expect(running).toEqual(['1'])
    await client.publish('b', 'x', { qos: 2 })
    expect(await client.ping()).toBeGreaterThanOrEqual(0)
  })

  it('leaves a message unacknowledged whose handler throws, tells, and goes on', async () => {
    const { client, server } = await online()
    const errors: unknown[] = []
    client.on('error', (error) => errors.push(error))
    await client.subscribe('a', async (message) => {
      if (text(message) === 'bad') throw new TypeError('handler')
    })
    server.last.send(publishPacket('a', 'bad', 1, 1), publishPacket('a', 'good', 1, 2))
    await settle()
    expect(server.last.of('puback').map(({ packetId }) => packetId)).toEqual([2])
    expect(errors).toMatchObject([{ code: 'HANDLER_FAILED', cause: { message: 'handler' } }])
  })

  it('acknowledges a loop when it asks for more, and next() when it hands out', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe('a')
    server.last.send(publishPacket('a', '1', 1, 1), publishPacket('a', '2', 1, 2), publishPacket('a', '3', 1, 3))
    const loop = subscription[Symbol.asyncIterator]()
    await loop.next()
    await settle()
    expect(server.last.of('puback')).toHaveLength(0)
    await loop.next()
    await settle()
    expect(server.last.of('puback').map(({ packetId }) => packetId)).toEqual([1])
    await subscription.next()
    await settle()
    expect(server.last.of('puback')).toHaveLength(1)
    await loop.return?.()
  })

  it('manual: by ack() alone, with a Reason Code; receive: at once', async () => {
    const { client, server } = await online()
    const manual = await client.subscribe('a', { ack: 'manual' })
    await client.subscribe('b', () => new Promise(() => {}), { ack: 'receive' })
    server.last.send(publishPacket('a', '1', 1, 1))
    const message = await manual.next()
    await settle()
    expect(server.last.of('puback')).toHaveLength(0)
    expect(() => message.ack(0x42)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }))
    message.ack(0x97)
    message.ack()
    server.last.send(publishPacket('b', '2', 1, 2))
    await settle()
    expect(server.last.of('puback').map(({ packetId, reasonCode }) => [packetId, reasonCode])).toEqual([
      [1, 0x97],
      [2, 0],
    ])
  })

  it('a message for two Subscriptions is acknowledged when both are done', async () => {
    const { client, server } = await online()
    const first = await client.subscribe('a', { ack: 'manual' })
    const second = await client.subscribe('#', { ack: 'manual' })
    server.last.send(publishPacket('a', '1', 1, 1))
    const [one, two] = await Promise.all([first.next(), second.next()])
    one.ack()
    await settle()
    expect(server.last.of('puback')).toHaveLength(0)
    two.ack()
    await settle()
    expect(server.last.of('puback')).toHaveLength(1)
  })

  it('answers where the message says to', async () => {
    const { client, server } = await online()
    await client.subscribe('a', (message) => message.reply(`re ${text(message)}`).catch(() => {}))
    const properties = { responseTopic: 'r', correlationData: new Uint8Array([9]) }
    server.last.send(publishPacket('a', 'x', 0, undefined, { properties }), publishPacket('a', 'y'))
    await settle()
    expect(server.last.of('publish')).toMatchObject([
      { topicName: 'r', properties: { correlationData: new Uint8Array([9]) } },
    ])
  })
})

describe('a slow consumer', () => {
  const flood = (server: ScriptedServer, count: number) =>
    server.last.send(...Array.from({ length: count }, (_, index) => publishPacket('a', String(index))))

  it('QoS 0 beyond the buffer is dropped, the oldest first, and counted', async () => {
    const { client, server } = await online()
    const subscription = await client.subscribe('a', { bufferMessages: 2 })
    flood(server, 5)
    await settle()
    expect(subscription.dropped).toBe(3)
    expect([text(await subscription.next()), text(await subscription.next())]).toEqual(['3', '4'])
  })

  it('C7 backpressure stops reading the connection, and its silence then proves nothing', async () => {
    const { client, server, runtime } = await online({ keepAliveSeconds: 10 })
    const subscription = await client.subscribe('a', { bufferMessages: 4, overflow: 'backpressure' })
    for (let burst = 0; burst < 50; burst++) {
      flood(server, 10)
      await settle()
    }
    expect(subscription.buffered).toBeLessThan(100)
    await runtime.advance(60_000)
    expect(client.state).toBe('online')
    for (let index = 0; index < 500; index++) expect(text(await subscription.next())).toBe(String(index % 10))
    expect(subscription.dropped).toBe(0)
  })

  it('QoS 1 and 2 are never dropped: the server waits at Receive Maximum', async () => {
    const { client, server } = await online({ receiveMaximum: 20 })
    const subscription = await client.subscribe('a', { bufferMessages: 2 })
    for (let id = 1; id <= 20; id++) server.last.send(publishPacket('a', String(id), 1, id))
    await settle()
    expect(subscription.buffered).toBe(20)
    expect(subscription.dropped).toBe(0)
    expect(server.last.of('puback')).toHaveLength(0)
  })

  it('pause and resume', async () => {
    const { client, server } = await online()
    const handler = vi.fn<(message: Message) => void>()
    const subscription = await client.subscribe('a', handler)
    subscription.pause()
    flood(server, 3)
    await settle()
    expect(handler).not.toHaveBeenCalled()
    subscription.resume()
    expect(handler).toHaveBeenCalledTimes(3)
  })

  it('next() ends by signal and timeoutMs and loses nothing', async () => {
    const { client, server, runtime } = await online()
    const subscription = await client.subscribe('a')
    const late = subscription.next({ timeoutMs: 10 })
    late.catch(() => {})
    await runtime.advance(10)
    await expect(late).rejects.toMatchObject({ code: 'TIMEOUT' })
    server.last.send(publishPacket('a', 'x'))
    expect(text(await subscription.next())).toBe('x')
  })
})

it('a subscription made before the connection is sent with it', async () => {
  const { client, server } = idle()
  expect(await outcome(client.subscribe('a'))).toBe('resolved')
  expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'subscribe'])
})
