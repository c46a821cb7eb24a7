import { describe, expect, it } from 'vitest'
import { QosError } from './qos-error.ts'
import { Sender } from './sender.ts'
import { restoreSender, senderSnapshot, takeUnacknowledged } from './session-snapshot.ts'
import { startWith } from './start-with.ts'
import { SenderOutcome, SenderState } from './transitions.ts'

const { ignored, completed, sendPubrel, violation, refused } = SenderOutcome

function senderWith(receiveMaximum = 10): Sender<string> {
  return new Sender<string>({ receiveMaximum })
}

describe('acknowledgements', () => {
  it('[MQTT-4.3.2-3] QoS 1 ends with PUBACK, and its message is kept until then', () => {
    const sender = senderWith()
    const packetId = sender.start(1, 'message')
    expect([packetId, sender.outstanding, sender.message(1), sender.state(1)]).toEqual([
      1,
      1,
      'message',
      SenderState.awaitingPuback,
    ])
    expect(sender.onPuback(1, 0)).toBe(completed)
    expect([sender.outstanding, sender.message(1), sender.state(1), sender.quota]).toEqual([
      0,
      undefined,
      SenderState.free,
      10,
    ])
  })

  it('[MQTT-4.3.3-4] [MQTT-4.3.3-5] QoS 2 goes on with PUBREL and ends with PUBCOMP', () => {
    const sender = senderWith()
    sender.start(2, 'message')
    expect([sender.onPubrec(1, 0), sender.quota]).toEqual([sendPubrel, 9])
    expect([sender.onPubcomp(1, 0), sender.quota]).toEqual([completed, 10])
  })

  it('[MQTT-4.4.0-2] 0x80 and above ends both, 0x7F does not', () => {
    const sender = senderWith()
    for (const qos of [1, 2, 2] as const) sender.start(qos, 'message')
    expect([sender.onPuback(1, 0x80), sender.onPubrec(2, 0x97), sender.onPubrec(3, 0x7f)]).toEqual([
      refused,
      refused,
      sendPubrel,
    ])
    expect([sender.outstanding, sender.quota]).toEqual([1, 9])
  })

  it('hostile #135 unknown PUBREC below 0x80 is answered, every other unknown acknowledgement ignored', () => {
    const sender = senderWith()
    expect([sender.onPubrec(9, 0), sender.onPubrec(9, 0x80), sender.onPuback(9, 0), sender.onPubcomp(9, 0)]).toEqual([
      sendPubrel,
      ignored,
      ignored,
      ignored,
    ])
    expect([sender.outstanding, sender.quota]).toEqual([0, 10])
  })

  it('hostile #135 a second PUBREC is answered with PUBREL again', () => {
    const sender = senderWith()
    sender.start(2, undefined)
    expect([sender.onPubrec(1, 0), sender.onPubrec(1, 0), sender.onPubrec(1, 0x92), sender.onPubcomp(1, 0)]).toEqual([
      sendPubrel,
      sendPubrel,
      sendPubrel,
      completed,
    ])
  })

  it('hostile #135 the wrong kind, and identifier 0, are violations that change nothing', () => {
    const sender = senderWith()
    sender.start(1, undefined)
    sender.start(2, undefined)
    const before = senderSnapshot(sender)
    expect([sender.onPubrec(1, 0), sender.onPubcomp(1, 0), sender.onPuback(2, 0), sender.onPubcomp(2, 0)]).toEqual(
      Array(4).fill(violation),
    )
    expect([sender.onPuback(0, 0), sender.onPubrec(0, 0), sender.onPubcomp(0, 0)]).toEqual(Array(3).fill(violation))
    expect(senderSnapshot(sender)).toEqual(before)
  })
})

