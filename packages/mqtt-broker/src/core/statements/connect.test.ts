import { describe, expect, it } from 'vitest'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, connect, hex, join, packet, seen, text, watch } from '../../testing/wire.ts'

/** What a connection is answered that opens with these bytes, and whether it is closed then. */
const answered = (bytes: string, version: 4 | 5) => {
  const client = new VirtualBroker().open(version).send(bytes)
  return [client.closed, ...(version === 5 ? seen(client) : [client.receivedHex()])]
}
/** How each version is told that a CONNECT is malformed. */
const MALFORMED = { 4: [true, ''], 5: [true, 'connack 81'] } as const

describe('CONNECT, its place (§3.1.0)', () => {
  it.each([
    ['PINGREQ', 'c000'],
    ['PUBLISH', packet('30', text('a'))],
    ['SUBSCRIBE', packet('82', '0001', text('a'), '00')],
    ['DISCONNECT', 'e000'],
    ['PUBACK', '40020001'],
  ])('[MQTT-3.1.0-1 v3.1.1 v5.0] %s first closes the connection without a word', (_name, bytes) => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const client = broker.open(version).send(bytes + connect(version))
      expect([client.closed, client.receivedHex()]).toEqual([true, ''])
      expect(broker.core.counters.connectsAccepted).toBe(0)
    }
  })

  it('[MQTT-3.1.0-2 v3.1.1 v5.0] a second CONNECT ends it: told in 5.0, and nothing behind it is done', () => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const watcher = watch(broker, 't')
      const client = join(broker, 'a', { version })
      client.send(connect(version) + packet('30', text('t'), version === 5 ? '00' : '', '78'))
      expect([client.closed, ...seen(client)]).toEqual(version === 5 ? [true, 'disconnect 82'] : [true])
      expect(seen(watcher)).toEqual([])
    }
  })
})

