import { encode } from '@godwit/mqtt-codec'
import { describe, expect, it } from 'vitest'
import { message, subscribeTo, summary } from '../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../testing/virtual-broker.ts'

const seen = (client: VirtualClient): string[] => client.received().map(summary)
const join = (broker: VirtualBroker, clientId = 'a'): VirtualClient => {
  const client = broker.connect(clientId)
  client.received()
  return client
}

describe('reading', () => {
  it('hostile #4: one byte at a time is the same as all at once', () => {
    const broker = new VirtualBroker()
    const client = join(broker).send(subscribeTo('t', { qos: 2 }))
    const sent = [message('t', 'x', { qos: 2, packetId: 5 }), message('t', 'y')].flatMap((packet) => [
      ...encode(packet, 5),
    ])
    for (const byte of sent) client.send(Uint8Array.of(byte))
    expect(seen(client)).toEqual(['suback #1 2', 'publish t x q2 #1', 'pubrec #5 0', 'publish t y q0'])
  })

  it('hostile #9: a CONNECT that promises more than 64 KiB is closed on its header', () => {
    const broker = new VirtualBroker()
    const client = broker.open().send('10ffff7f')
    expect([client.closed, broker.core.counters.packetsTooLarge]).toEqual([true, 1])
  })

  it('hostile #6: one larger than our maximum is refused on its header', () => {
    const client = join(new VirtualBroker({ limits: { maximumPacketSizeBytes: 200 } })).send('30ff02')
    expect(seen(client)).toEqual(['disconnect 95'])
  })

  it.each([
    ['hostile #17: a protocol name that is none', '1005 0004 4d5154', ''],
    ['hostile #17: MQTT of level 2', '100d 0004 4d515454 02 02 0000 0001 61', '20020001'],
    ['hostile #17: MQIsdp of level 4', '100f 0006 4d5149736470 04 02 0000 0001 61', '20020001'],
    ['hostile #17: MQTT of level 6', '100e 0004 4d515454 06 02 0000 00 0001 61', '20'],
    ['hostile #18: the reserved flag, in 5.0', '100e 0004 4d515454 05 03 0000 00 0001 61', '20'],
    ['hostile #18: the reserved flag, in 3.1.1', '100d 0004 4d515454 04 03 0000 0001 61', ''],
  ])('%s', (_title, hex, answer) => {
    const client = new VirtualBroker().open().send(hex)
    expect(client.closed).toBe(true)
    expect(client.receivedHex().slice(0, Math.max(answer.length, answer === '' ? 99 : 0))).toBe(answer)
  })

  it('hostile #7: a packet that drips is not waited for; one that comes steadily is', () => {
    const broker = new VirtualBroker()
    const [dripping, steady] = [join(broker, 'a'), join(broker, 'b')]
    for (const client of [dripping, steady]) client.send('30ff7f')
    for (let second = 0; second < 31; second++) {
      broker.pass(1000)
      if (!dripping.closed) dripping.send('00')
      steady.send(new Uint8Array(400).fill(0x61))
      if (second === 20) steady.send(new Uint8Array(8000).fill(0x61))
    }
    broker.pass(1000)
    expect(seen(dripping)).toEqual(['disconnect 98'])
    expect(broker.core.counters.assemblyTimeouts).toBe(1)
  })

  it('hostile #7: what came quickly does not pay for what drips after it', () => {
    const broker = new VirtualBroker()
    const client = join(broker).send('30e0a712').send(new Uint8Array(200_000))
    broker.pass(30_100)
    expect(client.closed).toBe(false)
    client.send('00')
    broker.pass(30_000)
    expect(seen(client)).toEqual(['disconnect 98'])
  })

  it('hostile #7: each packet has its own time, whenever the one before it began', () => {
    const broker = new VirtualBroker()
    const client = join(broker)
    const [begin, rest] = ['3005 0001', '74 0078']
    client.send(begin).send(rest)
    client.send(begin)
    broker.pass(1_000)
    client.send(rest)
    broker.pass(28_500)
    client.send(begin)
    broker.pass(29_900)
    expect(seen(client)).toEqual([])
    client.send(rest + begin)
    broker.pass(29_900)
    expect(seen(client)).toEqual([])
    broker.pass(200)
    expect(seen(client)).toEqual(['disconnect 98'])
  })

  it('hostile #106: what is held for Clients that are not let in is bounded, all together', () => {
    const broker = new VirtualBroker({ limits: { maximumUnauthenticatedBytes: 100 } })
    const clients = Array.from({ length: 3 }, () =>
      broker.open().send(Uint8Array.of(0x10, 0xff, 0x7f, ...new Uint8Array(40))),
    )
    expect(clients.map(({ closed }) => closed)).toEqual([false, false, true])
    for (const client of clients) client.cut()
    expect(broker.core.counters.unauthenticatedBytes).toBe(0)
  })

  it('I22: a Client that has used up its turn goes on in the next, and nothing is lost or reordered', () => {
    const broker = new VirtualBroker({ limits: { deliveriesPerTurn: 3, readBytesPerTurn: 50 } })
    const client = join(broker).send(subscribeTo('t'))
    client.received()
    const texts = Array.from({ length: 50 }, (_, number) => `m${number}`)
    client.send(Uint8Array.from(texts.flatMap((text) => [...encode(message('t', text), 5)])))
    expect(seen(client)).toEqual(texts.map((text) => `publish t ${text} q0`))
  })
})

