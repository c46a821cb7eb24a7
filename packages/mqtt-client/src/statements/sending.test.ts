import type { Packet } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { topicAliases } from '../aliases.ts'
import type { ClientOptions } from '../api/options.ts'
import { online, outcome } from '../testing/harness.ts'
import { polite, ScriptedServer } from '../testing/scripted-server.ts'
import { settle } from '../testing/virtual-runtime.ts'

const KEPT = { clientId: 'me', sessionExpiryIntervalSeconds: 600, cleanStart: false } as const
const text = (packet: Packet) =>
  packet.type === 'publish'
    ? `publish ${new TextDecoder().decode(packet.payload)} q${packet.qos} #${packet.packetId ?? 0}${packet.dup ? ' dup' : ''}`
    : `${packet.type}${'packetId' in packet ? ` #${packet.packetId}` : ''}`

describe.each([4, 5] as const)('the client sends, level %i', (version) => {
  /** A client whose server answers no PUBLISH, and says that it has the Session. */
  const flow = async (options: ClientOptions = {}) => {
    const connack = { sessionPresent: true }
    const server = new ScriptedServer(polite({ silent: ['publish', 'pubrel'], connack }))
    const harness = await online({ ...KEPT, version, ...options }, server)
    const publish = (payload: string, qos: 0 | 1 | 2) => {
      const published = harness.client.publish('t', payload, { qos })
      published.catch(() => {})
      return published
    }
    const sent = async () => {
      await settle()
      return server.last.received.splice(0).map(text)
    }
    const reconnect = async () => {
      server.last.destroy()
      await harness.runtime.advance(60_000)
    }
    await sent()
    return { ...harness, publish, sent, reconnect }
  }
  const acknowledge = (type: 'puback' | 'pubrec' | 'pubcomp', packetId: number) => ({ type, packetId, reasonCode: 0 })

  it('[MQTT-4.3.1-1 v3.1.1 v5.0] QoS 0: QoS 0 and DUP 0', async () => {
    const { publish, sent } = await flow()
    await publish('x', 0)
    expect(await sent()).toEqual(['publish x q0 #0'])
  })

  it('[MQTT-4.3.2-1 v3.1.1 v5.0] [MQTT-4.3.2-2 v5.0] [MQTT-4.3.3-1 v3.1.1 v5.0] [MQTT-4.3.3-2 v5.0] [MQTT-2.3.1-2] [MQTT-2.2.1-3] an identifier of its own for each message and request, DUP 0', async () => {
    const { client, publish, sent } = await flow()
    void publish('a', 1)
    void publish('b', 2)
    client.subscribe('s').catch(() => {})
    void publish('c', 1)
    client.unsubscribe('u').catch(() => {})
    void publish('d', 2)
    expect((await sent()).toSorted()).toEqual(
      [
        'publish a q1 #1',
        'publish b q2 #2',
        'subscribe #3',
        'publish c q1 #4',
        'unsubscribe #5',
        'publish d q2 #6',
      ].toSorted(),
    )
  })

  it('[MQTT-2.3.1-3] [MQTT-4.3.2-1 v3.1.1] [MQTT-4.3.2-3] [MQTT-3.3.1-1 v3.1.1 v5.0] QoS 1: sent again with its identifier and DUP until PUBACK', async () => {
    const { server, publish, sent, reconnect } = await flow()
    const published = publish('x', 1)
    expect(await sent()).toEqual(['publish x q1 #1'])
    expect(await outcome(published)).toBe('pending')
    await reconnect()
    expect(await sent()).toEqual(['connect', 'publish x q1 #1 dup'])
    server.last.send(acknowledge('puback', 1))
    expect(await outcome(published)).toBe('resolved')
    await reconnect()
    expect(await sent()).toEqual(['connect'])
  })

  it('[MQTT-4.3.3-1 v3.1.1] [MQTT-4.3.3-3] [MQTT-4.3.3-4] [MQTT-4.3.3-5] [MQTT-4.3.3-6] [MQTT-2.3.1-6] [MQTT-2.2.1-5] QoS 2: PUBLISH until PUBREC, then PUBREL of the same identifier until PUBCOMP', async () => {
    const { server, publish, sent, reconnect } = await flow()
    void publish('other', 1)
    const published = publish('x', 2)
    await sent()
    server.last.send(acknowledge('puback', 1))
    expect(await sent()).toEqual([])
    await reconnect()
    expect(await sent()).toEqual(['connect', 'publish x q2 #2 dup'])
    server.last.send(acknowledge('pubrec', 2))
    expect(await sent()).toEqual(['pubrel #2'])
    await reconnect()
    expect(await sent()).toEqual(['connect', 'pubrel #2'])
    expect(await outcome(published)).toBe('pending')
    server.last.send(acknowledge('pubcomp', 2))
    expect(await outcome(published)).toBe('resolved')
    await reconnect()
    expect(await sent()).toEqual(['connect'])
  })

  it('[MQTT-4.6.0-1 v3.1.1 v5.0] [MQTT-4.6.0-4 v3.1.1 v5.0] sends again in the original order, and PUBREL in that of the PUBRECs', async () => {
    const { server, publish, sent, reconnect } = await flow()
    for (const [place, qos] of ([2, 1, 2, 1, 2] as const).entries()) void publish(`${place}`, qos)
    await sent()
    server.last.send(acknowledge('pubrec', 5), acknowledge('pubrec', 1))
    expect(await sent()).toEqual(['pubrel #5', 'pubrel #1'])
    await reconnect()
    expect(await sent()).toEqual([
      'connect',
      'pubrel #5',
      'pubrel #1',
      'publish 1 q1 #2 dup',
      'publish 2 q2 #3 dup',
      'publish 3 q1 #4 dup',
    ])
  })

  it('[MQTT-4.1.0-1 v3.1.1 v5.0] [MQTT-4.1.0-2 v3.1.1] keeps it all for as long as the connection lasts, and sends nothing again meanwhile', async () => {
    const { server, runtime, publish, sent } = await flow({ keepAliveSeconds: 0 })
    const published = [publish('x', 1), publish('y', 2)]
    await sent()
    await runtime.advance(30 * 86_400_000)
    expect(await sent()).toEqual([])
    server.last.send(acknowledge('puback', 1), acknowledge('pubrec', 2), acknowledge('pubcomp', 2))
    expect(await Promise.all(published.map(outcome))).toEqual(['resolved', 'resolved'])
  })
})

