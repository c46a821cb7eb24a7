import { describe, expect, it } from 'vitest'
import { message, subscribeTo } from '../../testing/packets.ts'
import { VirtualBroker, type VirtualClient } from '../../testing/virtual-broker.ts'
import { DURABLE, join, packet, seen, text } from '../../testing/wire.ts'

describe('Shared Subscriptions (§4.8.2)', () => {
  it.each(['$share', '$share/', '$share/g', '$share//t', '$share/g/', '$share/+/t', '$share/g#/t', '$share/g+h/t'])(
    '[MQTT-4.8.2-1] [MQTT-4.8.2-2] %s is none: the connection ends',
    (filter) => {
      const broker = new VirtualBroker()
      const client = join(broker, 's').send(packet('82', '0001', '00', text('ok'), '00', text(filter), '00'))
      expect([client.closed, ...seen(client)]).toEqual([true, expect.stringMatching(/^disconnect 8[12]$/)])
      expect(broker.core.counters.subscriptions).toBe(0)
    },
  )

  /** Two members of one group with what each was granted, a publisher, and who got what. */
  const group = (...granted: (0 | 1 | 2)[]) => {
    const broker = new VirtualBroker()
    const members = granted.map((qos, place) => {
      const member = join(broker, `s${place}`, DURABLE)
      return member.send(subscribeTo('$share/g/t', { qos }))
    })
    for (const [place, member] of members.entries()) expect(seen(member)).toEqual([`suback #1 ${granted[place]}`])
    const publisher = join(broker, 'p')
    let packetId = 0
    const publish = (payload: string, qos: 0 | 1 | 2 = 2) => {
      packetId++
      publisher.send(message('t', payload, { qos, ...(qos > 0 && { packetId }) }))
    }
    return { broker, members: members as [VirtualClient, VirtualClient], publish }
  }

  it('[MQTT-4.8.2-3] each member gets what it was granted', () => {
    const { members, publish } = group(0, 2)
    publish('a')
    publish('b')
    publish('c', 1)
    publish('d', 1)
    expect(members.map(seen)).toEqual([
      ['publish t a q0', 'publish t c q0'],
      ['publish t b q2 #1', 'publish t d q1 #2'],
    ])
  })

  it('[MQTT-4.8.2-3] whoever takes over what the Session of another member left gets what it was granted itself', () => {
    const { broker, members, publish } = group(1, 2)
    publish('moves')
    expect(seen(members[0])).toEqual(['publish t moves q1 #1'])
    members[0].cut()
    broker.pass(60_000)
    expect(seen(members[1])).toEqual(['publish t moves q2 #1'])
  })

  it('[MQTT-4.8.2-4] QoS 2 that was begun with a member is completed with it when it comes back', () => {
    const { broker, members, publish } = group(2, 2)
    publish('begun')
    publish('released')
    publish('third')
    expect(seen(members[0])).toEqual(['publish t begun q2 #1', 'publish t third q2 #2'])
    members[0].send('50020002').cut()
    expect(seen(members[1])).toEqual(['publish t released q2 #1'])
    const back = broker.connect('s0', DURABLE)
    expect(seen(back)).toEqual(['connack 0 present', 'publish t begun q2 #1 dup', 'pubrel #2 0'])
    expect(seen(back.send('50020001').send('70020001').send('70020002'))).toEqual(['pubrel #1 0'])
    expect(members[1].receivedHex()).toBe('')
  })

  it('[MQTT-4.8.2-5] QoS 2 of a member whose Session ends goes to nobody else', () => {
    const { broker, members, publish } = group(2, 2)
    publish('begun')
    expect(seen(members[0])).toEqual(['publish t begun q2 #1'])
    members[0].cut()
    broker.pass(60_000)
    expect(broker.core.counters.sessions).toBe(2)
    expect(members[1].receivedHex()).toBe('')
  })

  it('[MQTT-4.8.2-6] an acknowledgement of 0x80 and above discards the message', () => {
    for (const refusal of ['4003000187', '5003000187']) {
      const { broker, members, publish } = group(2, 2)
      publish('refused', refusal.startsWith('40') ? 1 : 2)
      expect(seen(members[0])).toHaveLength(1)
      members[0].send(refusal).cut()
      broker.pass(60_000)
      expect([members[0].receivedHex(), members[1].receivedHex()]).toEqual(['', ''])
    }
  })
})
