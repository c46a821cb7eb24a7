import { describe, expect, it } from 'vitest'
import type { ClientInfo } from '../ports/client-info.ts'
import type { Interceptor, Message } from '../ports/interceptor.ts'
import type { Observer } from '../ports/observer.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualBrokerOptions, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)

/** A subscriber to everything and a publisher, both past their handshake. */
const pair = (options: VirtualBrokerOptions) => {
  const broker = new VirtualBroker(options)
  const subscriber = broker.connect('s').send(subscribeTo('#', { qos: 2 }))
  const publisher = broker.connect('p')
  subscriber.received()
  publisher.received()
  return { broker, subscriber, publisher }
}

describe('rights', () => {
  it('I19: a PUBLISH without the right is acknowledged with 0x87 and dropped; 3.1.1 gets a plain acknowledgement', () => {
    const { broker, subscriber, publisher } = pair({
      edges: { authorizePublish: (_client, topicName) => topicName !== 'no' },
    })
    for (const packetId of [1, 2]) publisher.send(message('no', 'x', { qos: packetId as 1 | 2, packetId }))
    publisher.send(message('no', 'x')).send(message('yes', 'x', { qos: 1, packetId: 3 }))
    expect(seen(publisher)).toEqual(['puback #1 87', 'pubrec #2 87', 'puback #3 0'])
    const old = broker.connect('old', { version: 4 }).send(message('no', 'x', { qos: 2, packetId: 4 }))
    old.send({ type: 'pubrel', packetId: 4, reasonCode: 0 })
    expect(seen(old)).toEqual(['connack 0', 'pubrec #4 0', 'pubcomp #4 0'])
    expect(seen(subscriber)).toEqual(['publish yes x q1 #1'])
    expect(broker.core.counters.messagesDropped['not-authorized']).toBe(4)
  })

  it('[MQTT-4.3.3-9] hostile #145: a refused QoS 2 identifier is free: the same one is a new message', () => {
    let allowed = false
    const { subscriber, publisher } = pair({ edges: { authorizePublish: () => allowed } })
    publisher.send(message('a', 'first', { qos: 2, packetId: 1 }))
    allowed = true
    publisher.send(message('b', 'second', { qos: 2, packetId: 1 }))
    expect(seen(publisher)).toEqual(['pubrec #1 87', 'pubrec #1 0'])
    expect(seen(subscriber)).toEqual(['publish b second q2 #1'])
  })

  it('the connection is closed instead, where the settings say so', () => {
    const { publisher } = pair({ edges: { authorizePublish: () => false }, settings: { publishDenied: 'disconnect' } })
    expect(seen(publisher.send(message('t', 'x')))).toEqual(['disconnect 87'])
  })

  it('is asked for once per topic, and anything but true is a no', () => {
    let asked = 0
    const promise = (): boolean => {
      asked++
      return Promise.resolve(true) as unknown as boolean
    }
    const { subscriber, publisher } = pair({ edges: { authorizePublish: promise } })
    for (const topicName of ['a', 'a', 'b', 'a']) publisher.send(message(topicName, 'x'))
    expect([asked, seen(subscriber)]).toEqual([2, []])
    const throwing = pair({
      edges: {
        authorizePublish: () => {
          throw new TypeError('broken')
        },
      },
    })
    throwing.publisher.send(message('t', 'x'))
    expect(seen(throwing.subscriber)).toEqual([])
  })

  it('remembers many topics without keeping all of them', () => {
    let asked = 0
    const { publisher } = pair({ edges: { authorizePublish: () => ++asked > 0 } })
    for (let topic = 0; topic < 200; topic++) publisher.send(message(`t${topic}`, 'x'))
    expect(asked).toBe(200)
  })

  it('hostile #98: what may no longer be received is not, live, queued or resent, and subscriptions end', () => {
    let allowed = true
    const grant = { canReceive: () => allowed, canSubscribe: () => allowed }
    const broker = new VirtualBroker({ edges: { authenticate: () => grant } })
    const options = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60, receiveMaximum: 1 } }
    const subscriber = broker.connect('s', options).send(subscribeTo('t', { qos: 1 }))
    const publisher = broker.connect('p')
    for (const packetId of [1, 2]) publisher.send(message('t', `${packetId}`, { qos: 1, packetId }))
    expect(seen(subscriber)).toEqual(['connack 0', 'suback #1 1', 'publish t 1 q1 #1'])
    allowed = false
    broker.core.handle({ type: 'grant-replaced', clientId: 's', grant }, 0)
    expect(broker.core.counters.subscriptions).toBe(0)
    subscriber.cut()
    expect(seen(broker.connect('s', options))).toEqual(['connack 0 present'])
    expect(broker.core.counters.messagesDropped['not-authorized']).toBe(2)
    expect(broker.core.counters.queuedMessages).toBe(0)
  })

  it('rights that changed behind the Grants are asked for again of every Session, connected or not', () => {
    const allowed = new Set(['t', 'u'])
    const may = (topic: string) => allowed.has(topic)
    const grant = () => ({ canPublish: may, canReceive: may, canSubscribe: may })
    const broker = new VirtualBroker({ edges: { authenticate: grant } })
    const options = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 60 } }
    const asleep = broker.connect('asleep', options)
    asleep.send(subscribeTo('t', { qos: 1 }))
    asleep.send(subscribeTo('u', { qos: 1 }))
    asleep.cut()
    const publisher = broker.connect('p')
    publisher.send(message('t', 'kept', { qos: 1, packetId: 1 }))
    allowed.delete('t')
    broker.core.handle({ type: 'rights-changed' }, 0)
    expect(broker.core.counters.subscriptions).toBe(1)
    publisher.send(message('t', 'no', { qos: 1, packetId: 2 }))
    publisher.send(message('u', 'yes', { qos: 1, packetId: 3 }))
    expect(seen(publisher).slice(1)).toEqual(['puback #1 0', 'puback #2 87', 'puback #3 0'])
    expect(seen(broker.connect('asleep', options))).toEqual(['connack 0 present', 'publish u yes q1 #1'])
  })

  it('a password that an authenticator looks at later is still the one that was sent', () => {
    let password: Uint8Array | undefined
    const authenticate = (_ticket: number, request: { password?: Uint8Array }): undefined =>
      void (password = request.password)
    const broker = new VirtualBroker({ edges: { authenticate } })
    broker.connect('a', { username: 'u', password: Uint8Array.of(1, 2, 3) })
    broker.connect('b', { username: 'u' })
    broker.connect('c', { username: 'u', password: Uint8Array.of(4, 5, 6) })
    expect([...(password ?? [])]).toEqual([4, 5, 6])
  })

  it('a Grant that is replaced is asked again, also about the topic of the last message', () => {
    const broker = new VirtualBroker()
    const publisher = broker.connect('p')
    const send = (packetId: number) => publisher.send(message('t', 'x', { qos: 1, packetId }))
    broker.core.handle({ type: 'grant-replaced', clientId: 'p', grant: { canPublish: () => true } }, 0)
    send(1)
    broker.core.handle({ type: 'grant-replaced', clientId: 'p', grant: { canPublish: () => false } }, 0)
    send(2)
    expect(seen(publisher).slice(1)).toEqual(['puback #1 10', 'puback #2 87'])
  })

  it('an authenticator refuses with its own Reason Code', () => {
    const broker = new VirtualBroker({ edges: { authenticate: () => ({ reasonCode: 0x8a, reasonString: 'banned' }) } })
    expect(seen(broker.connect('a'))).toEqual(['connack 8a'])
    expect(broker.core.counters.unauthenticatedConnections).toBe(0)
  })
})

