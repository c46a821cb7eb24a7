import { describe, expect, it } from 'vitest'
import type { Message } from '../index.ts'
import { online } from '../testing/harness.ts'
import { polite, publishPacket, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600, cleanStart: false } as const

describe.each([4, 5] as const)('the client receives, level %i', (version) => {
  const flow = async () => {
    const server = new ScriptedServer(polite({ silent: ['pubrec'], connack: { sessionPresent: true } }))
    const harness = await online({ ...KEPT, version }, server)
    const seen: string[] = []
    await harness.client.subscribe('t', (message: Message) => void seen.push(message.text()), { qos: 2 })
    const answers = async () => {
      await settle()
      return server.last.received
        .splice(0)
        .flatMap((packet) =>
          'packetId' in packet && packet.type.startsWith('pub') ? [`${packet.type} #${packet.packetId}`] : [],
        )
    }
    await answers()
    return { ...harness, seen, answers }
  }
  const message = (payload: string, qos: 0 | 1 | 2, packetId?: number, dup = false) =>
    publishPacket('t', payload, qos, packetId, { dup })

  it('[MQTT-3.3.4-1 v3.1.1 v5.0] [MQTT-4.5.0-2 v3.1.1 v5.0] [MQTT-2.3.1-6] [MQTT-2.2.1-5] answers as the QoS says, with the identifier', async () => {
    const { server, seen, answers } = await flow()
    server.last.send(message('a', 0), message('b', 1, 300), message('c', 2, 301))
    expect(await answers()).toEqual(['puback #300', 'pubrec #301'])
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('[MQTT-4.5.0-2 v3.1.1 v5.0] answers what nobody subscribed to as well: at once with a listener for that, else when too much waits', async () => {
    const { client, server, answers } = await flow()
    for (let packetId = 1; packetId <= 66; packetId++) server.last.send(publishPacket('unwanted', '', 1, packetId))
    expect(await answers()).toEqual(['puback #1', 'puback #2'])
    client.on('message', () => {})
    server.last.send(publishPacket('unwanted', '', 2, 99))
    const rest = await answers()
    expect(rest.toSorted()).toEqual(
      [...Array.from({ length: 64 }, (_, place) => `puback #${place + 3}`), 'pubrec #99'].toSorted(),
    )
  })

  it('[MQTT-4.3.2-2 v3.1.1] [MQTT-4.3.2-4] [MQTT-4.3.2-5] QoS 1: after PUBACK the identifier means a new message, whatever DUP says', async () => {
    const { server, seen, answers } = await flow()
    server.last.send(message('a', 1, 7), message('b', 1, 7, true), message('c', 1, 7))
    expect(await answers()).toEqual(['puback #7', 'puback #7', 'puback #7'])
    expect(seen).toEqual(['a', 'b', 'c'])
  })

  it('C9 QoS 2: the identifiers of a Session that the server lost mean new messages', async () => {
    const { server, runtime, seen, answers } = await flow()
    server.last.send(message('a', 2, 7))
    expect(await answers()).toEqual(['pubrec #7'])
    server.answer = polite({ silent: ['pubrec'] })
    server.last.destroy()
    await runtime.advance(60_000)
    server.last.send(message('b', 2, 7))
    expect(await answers()).toEqual(['pubrec #7'])
    expect(seen).toEqual(['a', 'b'])
  })

  it('[MQTT-4.3.3-2 v3.1.1] [MQTT-4.3.3-8] [MQTT-4.3.3-10] QoS 2: PUBREC for each PUBLISH until PUBREL, handed over once, also over a reconnect', async () => {
    const { server, runtime, seen, answers } = await flow()
    server.last.send(message('a', 2, 7))
    expect(await answers()).toEqual(['pubrec #7'])
    server.last.send(message('a', 2, 7, true))
    expect(await answers()).toEqual(['pubrec #7'])
    server.last.destroy()
    await runtime.advance(60_000)
    server.last.send(message('a', 2, 7, true))
    expect(await answers()).toEqual(['pubrec #7'])
    expect(seen).toEqual(['a'])
  })

  it('[MQTT-4.3.3-2 v3.1.1] [MQTT-4.3.3-11] [MQTT-4.3.3-12] QoS 2: PUBCOMP for PUBREL, and the identifier means a new message', async () => {
    const { server, seen, answers } = await flow()
    server.last.send(message('a', 2, 7), { type: 'pubrel', packetId: 7, reasonCode: 0 })
    server.last.send({ type: 'pubrel', packetId: 8, reasonCode: 0 }, message('b', 2, 7))
    expect(await answers()).toEqual(['pubrec #7', 'pubcomp #7', 'pubcomp #8', 'pubrec #7'])
    expect(seen).toEqual(['a', 'b'])
  })

  it('[MQTT-4.6.0-2 v3.1.1 v5.0] [MQTT-4.6.0-3 v3.1.1 v5.0] answers in the order of the PUBLISH packets, however its handlers finish', async () => {
    const { client, server, answers } = await flow()
    const finish: (() => void)[] = []
    await client.subscribe('slow', () => new Promise<void>((resolve) => finish.push(resolve)), { concurrency: 4 })
    server.last.send(
      publishPacket('slow', '', 1, 5),
      publishPacket('slow', '', 2, 3),
      publishPacket('slow', '', 1, 4),
      publishPacket('slow', '', 2, 2),
    )
    await settle()
    for (const done of finish.toReversed()) {
      done()
      await settle()
    }
    expect(await answers()).toEqual(['puback #5', 'pubrec #3', 'puback #4', 'pubrec #2'])
  })
})

describe('in 5.0', () => {
  it('[MQTT-4.3.3-13] the handshake goes on although the message has expired', async () => {
    const server = new ScriptedServer(polite({ silent: ['pubrec'] }))
    const { client, runtime } = await online({}, server)
    const seen: string[] = []
    await client.subscribe('t', (message: Message) => void seen.push(message.text()))
    const properties = { messageExpiryIntervalSeconds: 1 }
    server.last.send(publishPacket('t', 'x', 2, 7, { properties }))
    await settle()
    await runtime.advance(5_000)
    server.last.send(publishPacket('t', 'x', 2, 7, { properties, dup: true }), {
      type: 'pubrel',
      packetId: 7,
      reasonCode: 0,
    })
    await settle()
    expect(server.last.of('pubrec')).toHaveLength(2)
    expect(server.last.of('pubcomp')).toMatchObject([{ packetId: 7, reasonCode: 0 }])
    expect(seen).toEqual(['x'])
  })

  it('[MQTT-3.4.2-2] [MQTT-3.4.2-3] [MQTT-3.5.2-2] [MQTT-3.5.2-3] [MQTT-3.6.2-2] [MQTT-3.6.2-3] [MQTT-3.7.2-2] [MQTT-3.7.2-3] its acknowledgements are a Reason Code and nothing more, so they fit whatever the server takes', async () => {
    const connack = { properties: { maximumPacketSizeBytes: 20 } }
    const server = new ScriptedServer(polite({ connack, silent: ['pubrec', 'publish', 'pubrel'] }))
    const { client } = await online({}, server)
    const refused = await client.subscribe('t', { ack: 'manual', qos: 2 })
    for (const [qos, packetId] of [
      [1, 1],
      [2, 2],
    ] as const) {
      server.last.send(publishPacket('t', 'x', qos, packetId))
      const message = await refused.next()
      message.ack(0x97)
    }
    server.last.send({ type: 'pubrel', packetId: 9, reasonCode: 0 })
    client.publish('t', 'x', { qos: 2 }).catch(() => {})
    await settle()
    const { packetId = 0 } = server.last.of('publish')[0] ?? {}
    server.last.send({ type: 'pubrec', packetId, reasonCode: 0 })
    await settle()
    const answers = server.last.received.filter(({ type }) => /^pub(ack|rec|rel|comp)$/.test(type))
    expect(answers).toEqual([
      { type: 'puback', packetId: 1, reasonCode: 0x97 },
      { type: 'pubrec', packetId: 2, reasonCode: 0x97 },
      { type: 'pubcomp', packetId: 9, reasonCode: 0x92 },
      { type: 'pubrel', packetId, reasonCode: 0 },
    ])
  })
})