describe('what takes longer than a delivery counts as several, so that others are served between', () => {
  const packets = (count: number, packet: (number: number) => Parameters<typeof encode>[0]): Uint8Array =>
    Uint8Array.from(Array.from({ length: count }, (_, number) => [...encode(packet(number), 5)]).flat())

  it.each([
    ['a retained message', packets(10, (number) => ({ ...message(`t/${number}`, 'x'), retain: true })), 3],
    ['a retained message that goes', packets(10, (number) => ({ ...message(`t/${number}`, ''), retain: true })), 3],
    ['a SUBSCRIBE', packets(10, (number) => subscribeTo(`t/${number}`, { packetId: number + 1 })), 1],
  ])('I22: %s', (_title, bytes, turnsEnded) => {
    const broker = new VirtualBroker({ limits: { deliveriesPerTurn: 40 } })
    const client = join(broker).send(bytes).send('c000')
    expect(broker.core.counters.limitsMet.deliveriesPerTurn).toBe(turnsEnded)
    expect(seen(client).at(-1)).toBe('pingresp')
  })

  it('I22: others are not concerned', () => {
    const broker = new VirtualBroker({ limits: { deliveriesPerTurn: 40 } })
    join(broker).send(packets(40, (number) => message(`t/${number}`, 'x')))
    expect(broker.core.counters.limitsMet.deliveriesPerTurn).toBe(0)
  })
})

describe('a Client that does not read', () => {
  it('hostile #110: loses QoS 0 beyond the limit, is counted, and is cut after 30 s without progress', () => {
    const broker = new VirtualBroker({ limits: { outputPauseBytes: 500, outputDropBytes: 1000 } })
    const frozen = join(broker, 's').send(subscribeTo('t'))
    frozen.received()
    frozen.frozen = true
    const publisher = join(broker, 'p')
    for (let count = 0; count < 30; count++) publisher.send(message('t', 'x'.repeat(100)))
    expect(broker.core.counters.messagesDropped['slow-client']).toBeGreaterThan(10)
    broker.pass(29_000)
    expect(broker.core.counters.stalledConnections).toBe(0)
    broker.pass(2_000)
    expect(broker.core.counters.stalledConnections).toBe(1)
    frozen.thaw()
    expect(frozen.closed).toBe(true)
    expect(seen(publisher)).toEqual([])
  })
})
