import { once } from 'node:events'
import { connect as connectTcp } from 'node:net'
import { StreamDecoder, encode, type Packet } from '@godwit/mqtt-codec'
import { memoryPair } from '@godwit/mqtt-transport/memory'
import { describe, expect, it } from 'vitest'
import { createScramCredentials, scramSha256 } from '../auth/index.ts'
import { type Broker, BrokerError, createBroker, type Logger } from '../index.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import type { BrokerOptions } from '../api/options.ts'

/** A raw Client over a stream in memory that waits for what it is to receive. */
class RawClient {
  readonly #near
  readonly #decoder = new StreamDecoder({ version: 5 })
  readonly #packets: string[] = []
  #changed: () => void = () => {}
  readonly closed: Promise<void>

  constructor(broker: Broker) {
    const [near, far] = memoryPair()
    this.#near = near
    let closed = () => {}
    this.closed = new Promise((resolve) => (closed = resolve))
    near.open({
      onData: (chunk) => {
        this.#decoder.push(chunk, (packet) => this.#packets.push(summary(packet)))
        this.#changed()
      },
      onDrain() {},
      onClose: () => closed(),
    })
    broker.attach(far)
  }

  send(packet: Packet): this {
    this.#near.write(encode(packet, 5))
    return this
  }

  async receives(count: number): Promise<string[]> {
    while (this.#packets.length < count) await new Promise<void>((resolve) => (this.#changed = resolve))
    return this.#packets.splice(0)
  }
}

const join = async (broker: Broker, clientId: string): Promise<RawClient> => {
  const client = new RawClient(broker)
  client.send({ type: 'connect', protocolVersion: 5, clientId, cleanStart: true, keepAliveSeconds: 60 })
  expect(await client.receives(1)).toEqual(['connack 0'])
  return client
}

describe('createBroker', () => {
  it('publishes as the embedding program, to streams that were attached', async () => {
    await using broker = createBroker()
    const client = await join(broker, 'a')
    client.send(subscribeTo('t', { qos: 1 }))
    await client.receives(1)
    await broker.publish({ topicName: 't', payload: 'text' })
    await broker.publish({ topicName: 't', payload: Uint8Array.of(0x78), qos: 1, retain: true })
    expect(await client.receives(2)).toEqual(['publish t text q0', 'publish t x q1 #1'])
    expect(broker.counters.retainedMessages).toBe(1)
  })

  it('lists Clients, disconnects one, and gives another rights', async () => {
    await using broker = createBroker()
    const [one, other] = [await join(broker, 'one'), await join(broker, 'other')]
    expect(broker.clients().map(({ clientId, keepAliveSeconds }) => [clientId, keepAliveSeconds])).toEqual([
      ['one', 60],
      ['other', 60],
    ])
    expect([broker.disconnect('one'), broker.disconnect('nobody')]).toEqual([true, false])
    expect(await one.receives(1)).toEqual(['disconnect 98'])
    await one.closed
    broker.replaceGrant('other', { canPublish: () => false })
    other.send(message('t', 'x', { qos: 1, packetId: 1 }))
    expect(await other.receives(1)).toEqual(['puback #1 87'])
  })

  it('disconnects with a code of a DISCONNECT only, and sends Clients elsewhere until that is taken back', async () => {
    await using broker = createBroker()
    const one = await join(broker, 'one')
    for (const reasonCode of [0, 0x04, 0x85, 0x100]) {
      expect(() => broker.disconnect('one', reasonCode)).toThrow(BrokerError)
    }
    broker.redirect('other:1883', { moved: true })
    expect(await one.receives(1)).toEqual(['disconnect 9d'])
    broker.redirect('other:1883')
    const hello = {
      type: 'connect',
      protocolVersion: 5,
      clientId: 'two',
      cleanStart: true,
      keepAliveSeconds: 0,
    } as const
    expect(await new RawClient(broker).send(hello).receives(1)).toEqual(['connack 9c'])
    broker.redirect(undefined)
    await join(broker, 'two')
  })

  it('asks mechanisms of enhanced authentication, and takes each name once', async () => {
    const credentials = await createScramCredentials('pencil')
    const mechanism = scramSha256({ credentials: async () => credentials })
    expect(() => createBroker({ mechanisms: [mechanism, mechanism] })).toThrow(BrokerError)
    await using broker = createBroker({ mechanisms: [mechanism], authenticate: () => false })
    const hello = (authenticationMethod?: string): Packet => ({
      type: 'connect',
      protocolVersion: 5,
      clientId: 'a',
      cleanStart: true,
      keepAliveSeconds: 0,
      ...(authenticationMethod !== undefined && {
        properties: { authenticationMethod, authenticationData: Buffer.from('n,,n=user,r=abc') },
      }),
    })
    expect(await new RawClient(broker).send(hello()).receives(1)).toEqual(['connack 87'])
    expect(await new RawClient(broker).send(hello('PLAIN')).receives(1)).toEqual(['connack 8c'])
    const client = new RawClient(broker).send(hello('SCRAM-SHA-256'))
    expect(await client.receives(1)).toEqual(['auth'])
    const properties = { authenticationMethod: 'SCRAM-SHA-256', authenticationData: Buffer.from('c=biws,r=x,p=AAAA') }
    client.send({ type: 'auth', reasonCode: 0x18, properties })
    expect(await client.receives(1)).toEqual(['connack 87'])
  })

  it('closes in order: Clients are told, sockets and timers are gone, and nothing can be done with it after', async () => {
    const broker = createBroker()
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const client = await join(broker, 'a')
    const socket = connectTcp(port, '127.0.0.1')
    await once(socket, 'connect')
    const ended = once(socket, 'close')
    await Promise.all([broker.close(), broker.close()])
    expect(await client.receives(1)).toEqual(['disconnect 8b'])
    await ended
    await expect(broker.listen('mqtt://127.0.0.1:0')).rejects.toMatchObject({ code: 'BROKER_CLOSED' })
    await expect(broker.publish({ topicName: 't', payload: '' })).rejects.toMatchObject({ code: 'BROKER_CLOSED' })
    expect(broker.counters.connections).toBe(0)
  })

  it('waits for authenticators and authorizers that take their time, and a failure is a no', async () => {
    const logged: string[] = []
    const logger: Logger = { debug() {}, info() {}, warn() {}, error: (_fields, text) => logged.push(text) }
    const later = <Value>(value: Value) => new Promise<Value>((resolve) => setImmediate(() => resolve(value)))
    const connack = async (options: BrokerOptions): Promise<string[]> => {
      await using broker = createBroker({ logger, ...options })
      const client = new RawClient(broker)
      client.send({ type: 'connect', protocolVersion: 5, clientId: 'a', cleanStart: true, keepAliveSeconds: 0 })
      return await client.receives(1)
    }
    expect(await connack({ authenticate: () => later(true) })).toEqual(['connack 0'])
    expect(await connack({ authenticate: () => later(false) })).toEqual(['connack 87'])
    expect(await connack({ authenticate: () => Promise.reject(new TypeError('down')) })).toEqual(['connack 88'])
    expect(
      await connack({
        authenticate: () => {
          throw new TypeError('down')
        },
      }),
    ).toEqual(['connack 88'])
    expect(logged).toEqual(['the authenticator failed: refused', 'the authenticator failed: refused'])
    const answers: Record<string, () => boolean | Promise<boolean>> = {
      now: () => true,
      later: () => later(true),
      no: () => later(false),
      failing: () => Promise.reject(new TypeError('down')),
      throwing: () => {
        throw new TypeError('down')
      },
    }
    await using broker = createBroker({ authorizeSubscribe: (_client, filter) => answers[filter]!() })
    const client = await join(broker, 'a')
    for (const [place, filter] of Object.keys(answers).entries())
      client.send(subscribeTo(filter, { packetId: place + 1 }))
    expect(await client.receives(5)).toEqual([
      'suback #1 0',
      'suback #2 0',
      'suback #3 87',
      'suback #4 87',
      'suback #5 87',
    ])
  })

  it('hostile #105: refuses sockets beyond its limits', async () => {
    await using broker = createBroker({ limits: { maximumUnauthenticatedConnectionsPerAddress: 2 } })
    const { port } = await broker.listen('mqtt://127.0.0.1:0')
    const sockets = Array.from({ length: 3 }, () => connectTcp(port, '127.0.0.1'))
    await Promise.race(sockets.map((socket) => once(socket, 'close')))
    expect(broker.counters.connectionsRefused).toBe(1)
    for (const socket of sockets) socket.destroy()
  })

  it('closes though a stream that was attached said that it is closed as soon as somebody listened', async () => {
    const broker = createBroker()
    const [near, stream] = memoryPair()
    let isOpen = false
    broker.attach({
      peer: stream.peer,
      bufferedBytes: 0,
      open(handler) {
        isOpen = true
        handler.onClose({ clean: true })
      },
      write: () => true,
      writeAll: () => true,
      pause() {},
      resume() {},
      end() {},
      destroy() {},
    })
    await broker.ready
    await broker.close()
    expect(isOpen).toBe(true)
    near.destroy()
  })

  it('says what is wrong with a limit, an address, TLS without a certificate and a topic', async () => {
    await using broker = createBroker()
    expect(() => createBroker({ limits: { nonsense: 1 } as object })).toThrow(/no limit "nonsense"/)
    expect(() => createBroker({ limits: { maximumSessions: -1 } })).toThrow(/from 0 on/)
    for (const url of ['nonsense', 'http://127.0.0.1:1', ''])
      await expect(broker.listen(url)).rejects.toMatchObject({ code: 'INVALID_URL' })
    for (const url of ['mqtts://127.0.0.1:0', 'wss://127.0.0.1:0'])
      await expect(broker.listen(url)).rejects.toMatchObject({ code: 'TLS_OPTIONS_MISSING' })
    const error: unknown = await broker.publish({ topicName: 'a/#', payload: '' }).catch((each: unknown) => each)
    expect(BrokerError.isInstance(error) && error.code).toBe('INVALID_TOPIC_NAME')
    expect(BrokerError.isInstance(new TypeError('x'))).toBe(false)
  })
})
