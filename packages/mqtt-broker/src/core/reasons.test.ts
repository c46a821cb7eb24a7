import { describe, expect, it } from 'vitest'
import type { Refusal } from '../ports/grant.ts'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const propertiesOf = (client: VirtualClient): unknown => {
  const packet = client.received().at(-1)
  return packet !== undefined && 'properties' in packet ? packet.properties : undefined
}

const refusal: Refusal = {
  reasonCode: 0x97,
  reasonString: 'too loud',
  userProperties: [
    ['k', '2'],
    ['k', '1'],
  ],
}
const told = { reasonString: 'too loud', userProperties: refusal.userProperties }

/** Refuses every publish and every subscription. */
const refusing = (reasonStrings?: 'when-asked' | 'unless-declined' | 'never') =>
  new VirtualBroker({
    ...(reasonStrings && { settings: { reasonStrings } }),
    interceptors: [{ name: 'no', publish: () => refusal, subscribe: () => refusal }],
  })

const asking = (requestProblemInformation?: boolean) => ({
  properties: requestProblemInformation === undefined ? {} : { requestProblemInformation },
})

describe('Reason Strings and User Properties', () => {
  it.each([
    ['when-asked', [false, false, true]],
    ['unless-declined', [true, false, true]],
    ['never', [false, false, false]],
  ] as const)('[MQTT-3.1.2-29] hostile #151: %s; CONNECT without, with 0 and with 1', (reasonStrings, expected) => {
    const broker = refusing(reasonStrings)
    for (const [place, asked] of [undefined, false, true].entries()) {
      const client = broker.connect(`c${place}`, asking(asked))
      client.received()
      const wanted = expected[place] ? told : undefined
      expect(propertiesOf(client.send(message('t', 'x', { qos: 1, packetId: 1 })))).toEqual(wanted)
      expect(propertiesOf(client.send(message('t', 'x', { qos: 2, packetId: 1 })))).toEqual(wanted)
      expect(propertiesOf(client.send(subscribeTo('t')))).toEqual(wanted)
      const reason = { reasonString: 'a second CONNECT [MQTT-3.1.0-2]' }
      const again = {
        type: 'connect',
        protocolVersion: 5,
        clientId: 'x',
        cleanStart: true,
        keepAliveSeconds: 0,
      } as const
      expect(propertiesOf(client.send(again))).toEqual(expected[place] ? reason : undefined)
    }
  })

  it('byte for byte: a refused PUBACK without and with them, User Properties in their order', () => {
    const broker = refusing()
    const silent = broker.connect('a')
    silent.received()
    expect(silent.send(message('t', 'x', { qos: 1, packetId: 1 })).receivedHex()).toBe('4003000197')
    const curious = broker.connect('b', asking(true))
    curious.received()
    expect(curious.send(message('t', 'x', { qos: 1, packetId: 1 })).receivedHex()).toBe(
      '401d000197191f0008746f6f206c6f75642600016b0001322600016b000131',
    )
  })

  it('[MQTT-3.4.2-2] [MQTT-3.4.2-3] what does not fit the Maximum Packet Size is left out, and the answer stays', () => {
    const broker = refusing()
    const client = broker.connect('a', {
      properties: { requestProblemInformation: true, maximumPacketSizeBytes: 20 },
    })
    client.received()
    expect(client.send(message('t', 'x', { qos: 1, packetId: 1 })).receivedHex()).toMatch(/^40..000197/)
    expect(client.closed).toBe(false)
  })

  it('3.1.1 has no word for a refusal: an ordinary PUBACK, and 0x80 in the SUBACK', () => {
    const client = refusing('unless-declined').connect('a', { version: 4 })
    client.received()
    client.send(message('t', 'x', { qos: 1, packetId: 1 })).send(subscribeTo('t'))
    expect(client.receivedHex()).toBe('400200019003000180')
  })

  it('a refused CONNECT: words, User Properties and a Server Reference of the authenticator', () => {
    const authenticate = () => ({ ...refusal, reasonCode: 0x9c, serverReference: 'other:1883' })
    const broker = new VirtualBroker({ edges: { authenticate } })
    expect(broker.connect('a', asking(true)).received()[0]).toMatchObject({
      reasonCode: 0x9c,
      properties: { ...told, serverReference: 'other:1883' },
    })
    expect(propertiesOf(broker.connect('b'))).toEqual({ serverReference: 'other:1883' })
    expect(broker.connect('c', { version: 4 }).receivedHex()).toBe('20020003')
  })

  it('I34: a code that may not stand in its packet becomes an unspecified error, and nobody is hurt', () => {
    for (const reasonCode of [0x00, 0x8e, 0x1ff]) {
      const broker = new VirtualBroker({
        interceptors: [{ name: 'no', publish: () => ({ reasonCode }), subscribe: () => ({ reasonCode }) }],
      })
      const client = broker
        .connect('a')
        .send(message('t', 'x', { qos: 1, packetId: 1 }))
        .send(subscribeTo('t'))
      expect(seen(client).slice(1)).toEqual(['puback #1 80', 'suback #1 80'])
      const authenticated = new VirtualBroker({ edges: { authenticate: () => ({ reasonCode }) } })
      expect(seen(authenticated.connect('a'))).toEqual(['connack 80'])
    }
  })

  it('hostile #142: a CONNACK that does not fit: not a byte, no DISCONNECT, no Will, nothing left', () => {
    const broker = new VirtualBroker()
    const watcher = broker.connect('w').send(subscribeTo('#'))
    watcher.received()
    const will = { topicName: 'w', payload: new Uint8Array(0), qos: 0, retain: false } as const
    const client = broker.connect('a', { properties: { maximumPacketSizeBytes: 4 }, will })
    expect([client.receivedHex(), client.closed, seen(watcher)]).toEqual(['', true, []])
    expect(broker.core.counters).toMatchObject({ sessions: 1, connections: 1, connectsAccepted: 1, connectsRefused: 1 })
  })
})