describe('interceptors', () => {
  const of = (publish: NonNullable<Interceptor['publish']>): Interceptor => ({ name: 'test', publish })

  it('refuse with a Reason Code, and a throw refuses', () => {
    const refusing = pair({
      interceptors: [of((_client, { topicName }) => (topicName === 'no' ? { reasonCode: 0x83 } : undefined))],
    })
    refusing.publisher.send(message('no', 'x', { qos: 1, packetId: 1 })).send(message('yes', 'x'))
    expect([seen(refusing.publisher), seen(refusing.subscriber)]).toEqual([['puback #1 83'], ['publish yes x q0']])
    const throwing = pair({
      interceptors: [
        of(() => {
          throw new TypeError('broken')
        }),
      ],
    })
    throwing.publisher.send(message('t', 'x', { qos: 1, packetId: 1 }))
    expect(seen(throwing.publisher)).toEqual(['puback #1 83'])
  })

  it('rewrite, in order, and rights are checked after rewrites', () => {
    const rewrite = of((_client, each: Message) => ({
      ...each,
      topicName: `${each.topicName}/x`,
      payload: Uint8Array.of(0x79),
    }))
    const edges = { authorizePublish: (_client: ClientInfo, topicName: string) => topicName === 'a/x/x' }
    const { subscriber, publisher } = pair({ interceptors: [rewrite, rewrite], edges })
    publisher.send(message('a', 'x', { qos: 1, packetId: 1 })).send(message('b', 'x', { qos: 1, packetId: 2 }))
    expect(seen(subscriber)).toEqual(['publish a/x/x y q1 #1'])
    expect(seen(publisher)).toEqual(['puback #1 0', 'puback #2 87'])
  })

  it('a rewrite to something that is no Topic Name is refused', () => {
    const { subscriber, publisher } = pair({ interceptors: [of((_client, each) => ({ ...each, topicName: 'a/#' }))] })
    publisher.send(message('a', 'x', { qos: 1, packetId: 1 }))
    expect([seen(publisher), seen(subscriber)]).toEqual([['puback #1 83'], []])
  })

  it('rewrite and refuse subscriptions', () => {
    const subscribe = (_client: ClientInfo, filter: string) =>
      filter === 'no' ? { reasonCode: 0x87 } : `mine/${filter}`
    const broker = new VirtualBroker({ interceptors: [{ name: 'test', subscribe }] })
    const client = broker
      .connect('s')
      .send(subscribeTo('t'))
      .send(subscribeTo('no', { packetId: 2 }))
    client.send(message('t', 'x')).send(message('mine/t', 'y'))
    expect(seen(client)).toEqual(['connack 0', 'suback #1 0', 'suback #2 87', 'publish mine/t y q0'])
  })
})

