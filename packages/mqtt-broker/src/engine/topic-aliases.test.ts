import { encode } from '@godwit/mqtt-codec'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

interface Sent {
  readonly topicName: string
  readonly qos: 0 | 1
  readonly text: string
  readonly withAlias: boolean
  readonly again: boolean
  readonly isFirst: boolean
  readonly expiry: boolean
}

const sent: fc.Arbitrary<Sent> = fc.record({
  topicName: fc.constantFrom('a', 'b', 'c/d'),
  qos: fc.constantFrom(0, 0, 1),
  text: fc.string({ maxLength: 40 }),
  withAlias: fc.boolean(),
  again: fc.nat(4).map((one) => one === 0),
  isFirst: fc.boolean(),
  expiry: fc.boolean(),
})

/** The packets of a publisher that gives each topic an alias of its own: sets it, sets it again now and then, or leaves it be. */
const packetsOf = (messages: readonly Sent[]): Uint8Array[] => {
  const aliases = new Map<string, number>()
  return messages.map(({ topicName, qos, text, withAlias, again, isFirst, expiry }, place) => {
    const known = aliases.get(topicName)
    const topicAlias = withAlias ? (known ?? aliases.size + 3) : undefined
    if (topicAlias !== undefined) aliases.set(topicName, topicAlias)
    const user = { userProperties: [['place', `${place}`] as const] }
    const others = { ...user, ...(expiry && { messageExpiryIntervalSeconds: 1000 }) }
    const alias = topicAlias === undefined ? {} : { topicAlias }
    return encode(
      message(topicAlias !== undefined && known !== undefined && !again ? '' : topicName, text, {
        qos,
        ...(qos === 1 && { packetId: 100 + place }),
        properties: isFirst ? { ...alias, ...others } : { ...others, ...alias },
      }),
      5,
    )
  })
}

/** What came, with the Topic Name that an alias stood for. */
const readBy = (client: VirtualClient): unknown[] => {
  const aliases = new Map<number, string>()
  return client.received().flatMap((packet) => {
    if (packet.type !== 'publish') return []
    const { topicName, properties, payload } = packet
    const alias = properties?.topicAlias
    if (alias !== undefined && topicName !== '') aliases.set(alias, topicName)
    const place = properties?.userProperties?.map(([, value]) => value)
    return [{ topicName: topicName || aliases.get(alias!), text: Buffer.from(payload).toString(), place }]
  })
}

describe('Topic Aliases on both sides', () => {
  it('[MQTT-3.3.2-12] [MQTT-3.1.2-26] every message arrives under its own topic, whichever side uses aliases, and however the stream is cut', () => {
    fc.assert(
      fc.property(fc.array(sent, { maxLength: 40 }), fc.integer({ min: 1, max: 600 }), (messages, cut) => {
        const broker = new VirtualBroker()
        const readers = [0, 1, 2, 3, 10].map((topicAliasMaximum, place) => {
          const properties = topicAliasMaximum === 0 ? {} : { topicAliasMaximum }
          return broker.connect(`reader-${place}`, { properties }).send(subscribeTo('#', { qos: 1 }))
        })
        const old = broker.connect('old', { version: 4 }).send(subscribeTo('#', { qos: 1 }))
        const publisher = broker.connect('writer')
        const bytes = packetsOf(messages).flatMap((packet) => [...packet])
        for (let at = 0; at < bytes.length; at += cut) publisher.send(Uint8Array.from(bytes.slice(at, at + cut)))
        const expected = messages.map(({ topicName, text }, place) => ({ topicName, text, place: [`${place}`] }))
        for (const reader of readers) expect(readBy(reader)).toEqual(expected)
        expect(readBy(old)).toEqual(expected.map((each) => ({ ...each, place: undefined })))
      }),
      { numRuns: 150 },
    )
  })

  it("[MQTT-3.3.2-9] a known topic keeps its publisher's packet, with the alias that its reader was given", () => {
    const broker = new VirtualBroker()
    const reader = broker.connect('reader', { properties: { topicAliasMaximum: 5 } }).send(subscribeTo('t/#'))
    const publisher = broker.connect('writer')
    publisher.send(message('t/1', 'x', { properties: { topicAlias: 9 } }))
    publisher.send(message('t/2', 'x', { properties: { topicAlias: 8 } }))
    reader.received()
    const user = { userProperties: [['name', 'value'] as const] }
    const packets = [8, 9, 8].map((topicAlias) => message('', 'y', { properties: { ...user, topicAlias } }))
    publisher.send(Uint8Array.from(packets.flatMap((packet) => [...encode(packet, 5)])))
    const expected = [2, 1, 2].map((topicAlias) => message('', 'y', { properties: { ...user, topicAlias } }))
    expect(reader.bytes).toEqual(expected.flatMap((packet) => [...encode(packet, 5)]))
  })
})
