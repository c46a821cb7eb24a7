import { describe, expect, it } from 'vitest'
import { online, outcome } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600 }
const present = polite({ connack: { sessionPresent: true } })

describe('a lost connection', () => {
  it('comes back by itself, and says what happens', async () => {
    const { client, server, runtime } = await online()
    const seen: unknown[] = []
    client.on('state', ({ state }) => seen.push(state))
    client.on('offline', ({ code }) => seen.push(code))
    client.on('retry', ({ delayMs, attempt }) => seen.push([delayMs, attempt]))
    client.on('online', ({ resumed }) => seen.push({ resumed }))
    server.last.destroy()
    await runtime.advance(500)
    expect(seen).toEqual(['CONNECTION_LOST', 'waiting', [500, 2], 'connecting', 'online', { resumed: false }])
  })

  it('stays lost with reconnect: false, and everything open rejects', async () => {
    const { client, server, runtime } = await online(
      { reconnect: false },
      new ScriptedServer(polite({ silent: ['publish', 'pingreq'] })),
    )
    const published = client.publish('a', '', { qos: 1 })
    const pinged = client.ping()
    published.catch(() => {})
    pinged.catch(() => {})
    await settle()
    server.last.destroy()
    await settle()
    expect(client.state).toBe('closed')
    await expect(published).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(pinged).rejects.toMatchObject({ code: 'CONNECTION_LOST' })
    await expect(client.publish('a', '')).rejects.toMatchObject({ code: 'CLOSED' })
    expect(runtime.timers.size).toBe(0)
  })

  it('5.0 begins clean once, then resumes; Clean Session of 3.1.1 stays what it is', async () => {
    for (const [version, expected] of [
      [5, [true, false]],
      [4, [false, false]],
    ] as const) {
      const { server, runtime } = await online({ ...KEPT, version })
      server.last.destroy()
      await runtime.advance(1_000)
      expect(server.connections.map((connection) => connection.of('connect')[0]?.cleanStart)).toEqual(expected)
    }
    const { server, runtime } = await online({ version: 4 })
    server.last.destroy()
    await runtime.advance(1_000)
    expect(server.last.of('connect')[0]?.cleanStart).toBe(true)
  })

  it('reconnect() makes another connection at once, also while waiting', async () => {
    const { client, server } = await online()
    await client.reconnect()
    expect(server.connections).toHaveLength(2)
    expect(server.connections[0]?.closed).toBe(true)
    server.last.destroy()
    await settle()
    expect(client.state).toBe('waiting')
    await client.reconnect()
    expect(server.connections).toHaveLength(3)
  })

  it('a wake-up ends the waiting, and probes a live connection', async () => {
    const { client, server, runtime } = await online()
    for (const wake of runtime.wakeListeners) wake()
    await settle()
    expect(server.last.of('pingreq')).toHaveLength(1)
    server.last.destroy()
    await settle()
    for (const wake of runtime.wakeListeners) wake()
    await settle()
    expect(client.state).toBe('online')
    await client.close()
    expect(runtime.wakeListeners.size).toBe(0)
  })
})

describe('a resumed Session', () => {
  it('[MQTT-4.4.0-1 v5.0] sends again what is unacknowledged, with its identifier and DUP, in order, PUBREL instead of what had PUBREC', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish', 'pubrel'] }))
    const { client, runtime } = await online(KEPT, server)
    const all = [
      client.publish('a', '1', { qos: 1 }),
      client.publish('a', '2', { qos: 2 }),
      client.publish('a', '3', { qos: 2 }),
    ]
    await settle()
    const [one, two, three] = server.last.of('publish')
    server.last.send({ type: 'pubrec', packetId: two?.packetId ?? 0, reasonCode: 0 })
    await settle()
    server.answer = present
    server.last.destroy()
    await settle()
    const later = client.publish('a', '4', { qos: 1 })
    await runtime.advance(1_000)
    await Promise.all([...all, later])
    const again = server.last.received.filter(({ type }) => type === 'publish' || type === 'pubrel')
    expect(again.slice(0, 3)).toMatchObject([
      { type: 'pubrel', packetId: two?.packetId },
      { type: 'publish', packetId: one?.packetId, dup: true, payload: one?.payload },
      { type: 'publish', packetId: three?.packetId, dup: true, payload: three?.payload },
    ])
    expect(again.find((packet) => packet.type === 'publish' && !packet.dup)).toMatchObject({
      payload: new Uint8Array([52]),
    })
    expect(server.last.of('subscribe')).toHaveLength(0)
  })

  it('C9 a server that has the Session is asked for no Subscription again: each would bring its retained messages once more', async () => {
    const { client, server, runtime } = await online(KEPT)
    await client.subscribe('a')
    server.answer = present
    server.last.destroy()
    await runtime.advance(60_000)
    expect(client.server?.sessionPresent).toBe(true)
    expect(server.last.of('subscribe')).toEqual([])
  })

  it('resends in slices where the new Receive Maximum is smaller', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish'] }))
    const { client, runtime } = await online(KEPT, server)
    const all = Array.from({ length: 9 }, () => client.publish('a', '', { qos: 1 }))
    await settle()
    server.answer = polite({
      silent: ['publish'],
      connack: { sessionPresent: true, properties: { receiveMaximum: 2 } },
    })
    server.last.destroy()
    await runtime.advance(1_000)
    for (let done = 0; done < 9; done++) {
      expect(server.last.of('publish').length - done).toBeLessThanOrEqual(2)
      server.last.send({ type: 'puback', packetId: server.last.of('publish')[done]?.packetId ?? 0, reasonCode: 0 })
      await settle()
    }
    await Promise.all(all)
  })

  it('does not hand a QoS 2 message over twice, neither one in hand nor one that was handed over', async () => {
    const server = new ScriptedServer(polite({ silent: ['pubrec'] }))
    const { client, runtime } = await online(KEPT, server)
    const seen: string[] = []
    let finish = () => {}
    await client.subscribe('a', (message) => {
      seen.push(message.text())
      return message.text() === 'slow' ? new Promise<void>((resolve) => (finish = resolve)) : undefined
    })
    server.last.send(publishPacket('a', 'quick', 2, 1), publishPacket('a', 'slow', 2, 2))
    await settle()
    expect(server.last.of('pubrec').map(({ packetId }) => packetId)).toEqual([1])
    server.answer = polite({ silent: ['pubrec'], connack: { sessionPresent: true } })
    server.last.destroy()
    await runtime.advance(1_000)
    server.last.send(publishPacket('a', 'quick', 2, 1, { dup: true }), publishPacket('a', 'slow', 2, 2, { dup: true }))
    await settle()
    expect(server.last.of('pubrec').map(({ packetId }) => packetId)).toEqual([1])
    finish()
    await settle()
    expect(server.last.of('pubrec').map(({ packetId }) => packetId)).toEqual([1, 2])
    expect(seen).toEqual(['quick', 'slow'])
    server.last.send({ type: 'pubrel', packetId: 2, reasonCode: 0 })
    await settle()
    expect(server.last.of('pubcomp')).toMatchObject([{ packetId: 2, reasonCode: 0 }])
    server.last.send(publishPacket('a', 'next', 2, 2))
    await settle()
    expect(seen).toEqual(['quick', 'slow', 'next'])
  })
})