describe('in 5.0', () => {
  it('[MQTT-4.3.3-7] what was sent no longer expires', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { sessionPresent: true } }))
    const { client, runtime } = await online({ ...KEPT }, server)
    const options = { qos: 2, messageExpiryIntervalSeconds: 5 } as const
    const published = client.publish('t', 'x', options)
    await settle()
    await runtime.advance(60_000)
    expect(await outcome(published)).toBe('pending')
    server.last.destroy()
    await runtime.advance(60_000)
    expect(server.last.of('publish').map(text)).toEqual(['publish x q2 #1 dup'])
  })

  it('[MQTT-4.4.0-2] PUBACK and PUBREC of 0x80 and above are the end: nothing is sent again', async () => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { sessionPresent: true } }))
    const { client, runtime } = await online({ ...KEPT }, server)
    const all = [client.publish('t', 'x', { qos: 1 }), client.publish('t', 'y', { qos: 2 })]
    await settle()
    server.last.send(
      { type: 'puback', packetId: 1, reasonCode: 0x87 },
      { type: 'pubrec', packetId: 2, reasonCode: 0x97 },
    )
    expect(await Promise.all(all.map(outcome))).toEqual(['PUBLISH_REFUSED', 'PUBLISH_REFUSED'])
    server.last.destroy()
    await runtime.advance(60_000)
    expect(server.last.received.map(text)).toEqual(['connect'])
  })

  const told = async (properties: object, options: ClientOptions = {}) => {
    const server = new ScriptedServer(polite({ silent: ['publish'], connack: { properties } }))
    return online(options, server)
  }

  it('[MQTT-3.2.2-11] [MQTT-3.2.2-14] nothing that the server said that it does not take', async () => {
    const { client, server } = await told({ maximumQos: 1, retainAvailable: false })
    const asked = [
      client.publish('t', 'x', { qos: 2 }),
      client.publish('t', 'x', { retain: true }),
      client.publish('t', 'ok', { qos: 1, until: 'sent' }),
    ]
    expect(await Promise.all(asked.map(outcome))).toEqual(['NOT_SUPPORTED', 'NOT_SUPPORTED', 'resolved'])
    expect(server.last.of('publish').map(text)).toEqual(['publish ok q1 #1'])
  })

  it('[MQTT-3.2.2-15] no packet larger than the Maximum Packet Size of the server', async () => {
    const { client, server } = await told({ maximumPacketSizeBytes: 40 })
    const publish = (size: number) => outcome(client.publish('t', 'x'.repeat(size), { until: 'sent' }))
    expect([await publish(34), await publish(35)]).toEqual(['resolved', 'PACKET_TOO_LARGE'])
    expect(await outcome(client.subscribe('s'.repeat(40)))).toBe('PACKET_TOO_LARGE')
    expect(await outcome(client.unsubscribe('s'.repeat(40)))).toBe('PACKET_TOO_LARGE')
    expect(server.last.received.map(({ type }) => type)).toEqual(['connect', 'publish'])
  })

  it('[MQTT-3.2.2-17] [MQTT-3.3.2-9] no Topic Alias above the maximum of the server', async () => {
    const { client, server } = await told({ topicAliasMaximum: 2 }, { topicAliases: topicAliases() })
    for (const topicName of ['aa', 'bb', 'cc', 'cc', 'aa', 'aa']) await client.publish(topicName, '')
    await settle()
    const aliases = server.last.of('publish').map(({ topicName, properties }) => [topicName, properties?.topicAlias])
    expect(aliases).toEqual([
      ['aa', 1],
      ['bb', 2],
      ['cc', 1],
      ['', 1],
      ['aa', 2],
      ['', 2],
    ])
  })

  it('[MQTT-3.2.2-18] no Topic Alias where the server says nothing of them', async () => {
    const { client, server } = await told({})
    for (const _ of [1, 2]) await client.publish('aa', '')
    await settle()
    expect(server.last.of('publish').map(({ topicName, properties }) => [topicName, properties])).toEqual([
      ['aa', undefined],
      ['aa', undefined],
    ])
  })

  it('[MQTT-3.3.4-6] no Subscription Identifier in a PUBLISH, whatever it is asked for', async () => {
    const { client, server } = await told({})
    const options = {
      subscriptionIdentifiers: [1],
      subscriptionIdentifier: 1,
      properties: { subscriptionIdentifiers: [1] },
    }
    await client.publish('t', '', { contentType: 'c', ...options })
    await settle()
    expect(server.last.of('publish')[0]?.properties).toEqual({ contentType: 'c' })
  })

  it('[MQTT-3.3.4-7] [MQTT-3.3.4-8] [MQTT-4.9.0-3] a full window delays nothing but PUBLISH packets above QoS 0', async () => {
    const { client, server } = await told({ receiveMaximum: 2 })
    for (const payload of ['1', '2', '3']) client.publish('t', payload, { qos: 2 }).catch(() => {})
    const subscribed = client.subscribe('s')
    const pinged = client.ping()
    await settle()
    expect(server.last.of('publish').map(text)).toEqual(['publish 1 q2 #1', 'publish 2 q2 #2'])
    expect(await Promise.all([subscribed, pinged].map(outcome))).toEqual(['resolved', 'resolved'])
    server.last.send({ type: 'pubrec', packetId: 1, reasonCode: 0 })
    await settle()
    expect(server.last.of('pubrel').map(text)).toEqual(['pubrel #1'])
  })

  it('[MQTT-3.8.3-4 v5.0] No Local on a Shared Subscription is refused here', async () => {
    const { client, server } = await told({})
    expect(await outcome(client.subscribe(['a', '$share/g/t'], { noLocal: true }))).toBe('INVALID_ARGUMENT')
    expect(server.last.of('subscribe')).toEqual([])
    expect(await outcome(client.subscribe('$share/g/t'))).toBe('resolved')
  })

  it.each(['$share', '$share/g', '$share//t', '$share/g/', '$share/+/t', '$share/g#/t'])(
    '[MQTT-4.8.2-1] [MQTT-4.8.2-2] the filter %s is refused here',
    async (topicFilter) => {
      const { client, server } = await told({})
      expect(await outcome(client.subscribe(topicFilter))).toBe('INVALID_ARGUMENT')
      expect(server.last.of('subscribe')).toEqual([])
    },
  )
})
