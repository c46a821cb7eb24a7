import { describe, expect, it } from 'vitest'
import { Sender } from './sender.ts'
import { handleSenderEvent } from './sender-actions.ts'

function sender(receiveMaximum = 2): Sender<string> {
  return new Sender<string>({ receiveMaximum })
}

describe('the actions of the Sender', () => {
  it('QoS 1: publish, then completed', () => {
    const machine = sender()
    expect(handleSenderEvent(machine, { type: 'publish-requested', qos: 1, message: 'hello' })).toEqual([
      { type: 'publish-sent', packetId: 1, qos: 1, dup: false, message: 'hello' },
    ])
    expect(handleSenderEvent(machine, { type: 'puback-received', packetId: 1, reasonCode: 0x10 })).toEqual([
      { type: 'message-completed', packetId: 1, reasonCode: 0x10, message: 'hello' },
    ])
  })

  it('QoS 2: publish, release, completed', () => {
    const machine = sender()
    handleSenderEvent(machine, { type: 'publish-requested', qos: 2, message: 'hello' })
    expect(handleSenderEvent(machine, { type: 'pubrec-received', packetId: 1, reasonCode: 0 })).toEqual([
      { type: 'pubrel-sent', packetId: 1, reasonCode: 0 },
    ])
    expect(handleSenderEvent(machine, { type: 'pubcomp-received', packetId: 1, reasonCode: 0 })).toEqual([
      { type: 'message-completed', packetId: 1, reasonCode: 0, message: 'hello' },
    ])
  })

  it('refused, deferred, ignored, violated', () => {
    const machine = sender(1)
    handleSenderEvent(machine, { type: 'publish-requested', qos: 2, message: 'a' })
    expect(handleSenderEvent(machine, { type: 'publish-requested', qos: 1, message: 'b' })).toEqual([
      { type: 'publish-deferred', qos: 1, message: 'b' },
    ])
    expect(handleSenderEvent(machine, { type: 'puback-received', packetId: 1, reasonCode: 0 })).toEqual([
      { type: 'connection-failed', reasonCode: 0x82 },
    ])
    expect(handleSenderEvent(machine, { type: 'pubrec-received', packetId: 1, reasonCode: 0x97 })).toEqual([
      { type: 'message-refused', packetId: 1, reasonCode: 0x97, message: 'a' },
    ])
    expect(handleSenderEvent(machine, { type: 'pubcomp-received', packetId: 1, reasonCode: 0 })).toEqual([])
  })

  it('a resumed Session sends again, in slices as the quota comes back', () => {
    const machine = sender(3)
    for (const message of ['a', 'b', 'c']) handleSenderEvent(machine, { type: 'publish-requested', qos: 2, message })
    handleSenderEvent(machine, { type: 'pubrec-received', packetId: 3, reasonCode: 0 })
    expect(handleSenderEvent(machine, { type: 'connection-opened', receiveMaximum: 1, sessionPresent: true })).toEqual([
      { type: 'publish-sent', packetId: 1, qos: 2, dup: true, message: 'a' },
      { type: 'pubrel-sent', packetId: 3, reasonCode: 0 },
    ])
    expect(handleSenderEvent(machine, { type: 'pubrec-received', packetId: 1, reasonCode: 0x87 })).toEqual([
      { type: 'message-refused', packetId: 1, reasonCode: 0x87, message: 'a' },
      { type: 'publish-sent', packetId: 2, qos: 2, dup: true, message: 'b' },
    ])
  })

  it('C9 a lost Session starts anew, DUP 0, what had no PUBREC, and defers what the new quota does not allow', () => {
    const machine = sender(3)
    for (const message of ['a', 'b', 'c']) handleSenderEvent(machine, { type: 'publish-requested', qos: 2, message })
    handleSenderEvent(machine, { type: 'pubrec-received', packetId: 1, reasonCode: 0 })
    expect(handleSenderEvent(machine, { type: 'connection-opened', receiveMaximum: 1, sessionPresent: false })).toEqual(
      [
        { type: 'publish-sent', packetId: 4, qos: 2, dup: false, message: 'b' },
        { type: 'publish-deferred', qos: 2, message: 'c' },
      ],
    )
  })
})
