import type { Packet } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import type {
  AuthenticationMechanism,
  AuthenticationRequest,
  AuthenticationStep,
} from '../ports/authentication-mechanism.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const byte = (value: number | undefined): Uint8Array | undefined =>
  value === undefined ? undefined : Uint8Array.of(value)

type Answer = (
  data: number | undefined,
  request: AuthenticationRequest,
) => AuthenticationStep | Promise<AuthenticationStep>

/** A method `M`, whose data are single bytes. */
const mechanism = (answer: Answer, requests: AuthenticationRequest[] = []): AuthenticationMechanism => ({
  name: 'M',
  begin: (request) => {
    requests.push(request)
    return { step: (data) => answer(data?.[0], request) }
  },
})

const goOn = (data?: number): AuthenticationStep => ({
  type: 'continue',
  ...(data !== undefined && { data: byte(data)! }),
})
const done = (data?: number, principal = 'user'): AuthenticationStep => ({
  type: 'success',
  grant: { principal },
  ...(data !== undefined && { data: byte(data)! }),
})
const no: AuthenticationStep = { type: 'refused', reasonCode: 0x87 }

/** 1 is answered with 2, 3 with success and 4, anything else refused. */
const twoRounds: Answer = (data) => (data === 1 ? goOn(2) : data === 3 ? done(4) : no)

const auth = (reasonCode: number, data?: number, authenticationMethod = 'M'): Packet => ({
  type: 'auth',
  reasonCode,
  properties: { authenticationMethod, ...(data !== undefined && { authenticationData: byte(data)! }) },
})
const method = (data?: number) => ({
  properties: { authenticationMethod: 'M', ...(data !== undefined && { authenticationData: byte(data)! }) },
})

/** With nothing told that could be left out, so that the bytes are those of the exchange. */
const plain = { limits: { receiveMaximum: 65_535, topicAliasMaximum: 0, maximumPacketSizeBytes: 268_435_460 } } as const

const join = (answer: Answer = twoRounds, options: ConstructorParameters<typeof VirtualBroker>[0] = {}) => {
  const broker = new VirtualBroker({ mechanisms: [mechanism(answer)], ...options })
  const client = broker.connect('a', method(1))
  if (broker.core.counters.connectsAccepted === 0) client.send(auth(0x18, 3))
  client.received()
  return { broker, client }
}

