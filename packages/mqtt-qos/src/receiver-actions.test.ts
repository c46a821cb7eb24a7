import { describe, expect, it } from 'vitest'
import { Receiver } from './receiver.ts'
import { handleReceiverEvent } from './receiver-actions.ts'

describe('the actions of the Receiver', () => {
  it('QoS 1: routed, acknowledged', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    for (let round = 0; round < 2; round += 1) {
      expect(handleReceiverEvent(receiver, { type: 'publish-received', qos: 1, packetId: 5 })).toEqual([
        { type: 'message-routed', qos: 1, packetId: 5 },
        { type: 'puback-sent', packetId: 5, reasonCode: 0 },
      ])
    }
  })

  it('[MQTT-4.3.3-8] QoS 2: routed and stored before PUBREC, repeated without either, freed before PUBCOMP', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    const publish = { type: 'publish-received', qos: 2, packetId: 5, reasonCode: 0x10 } as const
    expect(handleReceiverEvent(receiver, publish)).toEqual([
      { type: 'message-routed', qos: 2, packetId: 5 },
      { type: 'identifier-stored', packetId: 5 },
      { type: 'pubrec-sent', packetId: 5, reasonCode: 0x10 },
    ])
    expect(handleReceiverEvent(receiver, publish)).toEqual([{ type: 'pubrec-sent', packetId: 5, reasonCode: 0 }])
    expect(handleReceiverEvent(receiver, { type: 'pubrel-received', packetId: 5 })).toEqual([
      { type: 'identifier-freed', packetId: 5 },
      { type: 'pubcomp-sent', packetId: 5, reasonCode: 0 },
    ])
    expect(handleReceiverEvent(receiver, publish)).toHaveLength(3)
  })

  it('hostile #135 [MQTT-4.3.3-11] an unknown PUBREL gets PUBCOMP 00', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    expect(handleReceiverEvent(receiver, { type: 'pubrel-received', packetId: 5 })).toEqual([
      { type: 'pubcomp-sent', packetId: 5, reasonCode: 0 },
    ])
  })

  it.each([0x80, 0x87, 0xff])(
    'what is refused with %i is acknowledged, not routed, not held, and costs nothing',
    (reasonCode) => {
      const receiver = new Receiver({ receiveMaximum: 1 })
      for (const [qos, type] of [
        [1, 'puback-sent'],
        [2, 'pubrec-sent'],
        [2, 'pubrec-sent'],
      ] as const) {
        expect(handleReceiverEvent(receiver, { type: 'publish-received', qos, packetId: 5, reasonCode })).toEqual([
          { type, packetId: 5, reasonCode },
        ])
      }
      expect([receiver.held, receiver.unacknowledged]).toEqual([0, 0])
    },
  )

  it('hostile #136 beyond the Receive Maximum the connection fails with 0x93', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    handleReceiverEvent(receiver, { type: 'publish-received', qos: 2, packetId: 5 })
    expect(handleReceiverEvent(receiver, { type: 'publish-received', qos: 1, packetId: 6 })).toEqual([
      { type: 'connection-failed', reasonCode: 0x93 },
    ])
  })

  it.each([
    [true, 1],
    [false, 3],
  ])('a new connection, Session present %s: the same PUBLISH has %i actions', (sessionPresent, actions) => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    handleReceiverEvent(receiver, { type: 'publish-received', qos: 2, packetId: 5 })
    expect(handleReceiverEvent(receiver, { type: 'connection-opened', receiveMaximum: 2, sessionPresent })).toEqual([])
    expect(handleReceiverEvent(receiver, { type: 'publish-received', qos: 2, packetId: 5 })).toHaveLength(actions)
  })
})