describe('CONNECT, its variable header (§3.1.2)', () => {
  it.each(['MQTX', 'mqtt', 'MQTTT', ''])('[MQTT-3.1.2-1 v3.1.1 v5.0] the name %j is not taken', (name) => {
    for (const version of BOTH) expect(answered(connect(version, { name: text(name) }), 4)).toEqual([true, ''])
  })

  it.each([0, 1, 2, 3, 0x84])('[MQTT-3.1.2-2 v3.1.1] Protocol Level %i gets Return Code 1, and the end', (level) => {
    expect(answered(connect(4, { level: hex(level) }), 4)).toEqual([true, '20020001'])
  })

  it.each([6, 7, 0x7f])('[MQTT-3.1.2-2 v5.0] Protocol Level %i gets Reason Code 0x84, and the end', (level) => {
    expect(answered(connect(5, { level: hex(level) }), 5)).toEqual([true, 'connack 84'])
  })

  it('[MQTT-3.1.2-3 v3.1.1 v5.0] the reserved Connect Flag has to be 0', () => {
    for (const version of BOTH) expect(answered(connect(version, { flags: '03' }), version)).toEqual(MALFORMED[version])
  })

  /** Flags and payload that contradict each other, in 3.1.1; 5.0 differs by the empty properties of a Will. */
  const will = (version: 4 | 5) => (version === 5 ? '00' : '') + text('w') + text('m')
  it.each<[string, (version: 4 | 5) => { flags: string; payload: string }]>([
    ['[MQTT-3.1.2-9 v3.1.1 v5.0] Will Flag 1 without Will fields', () => ({ flags: '06', payload: text('a') })],
    [
      '[MQTT-3.1.2-9 v3.1.1 v5.0] Will Flag 1 without a Will Payload',
      (version) => ({ flags: '06', payload: text('a') + (version === 5 ? '00' : '') + text('w') }),
    ],
    [
      '[MQTT-3.1.2-11 v3.1.1] Will Flag 0 with Will fields',
      (version) => ({ flags: '02', payload: text('a') + will(version) }),
    ],
    [
      '[MQTT-3.1.2-11 v3.1.1 v5.0] [MQTT-3.1.2-13 v3.1.1] Will Flag 0 with Will QoS 1',
      () => ({ flags: '0a', payload: text('a') }),
    ],
    [
      '[MQTT-3.1.2-15 v3.1.1] [MQTT-3.1.2-13 v5.0] Will Flag 0 with Will Retain',
      () => ({ flags: '22', payload: text('a') }),
    ],
    [
      '[MQTT-3.1.2-14 v3.1.1] [MQTT-3.1.2-12 v5.0] Will QoS 3',
      (version) => ({ flags: '1e', payload: text('a') + will(version) }),
    ],
    [
      '[MQTT-3.1.2-18 v3.1.1] [MQTT-3.1.2-16 v5.0] User Name Flag 0 with a User Name',
      () => ({ flags: '02', payload: text('a') + text('u') }),
    ],
    [
      '[MQTT-3.1.2-19 v3.1.1] [MQTT-3.1.2-17 v5.0] User Name Flag 1 without a User Name',
      () => ({ flags: '82', payload: text('a') }),
    ],
    [
      '[MQTT-3.1.2-20 v3.1.1] [MQTT-3.1.2-18 v5.0] Password Flag 0 with a Password',
      () => ({ flags: '82', payload: text('a') + text('u') + text('p') }),
    ],
    [
      '[MQTT-3.1.2-21 v3.1.1] [MQTT-3.1.2-19 v5.0] Password Flag 1 without a Password',
      () => ({ flags: 'c2', payload: text('a') + text('u') }),
    ],
  ])('%s is refused', (_title, parts) => {
    for (const version of BOTH) {
      expect([version, ...answered(connect(version, parts(version)), version)]).toEqual([
        version,
        ...MALFORMED[version],
      ])
    }
  })

  it('[MQTT-3.1.2-22 v3.1.1] a Password needs a User Name in 3.1.1, and not in 5.0', () => {
    const payload = text('a') + text('p')
    expect(answered(connect(4, { flags: '42', payload }), 4)).toEqual(MALFORMED[4])
    expect(answered(connect(5, { flags: '42', payload }), 5)).toEqual([false, 'connack 0'])
  })

  it('[MQTT-3.1.2-24 v3.1.1] [MQTT-3.1.2-22 v5.0] closes after one and a half times the Keep Alive, not before', () => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const client = broker.open(version).send(connect(version, { keepAlive: '000a' }))
      client.bytes = []
      broker.pass(14_999)
      client.send('c000')
      broker.pass(14_999)
      expect([client.closed, client.receivedHex()]).toEqual([false, 'd000'])
      broker.pass(1)
      expect([client.closed, ...seen(client)]).toEqual(version === 5 ? [true, 'disconnect 8d'] : [true])
    }
  })

  it('[MQTT-3.1.2-24 v3.1.1] [MQTT-3.1.2-22 v5.0] a Keep Alive of 0 is none', () => {
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      const client = broker.open(version).send(connect(version))
      broker.pass(1_000_000_000)
      expect(client.closed).toBe(false)
    }
  })
})

