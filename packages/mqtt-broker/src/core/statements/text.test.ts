import { describe, expect, it } from 'vitest'
import { subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker } from '../../testing/virtual-broker.ts'
import { BOTH, hex, join, packet, seen } from '../../testing/wire.ts'

describe.each(BOTH)('text and topics on their way through the broker, level %i', (version) => {
  const none = version === 5 ? '00' : ''
  const sized = (bytes: string) => hex(bytes.length / 2, 2) + bytes
  const publish = (topicName: string) => packet('30', sized(topicName), none, '78')
  const delivered = (filter: string, ...topicNames: string[]) => {
    const broker = new VirtualBroker()
    const client = join(broker, 's', { version }).send(packet('82', '0001', none, sized(filter), '00'))
    expect(client.receivedHex()).toBe(packet('90', '0001', none, '00'))
    const publisher = join(broker, 'p', { version })
    for (const topicName of topicNames) publisher.send(publish(topicName))
    return client.receivedHex()
  }

  it('[MQTT-1.5.3-3] [MQTT-1.5.4-3] EF BB BF is a character of its own, and never taken away', () => {
    expect(delivered('efbbbf61', '61', 'efbbbf61')).toBe(publish('efbbbf61'))
    expect(delivered('61efbbbf', '61', '61efbbbf')).toBe(publish('61efbbbf'))
    expect(delivered('61', 'efbbbf61')).toBe('')
  })

  it('[MQTT-4.7.3-4 v3.1.1 v5.0] nothing is normalised: what looks the same in other code points is another topic', () => {
    // U+00E9; e and U+0301; the fullwidth a.
    expect(delivered('c3a9', '65cc81', 'c3a9')).toBe(publish('c3a9'))
    expect(delivered('61', 'efbd81', '41', '61')).toBe(publish('61'))
    expect(delivered('612f2f62', '612f62', '612f2f62')).toBe(publish('612f2f62'))
  })

  it('[MQTT-4.7.2-1 v3.1.1 v5.0] a filter that begins with a wildcard does not match a topic that begins with $', () => {
    const system = '2474'
    const below = '24742f61'
    expect(delivered('23', system, below)).toBe('')
    expect(delivered('2b', system)).toBe('')
    expect(delivered('2b2f61', below)).toBe('')
    expect(delivered('24742f23', system, below)).toBe(publish(system) + publish(below))
    expect(delivered('24742f2b', below)).toBe(publish(below))
  })

  it('[MQTT-4.7.3-1 v3.1.1 v5.0] [MQTT-4.7.3-2 v3.1.1 v5.0] an empty Topic Name, and one with U+0000, end the connection', () => {
    for (const topicName of ['', '00', '6100', '610062']) {
      const client = join(new VirtualBroker(), 'p', { version }).send(publish(topicName))
      expect(client.closed).toBe(true)
      expect(seen(client)).toEqual(version === 5 ? [expect.stringMatching(/^disconnect 8[12]$/)] : [])
    }
    const client = join(new VirtualBroker(), 's', { version }).send(packet('82', '0001', none, sized('6100'), '00'))
    expect(client.closed).toBe(true)
  })

  it('[MQTT-4.7.3-3 v3.1.1 v5.0] 65,535 bytes are a topic where the limits allow it', () => {
    const broker = new VirtualBroker({ limits: { maximumTopicBytes: 65_535 } })
    const longest = '61'.repeat(65_535)
    const client = join(broker, 's', { version }).send(packet('82', '0001', none, sized(longest), '00'))
    client.send(subscribeTo('#', { packetId: 2 })).received()
    join(broker, 'p', { version }).send(publish(longest))
    expect(client.receivedHex()).toBe(publish(longest))
  })
})
