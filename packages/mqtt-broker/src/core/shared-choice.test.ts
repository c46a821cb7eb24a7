import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

type Choice = 'round-robin' | 'least-in-flight' | 'sticky'

const groupOf = (
  sharedSubscriptionChoice: Choice,
  names: readonly string[],
  { qos = 1, receiveMaximum = 65_535 }: { readonly qos?: 0 | 1 | 2; readonly receiveMaximum?: number } = {},
) => {
  const broker = new VirtualBroker({ settings: { sharedSubscriptionChoice } })
  const members = names.map((name) => {
    const member = broker.connect(name, { properties: { receiveMaximum } }).send(subscribeTo('$share/g/t', { qos }))
    member.received()
    return member
  })
  return { broker, members }
}

/** Payloads that have come, and by default are acknowledged. */
const got = (member: VirtualClient, acknowledge = true): string[] =>
  member.received().flatMap((packet) => {
    if (packet.type !== 'publish') return []
    if (acknowledge && packet.qos === 1) member.send({ type: 'puback', packetId: packet.packetId!, reasonCode: 0 })
    return [String.fromCharCode(...packet.payload)]
  })

describe('how a Shared Subscription chooses', () => {
  it('sticky: all of one publishing Client to one member, while it is online', () => {
    fc.assert(
      fc.property(fc.integer({ min: 2, max: 6 }), fc.integer({ min: 1, max: 8 }), (memberCount, publisherCount) => {
        const names = Array.from({ length: memberCount }, (_, number) => `member-${number}`)
        const { broker, members } = groupOf('sticky', names)
        const publishers = Array.from({ length: publisherCount }, (_, number) => broker.connect(`publisher-${number}`))
        const memberOf = (): Map<string, number> => {
          for (const round of [1, 2, 3]) {
            for (const [number, publisher] of publishers.entries()) {
              publisher.send(message('t', `${number}`, { qos: 1, packetId: round }))
            }
          }
          const places = new Map<string, number>()
          for (const [place, member] of members.entries()) {
            for (const text of got(member)) {
              expect(places.get(text) ?? place).toBe(place)
              places.set(text, place)
            }
          }
          expect(places.size).toBe(publisherCount)
          return places
        }
        const before = memberOf()
        members.pop()!.cut()
        // Whoever was with another member is so still.
        for (const [publisher, place] of memberOf()) {
          const earlier = before.get(publisher)!
          if (earlier < members.length) expect(place).toBe(earlier)
        }
      }),
    )
  })

  it('sticky: many publishers are spread', () => {
    const { broker, members } = groupOf('sticky', ['a', 'b', 'c', 'd'])
    for (let number = 0; number < 400; number++) {
      broker.connect(`publisher-${number}`).send(message('t', 'x', { qos: 1, packetId: 1 }))
    }
    const counts = members.map((member) => {
      let count = 0
      for (let some = got(member); some.length > 0; some = got(member)) count += some.length
      return count
    })
    expect(counts.reduce((sum, count) => sum + count)).toBe(400)
    for (const count of counts) expect(count).toBeGreaterThan(50)
  })

  it('sticky: a member without room is passed over, so that nobody holds up a group', () => {
    const { broker, members } = groupOf('sticky', ['a', 'b'], { receiveMaximum: 1 })
    const publisher = broker.connect('p')
    for (const text of ['1', '2', '3']) publisher.send(message('t', text, { qos: 1, packetId: 1 }))
    const both = members.map((member) => got(member, false))
    expect(both.toSorted()).toEqual([['1'], ['2']])
    const [first] = members.filter((_, place) => both[place]![0] === '1')
    first!.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    expect(got(first!)).toEqual(['3'])
  })

  it('least in flight: the member with the fewest unacknowledged, equals in turn', () => {
    const { broker, members } = groupOf('least-in-flight', ['a', 'b', 'c'])
    const publisher = broker.connect('p')
    const send = (text: string) => publisher.send(message('t', text, { qos: 1, packetId: 1 }))
    for (const text of ['1', '2', '3', '4']) send(text)
    expect(members.map((member) => got(member, false))).toEqual([['1', '4'], ['2'], ['3']])
    members[2]!.send({ type: 'puback', packetId: 1, reasonCode: 0 })
    send('5')
    send('6')
    expect(members.map((member) => got(member, false))).toEqual([[], ['6'], ['5']])
  })

  it.each(['round-robin', 'least-in-flight'] as const)('%s: QoS 0 goes around', (choice) => {
    const { broker, members } = groupOf(choice, ['a', 'b', 'c'], { qos: 0 })
    const publisher = broker.connect('p')
    for (let number = 0; number < 6; number++) publisher.send(message('t', `${number}`))
    expect(members.map((member) => got(member))).toEqual([
      ['0', '3'],
      ['1', '4'],
      ['2', '5'],
    ])
  })

  it('I16: a QoS 2 message that was sent once is never sent to another', () => {
    const { broker, members } = groupOf('round-robin', ['a', 'b'], { qos: 2 })
    broker.connect('p').send(message('t', 'x', { qos: 2, packetId: 1 }))
    expect(got(members[0]!, false)).toEqual(['x'])
    members[0]!.cut()
    expect(got(members[1]!, false)).toEqual([])
  })

  it('[MQTT-4.8.2-6] a PUBACK or PUBREC of 0x80 and above discards the message: no other member gets it', () => {
    for (const [qos, type] of [[1, 'puback'] as const, [2, 'pubrec'] as const]) {
      const { broker, members } = groupOf('round-robin', ['a', 'b'], { qos })
      broker.connect('p').send(message('t', 'x', { qos, packetId: 1 }))
      expect(got(members[0]!, false)).toEqual(['x'])
      members[0]!.send({ type, packetId: 1, reasonCode: 0x80 })
      members[0]!.cut()
      expect(got(members[1]!, false)).toEqual([])
    }
  })
})

describe('what expired in a full queue', () => {
  const durable = { cleanStart: false, properties: { sessionExpiryIntervalSeconds: 600 } }

  it.each(['t', '$share/g/t'])('makes room for what has not: %s', (topicFilter) => {
    const broker = new VirtualBroker({ limits: { maximumQueuedMessages: 3 } })
    broker
      .connect('s', durable)
      .send(subscribeTo(topicFilter, { qos: 1 }))
      .cut()
    const publisher = broker.connect('p')
    const send = (text: string, messageExpiryIntervalSeconds: number) => {
      publisher.send(message('t', text, { qos: 1, packetId: 1, properties: { messageExpiryIntervalSeconds } }))
      return publisher.received().at(-1)
    }
    send('long', 100)
    send('short', 5)
    send('short', 6)
    expect(send('full', 100)).toMatchObject({ reasonCode: 0x97 })
    broker.pass(6_000)
    expect(send('new', 100)).toMatchObject({ reasonCode: 0 })
    const { messagesDropped, queuedMessages } = broker.core.counters
    expect([messagesDropped['message-expired'], messagesDropped['queue-full'], queuedMessages]).toEqual([2, 1, 2])
    expect(got(broker.connect('s', durable))).toEqual(['long', 'new'])
    expect(broker.core.counters.queuedBytes).toBe(0)
  })
})