describe('Server Reference', () => {
  it.each([
    [false, '9c'],
    [true, '9d'],
  ])('moved %s: CONNACK with it; 3.1.1 is told that the Server is unavailable', (serverMoved, code) => {
    const broker = new VirtualBroker({ settings: { serverReference: 'other:1883', serverMoved } })
    const [connack] = broker.connect('a').received()
    expect([connack && summary(connack), connack?.type === 'connack' && connack.properties]).toEqual([
      `connack ${code}`,
      { serverReference: 'other:1883' },
    ])
    expect(broker.connect('b', { version: 4 }).receivedHex()).toBe('20020003')
  })

  it('stands beside 0x9C and 0x9D only', () => {
    const broker = new VirtualBroker({ settings: { serverReference: 'other:1883' } })
    expect(broker.open().send('1012 0004 4d515454 05 03 0000 00 0005 68656c6c6f').received()[0]).not.toMatchObject({
      properties: { serverReference: 'other:1883' },
    })
  })

  it('clients-redirected: those who are there, those who are being let in, and those who come, until it is taken back', () => {
    let ticket = 0
    const broker = new VirtualBroker({
      edges: { authenticate: (asked, { clientId }) => (clientId === 'slow' ? void (ticket = asked) : true) },
    })
    const [open, old, slow] = [broker.connect('a'), broker.connect('b', { version: 4 }), broker.connect('slow')]
    for (const client of [open, old]) client.received()
    broker.core.handle({ type: 'clients-redirected', serverReference: 'other:1883', serverMoved: true }, 0)
    broker.settle()
    expect(open.received()[0]).toMatchObject({ reasonCode: 0x9d, properties: { serverReference: 'other:1883' } })
    expect([old.receivedHex(), old.closed]).toEqual(['', true])
    expect(slow.received()[0]).toMatchObject({ reasonCode: 0x9d, properties: { serverReference: 'other:1883' } })
    broker.answer(ticket, true)
    expect(seen(broker.connect('c'))).toEqual(['connack 9d'])
    broker.core.handle({ type: 'clients-redirected', serverReference: undefined, serverMoved: false }, 0)
    expect(seen(broker.connect('c'))).toEqual(['connack 0'])
  })

  it('client-disconnected: one Client, with what the operator says', () => {
    const broker = new VirtualBroker()
    const [one, other] = [broker.connect('a', asking(true)), broker.connect('b')]
    for (const client of [one, other]) client.received()
    const asked = { ...refusal, reasonCode: 0x9c, serverReference: 'other:1883' }
    broker.core.handle({ type: 'client-disconnected', clientId: 'a', refusal: asked }, 0)
    broker.settle()
    expect(one.received()[0]).toMatchObject({
      reasonCode: 0x9c,
      properties: { ...told, serverReference: 'other:1883' },
    })
    expect(other.closed).toBe(false)
  })
})