describe('enhanced authentication', () => {
  it('[MQTT-4.12.0-2] [MQTT-4.12.0-5] byte for byte: CONNECT, AUTH, AUTH, CONNACK', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)], ...plain })
    const client = broker.open().send('101a 0004 4d515454 05 02 0000 08 15 0001 4d 16 0001 01 0005 68656c6c6f')
    expect(client.receivedHex()).toBe('f00a18081500014d16000102')
    client.send('f00a 18 08 15 0001 4d 16 0001 03')
    expect(client.receivedHex()).toBe('200b0000081500014d16000104')
    expect(broker.core.counters.connectsAccepted).toBe(1)
  })

  it('[MQTT-4.12.0-5] a method that is done at once: its data are in the CONNACK', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(() => done(9))], ...plain })
    const [connack] = broker.connect('a', method(1)).received()
    expect(connack).toMatchObject({
      reasonCode: 0,
      properties: { authenticationMethod: 'M', authenticationData: Uint8Array.of(9) },
    })
  })

  it('the mechanism is told who asks, and its Grant holds', () => {
    const requests: AuthenticationRequest[] = []
    const grant = { principal: 'user', canPublish: (topicName: string) => topicName === 'mine' }
    const broker = new VirtualBroker({ mechanisms: [mechanism(() => ({ type: 'success', grant }), requests)] })
    const client = broker.connect('a', { ...method(), username: 'u', password: Uint8Array.of(1) })
    client.send(message('mine', 'x', { qos: 1, packetId: 1 })).send(message('other', 'x', { qos: 1, packetId: 2 }))
    expect(seen(client).slice(1)).toEqual(['puback #1 10', 'puback #2 87'])
    expect(requests).toMatchObject([{ clientId: 'a', username: 'u', password: Uint8Array.of(1) }])
    expect(requests[0]!.principal).toBeUndefined()
    expect(broker.core.connections.values().next().value?.info.principal).toBe('user')
  })

  it('[MQTT-4.12.0-1] hostile #39: a method that is not there, and none at all', () => {
    for (const mechanisms of [[], [mechanism(twoRounds)]]) {
      const broker = new VirtualBroker({ mechanisms })
      expect(seen(broker.connect('a', { properties: { authenticationMethod: 'X' } }))).toEqual(['connack 8c'])
    }
  })

  it('[MQTT-4.12.0-4] a refusal is a CONNACK with the code of the mechanism', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(() => ({ type: 'refused', reasonCode: 0x86 }))] })
    expect(seen(broker.connect('a', method(1)))).toEqual(['connack 86'])
    expect(broker.core.counters.connectsRefused).toBe(1)
  })

  it('[MQTT-4.12.0-6] [MQTT-4.12.0-7] hostile #38: without a method in CONNECT there is no AUTH in either direction', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)] })
    const client = broker.connect('a')
    const [connack] = client.received()
    expect(connack?.type === 'connack' && connack.properties?.authenticationMethod).toBeUndefined()
    expect(seen(client.send(auth(0x19, 1)))).toEqual(['disconnect 82'])
  })

  it.each<[string, Packet | string, string[]]>([
    ['[MQTT-4.12.0-3] hostile #150: AUTH with code 0x19', auth(0x19, 3), ['connack 82']],
    ['hostile #150: AUTH with code 0x00', auth(0x00, 3), ['connack 82']],
    ['hostile #150: an empty AUTH', 'f000', ['connack 82']],
    ['[MQTT-4.12.0-5] hostile #39: AUTH with another method', auth(0x18, 3, 'N'), ['connack 82']],
    ['[MQTT-3.1.2-30] hostile #42: PUBLISH', message('t', 'x'), ['connack 82']],
    ['[MQTT-3.1.2-30] PUBACK', '40020001', ['connack 82']],
    ['[MQTT-3.1.2-30] SUBSCRIBE', subscribeTo('t'), ['connack 82']],
    ['[MQTT-3.1.2-30] PINGREQ', 'c000', ['connack 82']],
    ['[MQTT-3.1.0-2 v5.0] a second CONNECT', '100d 0004 4d515454 05 02 0000 00 0000', ['connack 82']],
    ['[MQTT-3.15.1-1] AUTH with flags', 'f10a 18 08 15 0001 4d 16 0001 03', ['connack 81']],
    ['[MQTT-3.15.2-1] AUTH with a code that is none of its own', 'f001 87', ['connack 81']],
    ['DISCONNECT', { type: 'disconnect', reasonCode: 0 }, []],
  ])('before CONNACK: %s', (_name, packet, answers) => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)] })
    const client = broker.connect('a', method(1))
    expect(seen(client)).toEqual(['auth'])
    client.send(packet)
    expect([seen(client), client.closed]).toEqual([answers, true])
    expect(broker.core.counters).toMatchObject({ sessions: 0, connections: 0, connectsRefused: 1, messagesReceived: 0 })
    expect(broker.core.counters.unauthenticatedConnections).toBe(0)
    expect(broker.core.nextDeadline()).toBe(Infinity)
  })

  it('a Will of somebody who was not let in is never published', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)] })
    const watcher = broker.connect('w').send(subscribeTo('will'))
    watcher.received()
    const will = { topicName: 'will', payload: new Uint8Array(0), qos: 0, retain: false } as const
    broker.connect('a', { ...method(1), will }).cut()
    broker.connect('a', { ...method(7), will })
    expect(seen(watcher)).toEqual([])
  })

  it('AUTH of somebody who was not let in is no longer than a CONNECT may be', () => {
    const broker = new VirtualBroker({
      mechanisms: [mechanism(twoRounds)],
      limits: { maximumConnectPacketSizeBytes: 100 },
    })
    const client = broker.connect('a', method(1)).send('f062')
    expect([seen(client), client.closed]).toEqual([['auth'], false])
    const other = broker.connect('b', method(1)).send('f063')
    expect(seen(other)).toEqual(['auth', 'connack 95'])
    const open = broker.connect('c').send('3063')
    expect(open.closed).toBe(false)
  })

  it('limit maximumAuthenticationRounds, hostile #150: eight AUTH packets of ours, not nine', () => {
    const endless = mechanism(() => goOn(1))
    const broker = new VirtualBroker({ mechanisms: [endless] })
    const client = broker.connect('a', method(1))
    for (let round = 2; round <= 8; round++) client.send(auth(0x18, 1))
    expect(seen(client)).toEqual(Array.from({ length: 8 }, () => 'auth'))
    expect(broker.core.counters.limitsMet.maximumAuthenticationRounds).toBe(0)
    expect(seen(client.send(auth(0x18, 1)))).toEqual(['connack 82'])
    expect(broker.core.counters.limitsMet.maximumAuthenticationRounds).toBe(1)
  })

  it('limit authenticationTimeoutMs: from the CONNECT on, for a Client that does not answer and a mechanism that does not', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)] })
    const client = broker.open()
    broker.pass(9_999)
    client.send({
      type: 'connect',
      protocolVersion: 5,
      clientId: 'a',
      cleanStart: true,
      keepAliveSeconds: 0,
      ...method(1),
    })
    broker.pass(9_999)
    expect(seen(client)).toEqual(['auth'])
    broker.pass(1)
    expect(seen(client)).toEqual(['connack 87'])
    const hanging = new VirtualBroker({ mechanisms: [mechanism(async () => new Promise(() => {}))] })
    const waiting = hanging.connect('a', method(1))
    hanging.pass(10_000)
    expect(seen(waiting)).toEqual(['connack 88'])
    expect([broker, hanging].map(({ core }) => core.counters.authenticationTimeouts)).toEqual([1, 1])
  })

  it('hostile #127: a mechanism that throws or rejects refuses with 0x88, and the broker lives', async () => {
    const fail = () => {
      throw new TypeError('broken')
    }
    const throwing = new VirtualBroker({ mechanisms: [mechanism(fail)] })
    expect(seen(throwing.connect('a', method(1)))).toEqual(['connack 88'])
    const beginning = new VirtualBroker({ mechanisms: [{ name: 'M', begin: fail }] })
    expect(seen(beginning.connect('a', method(1)))).toEqual(['connack 88'])
    const rejecting = new VirtualBroker({ mechanisms: [mechanism(async () => fail())] })
    const client = rejecting.connect('a', method(1))
    await Promise.resolve()
    await Promise.resolve()
    await Promise.resolve()
    expect(seen(client)).toEqual(['connack 88'])
  })

  it('a code that may not stand in a CONNACK becomes an unspecified error', () => {
    for (const reasonCode of [0x00, 0x8e, 0xff]) {
      const broker = new VirtualBroker({ mechanisms: [mechanism(() => ({ type: 'refused', reasonCode }))] })
      expect(seen(broker.connect('a', method(1)))).toEqual(['connack 80'])
    }
  })

  it('an answer that comes after the connection has gone is ignored', async () => {
    let settle: (step: AuthenticationStep) => void = () => {}
    const broker = new VirtualBroker({
      mechanisms: [mechanism(async () => new Promise((resolve) => (settle = resolve)))],
    })
    const client = broker.connect('a', method(1))
    client.cut()
    settle(done())
    await Promise.resolve()
    await Promise.resolve()
    expect(broker.core.counters).toMatchObject({ sessions: 0, connectsAccepted: 0 })
  })
})

