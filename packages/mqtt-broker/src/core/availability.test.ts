import { describe, expect, it } from 'vitest'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)

describe('what the settings take away', () => {
  it.each([
    ['wildcardSubscriptionAvailable', subscribeTo('a/+'), 'a2', subscribeTo('a/b')],
    ['wildcardSubscriptionAvailable', subscribeTo('$share/g/a/#'), 'a2', subscribeTo('$share/g/a')],
    ['sharedSubscriptionAvailable', subscribeTo('$share/g/a'), '9e', subscribeTo('a/#')],
    ['subscriptionIdentifiersAvailable', subscribeTo('a', { subscriptionIdentifier: 1 }), 'a1', subscribeTo('a')],
  ] as const)(
    '%s: told in CONNACK; whoever does not listen is closed with the code, %#',
    (name, packet, code, other) => {
      const options = { settings: { [name]: false } }
      const broker = new VirtualBroker(options)
      const client = broker.connect('a')
      const [connack] = client.received()
      expect(connack?.type === 'connack' && connack.properties?.[name]).toBe(false)
      expect(seen(client.send(other))).toEqual(['suback #1 0'])
      expect(seen(client.send(packet))).toEqual([`disconnect ${code}`])
      const generous = new VirtualBroker().connect('a')
      const [told] = generous.received()
      expect(told?.type === 'connack' && told.properties?.[name]).toBeUndefined()
      expect(seen(generous.send(packet))).toEqual(['suback #1 0'])
    },
  )

  it('3.1.1 cannot be told: it is refused the filter, and 3.1 gets nothing for it', () => {
    const settings = { wildcardSubscriptionAvailable: false, sharedSubscriptionAvailable: false }
    for (const version of [3, 4] as const) {
      const broker = new VirtualBroker({ settings })
      const client = broker.connect('a', { version })
      client.send(subscribeTo('a/+')).send(subscribeTo('$share/g/a')).send(subscribeTo('a'))
      const refused = version === 4 ? '80' : '0'
      expect(seen(client).slice(1)).toEqual([`suback #1 ${refused}`, `suback #1 ${refused}`, 'suback #1 0'])
      expect(broker.core.counters).toMatchObject({ subscriptions: 1, subscriptionsRefused: 2 })
    }
  })

  it('[MQTT-3.2.2-14] nothing is retained where Retain Available is 0, not even what the program itself publishes', () => {
    const broker = new VirtualBroker({ settings: { retainAvailable: false } })
    const bytes = Uint8Array.of(0x31, 5, 0, 1, 0x74, 0, 0x78)
    broker.core.publishOwn(bytes, 't', 0)
    expect(broker.core.counters.retainedMessages).toBe(0)
    expect(seen(broker.connect('s').send(subscribeTo('t')))).toEqual(['connack 0', 'suback #1 0'])
  })

  it('payload format: also of a Will, and a QoS 0 message without an answer is counted', () => {
    const broker = new VirtualBroker({ settings: { checkPayloadFormat: true } })
    const will = (payload: number) => ({
      will: {
        topicName: 'w',
        payload: Uint8Array.of(payload),
        qos: 0 as const,
        retain: false,
        properties: { payloadFormatIndicator: 1 as const },
      },
    })
    expect(seen(broker.connect('a', will(0xff)))).toEqual(['connack 99'])
    expect(seen(broker.connect('b', will(0x61)))).toEqual(['connack 0'])
    const bad = { ...message('t', 'x', { properties: { payloadFormatIndicator: 1 } }), payload: Uint8Array.of(0xff) }
    broker.connect('c').send(bad)
    expect(broker.core.counters.messagesDropped['payload-format-invalid']).toBe(1)
  })

  it('Response Information has the Client Identifier where the setting says so, harmless in a filter', () => {
    const broker = new VirtualBroker({ settings: { responseInformation: 'replies/{clientId}/' } })
    const told = (clientId: string) => {
      const [connack] = broker.connect(clientId, { properties: { requestResponseInformation: true } }).received()
      return connack?.type === 'connack' && connack.properties?.responseInformation
    }
    expect([told('a'), told('a/#$&')]).toEqual(['replies/a/', 'replies/a%2F%23%24%26/'])
  })
})

describe('takeovers', () => {
  const as = (username: string, cleanStart = false) => ({
    username,
    cleanStart,
    properties: { sessionExpiryIntervalSeconds: 60 },
  })

  it('never: a Client that is connected stays, the newcomer is refused; one that has gone is no obstacle', () => {
    const broker = new VirtualBroker({ settings: { clientTakeover: 'never' } })
    const first = broker.connect('a', as('u'))
    expect(seen(broker.connect('a', as('u')))).toEqual(['connack 85'])
    expect(seen(broker.connect('a', { version: 4 }))).toEqual(['connack 85'])
    expect([seen(first), first.closed, broker.core.counters.takeoversRefused]).toEqual([['connack 0'], false, 2])
    first.cut()
    expect(seen(broker.connect('a', as('u')))).toEqual(['connack 0 present'])
  })

  it('any-principal: another one takes the Client Identifier, never the Session', () => {
    const broker = new VirtualBroker({
      settings: { clientTakeover: 'any-principal' },
      edges: { authenticate: () => true },
    })
    const first = broker.connect('a', as('alice')).send(subscribeTo('t', { qos: 1 }))
    first.received()
    const second = broker.connect('a', as('bob'))
    expect([seen(first), seen(second)]).toEqual([['disconnect 8e'], ['connack 0']])
    expect(broker.core.counters.subscriptions).toBe(0)
    second.cut()
    expect(seen(broker.connect('a', as('alice')))).toEqual(['connack 0'])
    expect(seen(broker.connect('a', as('alice')))).toEqual(['connack 0 present'])
  })

  it('any-principal: the Will of the displaced one is published at once, whatever its delay', () => {
    const broker = new VirtualBroker({
      settings: { clientTakeover: 'any-principal' },
      edges: { authenticate: () => true },
    })
    const watcher = broker.connect('w', { username: 'w' }).send(subscribeTo('will'))
    watcher.received()
    const will = {
      topicName: 'will',
      payload: Uint8Array.of(0x77),
      qos: 0,
      retain: false,
      properties: { willDelayIntervalSeconds: 30 },
    } as const
    broker.connect('a', { ...as('alice'), will })
    broker.connect('a', as('bob'))
    expect(seen(watcher)).toEqual(['publish will w q0'])
  })
})