describe('C9 a Session that the server lost', () => {
  it('subscribes once more, in one packet for each Subscription', async () => {
    const { client, server, runtime } = await online()
    await client.subscribe(['a', 'b'])
    await client.subscribe('c', { qos: 1 })
    await client.subscribe('d', { subscriptionIdentifier: 4 })
    const gone = await client.subscribe('e')
    await gone.unsubscribe()
    server.last.destroy()
    await runtime.advance(1_000)
    const again = server.last
      .of('subscribe')
      .map(({ subscriptions }) => subscriptions.map(({ topicFilter }) => topicFilter))
    expect(again).toEqual([['a', 'b'], ['c'], ['d']])
    server.last.destroy()
    await runtime.advance(10_000)
    expect(server.last.of('subscribe')).toHaveLength(3)
  })

  it('sends as new what had no PUBREC, and what was past it is done', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish', 'pubrel'] }))
    const { client, runtime } = await online(KEPT, server)
    const past = client.publish('a', 'past', { qos: 2 })
    const before = client.publish('a', 'before', { qos: 2 })
    const one = client.publish('a', 'one', { qos: 1 })
    await settle()
    server.last.send({ type: 'pubrec', packetId: server.last.of('publish')[0]?.packetId ?? 0, reasonCode: 0 })
    await settle()
    server.answer = polite()
    server.last.destroy()
    await runtime.advance(1_000)
    expect(await Promise.all([past, before, one].map(outcome))).toEqual(['resolved', 'resolved', 'resolved'])
    expect(server.last.of('publish').map(({ dup, payload }) => [dup, new TextDecoder().decode(payload)])).toEqual([
      [false, 'before'],
      [false, 'one'],
    ])
  })

  it('sends a SUBSCRIBE that was not answered once, not twice', async () => {
    const server = new ScriptedServer(polite({ silent: ['subscribe'] }))
    const { client, runtime } = await online(KEPT, server)
    const subscribed = client.subscribe('a')
    await settle()
    server.answer = polite()
    server.last.destroy()
    await runtime.advance(1_000)
    await subscribed
    expect(server.last.of('subscribe')).toHaveLength(1)
  })

  it('ends a Subscription that is refused now, with the reason', async () => {
    const { client, server, runtime } = await online()
    const errors: unknown[] = []
    client.on('error', (error) => errors.push(error))
    const subscription = await client.subscribe('a')
    server.answer = (packet, connection) => {
      if (packet.type === 'subscribe')
        connection.send({ type: 'suback', packetId: packet.packetId, reasonCodes: [0x87] })
      else polite()(packet, connection)
    }
    server.last.destroy()
    await runtime.advance(1_000)
    expect(subscription.active).toBe(false)
    await expect(subscription.next()).rejects.toMatchObject({ code: 'SUBSCRIBE_REFUSED', reasonCode: 0x87 })
    expect(errors).toHaveLength(1)
  })
})

describe('DISCONNECT of the server', () => {
  it.each([0x87, 0x95, 0x9e, 0xa1, 0xa2])('is final with Reason Code %d', async (reasonCode) => {
    const { client, server } = await online()
    const packets: unknown[] = []
    client.on('disconnect', (packet) => packets.push(packet))
    server.last.send({ type: 'disconnect', reasonCode, properties: { reasonString: 'go away' } })
    await settle()
    expect(client.state).toBe('closed')
    expect(packets).toHaveLength(1)
    await expect(client.connect()).rejects.toMatchObject({ code: 'CLOSED' })
  })

  it('a Session taken over is taken back three times at most', async () => {
    const { client, server, runtime } = await online()
    for (let round = 0; round < 4; round++) {
      server.last.send({ type: 'disconnect', reasonCode: 0x8e })
      await runtime.advance(9_000)
    }
    expect(server.connections).toHaveLength(4)
    expect(client.state).toBe('closed')
  })
})