describe('CONNECT, its payload (§3.1.3)', () => {
  const order = (version: 4 | 5) =>
    text('id') + (version === 5 ? '00' : '') + text('w') + text('m') + text('u') + text('p')

  it('[MQTT-3.1.3-1 v3.1.1 v5.0] is read in the order of the specification', () => {
    for (const version of BOTH) {
      const asked: unknown[] = []
      const authenticate = (_ticket: number, { clientId, username, password }: Record<string, unknown>) => {
        asked.push([clientId, username, String.fromCharCode(...((password ?? []) as number[]))])
        return true
      }
      const broker = new VirtualBroker({ edges: { authenticate: authenticate as never } })
      const watcher = watch(broker, 'w')
      asked.length = 0
      const client = broker.open(version).send(connect(version, { flags: 'c6', payload: order(version) }))
      expect(client.receivedHex().startsWith(version === 4 ? '20020000' : '20')).toBe(true)
      expect(asked).toEqual([['id', 'u', 'p']])
      client.cut()
      expect(seen(watcher)).toEqual(['publish w m q0'])
    }
  })

  it('[MQTT-3.1.3-3 v3.1.1 v5.0] the Client Identifier is there', () => {
    for (const version of BOTH) expect(answered(connect(version, { payload: '' }), version)).toEqual(MALFORMED[version])
  })

  it('[MQTT-3.1.3-5 v3.1.1 v5.0] 1 to 23 bytes of digits and letters are taken', () => {
    const every = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'
    for (const version of BOTH) {
      const broker = new VirtualBroker()
      for (const clientId of [...every, every.slice(0, 23), every.slice(20, 43), every.slice(-23)])
        join(broker, clientId, { version })
    }
  })

  it('[MQTT-3.1.3-6 v3.1.1] an empty one is given one of its own, and is served', () => {
    const broker = new VirtualBroker()
    const clients = [1, 2].map(() => broker.open(4).send(connect(4, { payload: '0000' })))
    for (const client of clients) {
      client.send(packet('82', '0001', text('t'), '00'))
      expect(client.receivedHex()).toBe('200200009003000100')
    }
    expect([broker.core.counters.sessions, broker.core.counters.takeovers]).toEqual([2, 0])
  })

  it('[MQTT-3.1.3-6 v5.0] [MQTT-3.1.3-7 v5.0] [MQTT-3.2.2-16] an empty one is given one of its own, and is told', () => {
    const broker = new VirtualBroker()
    const clients = [1, 2].map(() => broker.open(5).send(connect(5, { payload: '0000' })))
    const ids = clients.map((client) => {
      const [connack] = client.received()
      return connack?.type === 'connack' ? connack.properties?.assignedClientId : undefined
    })
    expect(ids[0]).toMatch(/^godwit-[0-9a-f]{32}$/)
    expect(ids[1]).not.toBe(ids[0])
    // It is the Client Identifier from here on: whoever connects with it takes the Session over.
    broker.connect(ids[0] ?? '')
    expect([clients[0]?.closed, clients[1]?.closed]).toEqual([true, false])
  })

  it('[MQTT-3.1.3-7 v3.1.1] [MQTT-3.1.3-8 v3.1.1] an empty one with CleanSession 0 gets Return Code 2, and the end', () => {
    expect(answered(connect(4, { flags: '00', payload: '0000' }), 4)).toEqual([true, '20020002'])
  })

  it('[MQTT-3.1.3-9 v3.1.1] [MQTT-3.1.3-8 v5.0] one that is refused gets 2 or 0x85, and the end', () => {
    const payload = text('x'.repeat(257))
    expect(answered(connect(4, { payload }), 4)).toEqual([true, '20020002'])
    expect(answered(connect(5, { payload }), 5)).toEqual([true, 'connack 85'])
  })

  const bad = '0002c328'
  it.each<[string, (version: 4 | 5) => { flags?: string; payload: string }, string]>([
    ['[MQTT-3.1.3-4 v3.1.1 v5.0] the Client Identifier', () => ({ payload: bad }), '81'],
    [
      '[MQTT-3.1.3-10 v3.1.1] [MQTT-3.1.3-11 v5.0] the Will Topic',
      (version) => ({ flags: '06', payload: text('a') + (version === 5 ? '00' : '') + bad + text('m') }),
      '81',
    ],
    ['[MQTT-3.1.3-11 v3.1.1] [MQTT-3.1.3-12] the User Name', () => ({ flags: '82', payload: text('a') + bad }), '81'],
  ])('%s is well-formed UTF-8', (_title, parts, code) => {
    expect(answered(connect(4, parts(4)), 4)).toEqual([true, ''])
    expect(answered(connect(5, parts(5)), 5)).toEqual([true, `connack ${code}`])
  })
})