describe('observers', () => {
  it('see clients come and go, and each message published, delivered and dropped with its reason', () => {
    const told: string[] = []
    const observer: Observer = {
      clientConnected: ({ clientId }) => told.push(`connected ${clientId}`),
      clientGone: ({ clientId }, reasonCode) => told.push(`gone ${clientId} ${reasonCode.toString(16)}`),
      clientRefused: (clientId, reasonCode) => told.push(`refused ${clientId} ${reasonCode.toString(16)}`),
      messagePublished: (client, { topicName }) => told.push(`published ${client?.clientId} ${topicName}`),
      messageDelivered: (clientId, { topicName, properties }) =>
        told.push(`delivered ${clientId} ${topicName} ${properties?.contentType}`),
      messageDropped: (clientId, { topicName }, reason) => told.push(`dropped ${clientId} ${topicName} ${reason}`),
    }
    const broker = new VirtualBroker({
      observers: [observer],
      edges: { authenticate: (_ticket, { clientId }) => clientId !== 'x' },
    })
    broker.connect('x')
    const client = broker.connect('a').send(subscribeTo('t'))
    client.send(message('t', 'x', { properties: { contentType: 'text' } })).send(message('$SYS/t', 'x'))
    client.cut()
    expect(told).toEqual([
      'refused x 87',
      'connected a',
      'published a t',
      'delivered a t text',
      'dropped a $SYS/t not-authorized',
      'gone a 80',
    ])
  })

  it('one that throws disturbs nobody', () => {
    let told = 0
    const { subscriber, publisher } = pair({
      observers: [
        {
          messagePublished: () => {
            throw new TypeError('broken')
          },
        },
        { messagePublished: () => told++ },
      ],
    })
    publisher.send(message('t', 'x'))
    expect([seen(subscriber), told]).toEqual([['publish t x q0'], 1])
  })
})
