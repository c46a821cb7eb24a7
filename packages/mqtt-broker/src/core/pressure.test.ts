import { describe, expect, it } from 'vitest'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const send = (client: VirtualClient, bytes: number): void => void client.send(message('t', 'x'.repeat(bytes)))

describe('overload, in the order of relief', () => {
  it('reads those at a trickle who sent the larger half, and nobody else; more of them while it lasts; all again after', () => {
    const broker = new VirtualBroker()
    const [busy, second, modest] = ['busy', 'second', 'modest'].map((name) =>
      broker.connect(name, { keepAliveSeconds: 1 }),
    )
    const round = () => {
      send(busy!, 5_000)
      send(second!, 3_000)
      send(modest!, 10)
      return [busy!, second!, modest!].map(({ paused }) => paused)
    }
    expect(round()).toEqual([false, false, false])
    broker.measure(0.7)
    expect(round()).toEqual([true, false, false])
    // It is read again, after a rest: a trickle, not nothing. Meanwhile its silence is not held against it.
    broker.pass(999)
    expect(busy!.paused).toBe(true)
    broker.pass(1)
    expect([busy!.paused, busy!.closed]).toEqual([false, false])
    broker.measure(0.7)
    send(second!, 3_000)
    broker.measure(0.7)
    expect(round()).toEqual([true, true, false])
    expect(broker.core.counters.limitsMet.memorySoftPercent).toBe(2)
    broker.measure(0.5)
    broker.pass(1_000)
    expect(round()).toEqual([false, false, false])
  })

  it('refuses who comes, not who is there, and 3.1.1 is told as well', () => {
    const broker = new VirtualBroker()
    const there = broker.connect('there')
    broker.measure(0.8)
    expect([seen(broker.connect('a')), broker.connect('b', { version: 4 }).receivedHex()]).toEqual([
      ['connack 89'],
      '20020003',
    ])
    expect(seen(there.send({ type: 'pingreq' }))).toEqual(['connack 0', 'pingresp'])
    expect(broker.core.counters).toMatchObject({ connectsRefused: 2, sessions: 1 })
    broker.measure(0.1)
    expect(seen(broker.connect('a'))).toEqual(['connack 0'])
  })

  it('drops QoS 0 to slow Clients sooner, and QoS 1 never', () => {
    const broker = new VirtualBroker({ limits: { outputPauseBytes: 1_000 } })
    const slow = broker.connect('slow').send(subscribeTo('t', { qos: 1 }))
    slow.frozen = true
    const publisher = broker.connect('p')
    send(publisher, 1_500)
    send(publisher, 100)
    broker.measure(0.8)
    send(publisher, 100)
    publisher.send(message('t', 'kept', { qos: 1, packetId: 1 }))
    // The publisher is read at a trickle.
    broker.pass(1_000)
    slow.thaw()
    expect(seen(slow)).toHaveLength(2 + 2 + 1)
    expect(broker.core.counters.messagesDropped['slow-client']).toBe(1)
  })

  it('cuts the largest outbound buffers, until half of what they hold is free', () => {
    const broker = new VirtualBroker({ limits: { outputPauseBytes: 1_000 } })
    const readers = [9_000, 3_000, 2_000, 500].map((bytes, place) => {
      const reader = broker.connect(`r${place}`).send(subscribeTo(`t${place}`))
      reader.frozen = true
      broker.connect('p').send(message(`t${place}`, 'x'.repeat(bytes)))
      return reader
    })
    broker.measure(0.95)
    for (const reader of readers) reader.thaw()
    expect(readers.map(({ closed }) => closed)).toEqual([true, false, false, false])
    expect(seen(readers[0]!).at(-1)).toBe('disconnect 97')
    expect(broker.core.counters.limitsMet.memoryHardPercent).toBe(1)
  })
})