describe('re-authentication', () => {
  it('[MQTT-4.12.1-1] byte for byte: AUTH 0x19, AUTH 0x18, AUTH 0x18, AUTH 0x00; everything else goes on meanwhile', () => {
    const { broker, client } = join(twoRounds, plain)
    client.send('f00a 19 08 15 0001 4d 16 0001 01')
    expect(client.receivedHex()).toBe('f00a18081500014d16000102')
    client.send(message('t', 'x', { qos: 1, packetId: 5 }))
    expect(seen(client)).toEqual(['puback #5 10'])
    client.send('f00a 18 08 15 0001 4d 16 0001 03')
    expect(client.receivedHex()).toBe('f00a00081500014d16000104')
    expect(broker.core.counters.reauthentications).toBe(1)
    expect(broker.core.nextDeadline()).toBe(Infinity)
  })

  it('the rights of the new Grant hold from then on', () => {
    let allowed = true
    const answer: Answer = (_data, { principal }) => ({
      type: 'success',
      grant: { principal: principal ?? 'user', canSubscribe: () => allowed },
    })
    const { broker, client } = join(answer)
    client.send(subscribeTo('t'))
    allowed = false
    client.send(auth(0x19, 1))
    expect(client.received().map(summary)).toEqual(['suback #1 0', 'auth'])
    expect(broker.core.counters.subscriptions).toBe(0)
  })

  it('[MQTT-4.12.1-2] hostile #150: a failure ends the connection with 0x87, and the Session stays', () => {
    const broker = new VirtualBroker({ mechanisms: [mechanism(twoRounds)] })
    const properties = { ...method(1).properties, sessionExpiryIntervalSeconds: 60 }
    const client = broker.connect('a', { properties }).send(auth(0x18, 3))
    expect(seen(client.send(auth(0x19, 9)))).toEqual(['auth', 'connack 0', 'disconnect 87'])
    expect(broker.core.counters).toMatchObject({ sessions: 1, reauthenticationsRefused: 1 })
  })

  it('as somebody else is refused: the Session belongs to its principal', () => {
    let principal = 'user'
    const { client } = join(() => done(undefined, principal))
    principal = 'other'
    expect(seen(client.send(auth(0x19, 1)))).toEqual(['disconnect 87'])
  })

  it.each<[string, Packet[]]>([
    ['[MQTT-4.12.1-1] hostile #39: with another method', [auth(0x19, 1, 'N')]],
    ['hostile #150: that begins with 0x18', [auth(0x18, 1)]],
    ['that begins with 0x00', [auth(0x00, 1)]],
    ['that begins twice', [auth(0x19, 1), auth(0x19, 1)]],
  ])('%s is a Protocol Error', (_name, packets) => {
    const { broker, client } = join()
    for (const packet of packets) client.send(packet)
    expect(seen(client).at(-1)).toBe('disconnect 82')
    expect(broker.core.nextDeadline()).toBe(Infinity)
  })

  it('limit authenticationTimeoutMs: a Client that begins one and does not go on', () => {
    const { broker, client } = join()
    client.send(auth(0x19, 1))
    broker.pass(9_999)
    expect(seen(client)).toEqual(['auth'])
    broker.pass(1)
    expect(seen(client)).toEqual(['disconnect 87'])
    expect(broker.core.counters.authenticationTimeouts).toBe(1)
  })

  it('limit maximumAuthenticationRounds: holds here too', () => {
    let first = true
    const { broker, client } = join(() => (first ? ((first = false), done()) : goOn(1)), {
      limits: { maximumAuthenticationRounds: 2 },
    })
    client.send(auth(0x19, 1)).send(auth(0x18, 1))
    expect(seen(client)).toEqual(['auth', 'auth'])
    expect(seen(client.send(auth(0x18, 1)))).toEqual(['disconnect 82'])
    expect(broker.core.counters.limitsMet.maximumAuthenticationRounds).toBe(1)
  })
})