describe('identifiers and quota', () => {
  it('[MQTT-4.9.0-2] [MQTT-3.3.4-7] starts no more than the quota, PUBREL does not need it', () => {
    const sender = senderWith(2)
    expect([sender.start(2, 'a'), sender.start(1, 'b'), sender.start(1, 'c')]).toEqual([1, 2, 0])
    expect([sender.onPubrec(1, 0), sender.quota, sender.start(1, 'c')]).toEqual([sendPubrel, 0, 0])
    sender.onPuback(2, 0)
    expect([sender.quota, sender.start(1, 'c')]).toEqual([1, 3])
  })

  it('hostile #84 C1 the 65,536th waits, identifiers are never reused in flight', () => {
    const sender = senderWith(65_535)
    const started = Array.from({ length: 65_535 }, () => sender.start(1, undefined))
    expect(started.every((packetId, index) => packetId === index + 1)).toBe(true)
    expect([sender.start(1, undefined), sender.take(), sender.outstanding]).toEqual([0, 0, 65_535])
    sender.onPuback(777, 0)
    expect([sender.start(1, undefined), sender.start(1, undefined)]).toEqual([777, 0])
  })

  it('a quota without identifiers starts nothing and costs nothing', () => {
    const sender = senderWith(65_535)
    for (let packetId = 1; packetId <= 65_535; packetId += 1) sender.take()
    expect([sender.start(1, undefined), sender.quota, sender.outstanding]).toEqual([0, 65_535, 0])
  })

  it('passes from 65,535 to 1 and skips what is in use', () => {
    const sender = restoreSender<string>({ receiveMaximum: 10 }, { lastPacketId: 65_534, inFlight: [] })
    startWith(sender, 1, 1, 'chosen')
    expect([sender.start(1, 'a'), sender.start(1, 'b')]).toEqual([2, 3])
    const other = restoreSender<string>({ receiveMaximum: 10 }, { lastPacketId: 65_534, inFlight: [] })
    expect([other.start(1, 'a'), other.start(1, 'b')]).toEqual([65_535, 1])
  })

  it('a chosen identifier is refused while it is in use or the quota is used up', () => {
    const sender = senderWith(2)
    expect([startWith(sender, 2, 500, 'a'), startWith(sender, 1, 500, 'b'), startWith(sender, 1, 3, 'b')]).toEqual([
      true,
      false,
      true,
    ])
    expect([startWith(sender, 1, 4, 'c'), sender.message(500), sender.quota]).toEqual([false, 'a', 0])
    expect(() => startWith(sender, 1, 0, 'd')).toThrow(QosError)
    expect(() => startWith(sender, 1, 65_536, 'd')).toThrow(QosError)
  })

  it('[MQTT-2.2.1-3] SUBSCRIBE takes from the same range, costs no quota, and is no message', () => {
    const sender = senderWith(1)
    const subscribe = sender.take()
    expect([subscribe, sender.start(1, 'message'), sender.outstanding, sender.quota]).toEqual([1, 2, 1, 0])
    expect(sender.state(subscribe)).toBe(SenderState.reserved)
    // A PUBACK for a SUBSCRIBE is the wrong kind.
    expect(sender.onPuback(subscribe, 0)).toBe(violation)
    expect([sender.free(2), sender.free(99), sender.free(subscribe), sender.free(subscribe)]).toEqual([
      false,
      false,
      true,
      false,
    ])
    expect([sender.outstanding, sender.messages()]).toEqual([1, ['message']])
  })

  it('hostile #83 directions are independent: a Sender knows nothing of incoming identifiers', () => {
    const sender = senderWith()
    sender.start(2, 'ours')
    expect(sender.onPubrec(1, 0)).toBe(sendPubrel)
    expect(sender.onPubcomp(1, 0)).toBe(completed)
  })
})

describe('giving up and ending', () => {
  it('[MQTT-3.1.2-25] a message that never left is done at once, of either QoS', () => {
    const sender = senderWith(2)
    sender.start(1, 'a')
    sender.start(2, 'b')
    expect([sender.abandon(1), sender.abandon(2), sender.quota, sender.outstanding]).toEqual([
      completed,
      completed,
      2,
      0,
    ])
    expect(sender.abandon(2)).toBe(violation)
  })

  it('hostile #153 too large on resume: QoS 1 is done, QoS 2 that may have arrived ends with PUBREL, the quota comes back', () => {
    const sender = senderWith(3)
    for (const qos of [1, 2, 1] as const) sender.start(qos, `QoS ${qos}`)
    sender.resume(2)
    expect(sender.resends().map(({ packetId }) => packetId)).toEqual([1, 2])
    expect([sender.abandon(1), sender.abandon(2)]).toEqual([completed, sendPubrel])
    expect([sender.state(1), sender.state(2)]).toEqual([SenderState.free, SenderState.awaitingPubcomp])
    expect(sender.resends().map(({ packetId }) => packetId)).toEqual([3])
    expect([sender.quota, sender.onPubcomp(2, 0x92), sender.onPuback(3, 0), sender.quota]).toEqual([
      1,
      completed,
      completed,
      2,
    ])
  })

  it('a message may be given up before its turn to be sent again', () => {
    const sender = senderWith(3)
    for (const qos of [2, 2] as const) sender.start(qos, 'message')
    sender.resume(1)
    expect([sender.abandon(2), sender.owed]).toEqual([sendPubrel, 1])
    expect(sender.resends()).toEqual([{ type: 'publish', packetId: 1, qos: 2, dup: true, message: 'message' }])
    expect([sender.quota, sender.onPubcomp(2, 0), sender.quota]).toEqual([0, completed, 0])
  })

  it('C9 a lost Session gives back, in order, what had no PUBREC; the rest is done', () => {
    const sender = senderWith()
    for (const [index, qos] of ([1, 2, 2, 1] as const).entries()) sender.start(qos, `message ${index}`)
    sender.onPubrec(2, 0)
    expect(takeUnacknowledged(sender)).toEqual([
      { packetId: 1, qos: 1, message: 'message 0' },
      { packetId: 3, qos: 2, message: 'message 2' },
      { packetId: 4, qos: 1, message: 'message 3' },
    ])
    expect([sender.outstanding, sender.quota, sender.owed, sender.message(1)]).toEqual([0, 10, 0, undefined])
  })

  it('I20 a Session that ends leaves nothing behind', () => {
    const sender = senderWith(3)
    sender.take()
    sender.start(1, 'a')
    sender.start(1, undefined)
    expect(sender.messages()).toEqual(['a'])
    sender.resume(2)
    sender.clear()
    expect([sender.outstanding, sender.owed, sender.quota, sender.messages(), sender.resends()]).toEqual([
      0,
      0,
      2,
      [],
      [],
    ])
    expect(sender.start(1, 'b')).toBe(4)
  })
})
