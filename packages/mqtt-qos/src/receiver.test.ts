import { describe, expect, it } from 'vitest'
import { QosError } from './qos-error.ts'
import { Receiver } from './receiver.ts'
import { receiverSnapshot, restoreReceiver } from './session-snapshot.ts'
import { ReceiverOutcome } from './transitions.ts'

const { accept, repeat, quotaExceeded } = ReceiverOutcome

function accepted(receiver: Receiver, packetId: number): number {
  const outcome = receiver.onPublish(2, packetId)
  if (outcome === accept) receiver.hold(packetId)
  return outcome
}

describe('QoS 2', () => {
  it('[MQTT-4.3.3-10] hostile #155 a repeat before PUBREL is acknowledged only; [MQTT-4.3.3-12] after it the identifier is new', () => {
    const receiver = new Receiver({ receiveMaximum: 10 })
    expect([accepted(receiver, 7), accepted(receiver, 7), receiver.held]).toEqual([accept, repeat, 1])
    expect([receiver.onPubrel(7), receiver.onPubrel(7), receiver.held]).toEqual([true, false, 0])
    expect(accepted(receiver, 7)).toBe(accept)
  })

  it('[MQTT-4.3.3-9] hostile #145 a refused identifier is free: its next PUBLISH is new, a PUBREL behind it unknown', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    expect(receiver.onPublish(2, 7)).toBe(accept)
    receiver.acknowledged()
    expect([receiver.onPubrel(7), accepted(receiver, 7)]).toEqual([false, accept])
  })

  it('hostile #76 the same identifier 100,000 times costs one identifier and no quota', () => {
    const receiver = new Receiver({ receiveMaximum: 2 })
    accepted(receiver, 7)
    let repeats = 0
    for (let count = 0; count < 100_000; count += 1) if (accepted(receiver, 7) === repeat) repeats += 1
    expect([repeats, receiver.held, receiver.unacknowledged]).toEqual([100_000, 1, 1])
  })

  it('hostile #75 MQTT 3.x holds all 65,535 identifiers', () => {
    const receiver = new Receiver({ receiveMaximum: 65_535 })
    const all = Array.from({ length: 65_535 }, (_, index) => index + 1)
    expect(all.every((packetId) => accepted(receiver, packetId) === accept)).toBe(true)
    expect([receiver.held, accepted(receiver, 65_535), receiver.onPublish(1, 3)]).toEqual([65_535, repeat, accept])
    for (const packetId of all) receiver.onPubrel(packetId)
    expect(receiver.held).toBe(0)
  })

  it('hostile #78 a resend after a cut is a repeat; hostile #80 one that was never read is new, whatever its DUP', () => {
    const receiver = new Receiver({ receiveMaximum: 10 })
    accepted(receiver, 7)
    receiver.resume(10)
    expect([accepted(receiver, 7), accepted(receiver, 8)]).toEqual([repeat, accept])
    expect([receiver.onPubrel(7), receiver.onPubrel(8), receiver.held]).toEqual([true, true, 0])
  })

  it('hostile #79 after a Clean Start everything is new', () => {
    const receiver = new Receiver({ receiveMaximum: 10 })
    accepted(receiver, 7)
    receiver.resume(10)
    accepted(receiver, 8)
    receiver.clear()
    expect([receiver.held, receiver.unacknowledged, accepted(receiver, 7), accepted(receiver, 8)]).toEqual([
      0,
      0,
      accept,
      accept,
    ])
  })

  it('a PUBREL frees what an earlier connection held', () => {
    const receiver = new Receiver({ receiveMaximum: 10 })
    for (const packetId of [5, 6]) accepted(receiver, packetId)
    receiver.resume(10)
    accepted(receiver, 7)
    receiver.resume(10)
    expect([receiver.onPubrel(6), receiver.held, receiver.has(5), receiver.has(6), receiver.has(7)]).toEqual([
      true,
      2,
      true,
      false,
      true,
    ])
  })

  it.each([0, 65_536, 1.5])('refuses to hold %s', (packetId) => {
    expect(() => new Receiver({ receiveMaximum: 1 }).hold(packetId)).toThrow(QosError)
  })
})

describe('Receive Maximum', () => {
  it('hostile #136 hostile #75 one more than announced is too many, of either QoS', () => {
    const receiver = new Receiver({ receiveMaximum: 2 })
    expect([accepted(receiver, 1), receiver.onPublish(1, 2), accepted(receiver, 3), receiver.onPublish(1, 4)]).toEqual([
      accept,
      accept,
      quotaExceeded,
      quotaExceeded,
    ])
    expect([receiver.unacknowledged, receiver.held]).toEqual([2, 1])
  })

  it('QoS 1 counts also with an identifier that is held for QoS 2', () => {
    const receiver = new Receiver({ receiveMaximum: 2 })
    expect([accepted(receiver, 7), receiver.onPublish(1, 7), receiver.unacknowledged]).toEqual([accept, accept, 2])
    expect(receiver.onPublish(1, 7)).toBe(quotaExceeded)
  })

  it('PUBACK, PUBCOMP and a refusing PUBREC give it back, and never more than was taken', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    expect(receiver.onPublish(1, 1)).toBe(accept)
    receiver.acknowledged()
    expect([accepted(receiver, 2), receiver.onPubrel(2), receiver.onPublish(2, 3)]).toEqual([accept, true, accept])
    receiver.acknowledged()
    receiver.acknowledged()
    expect([receiver.unacknowledged, receiver.onPublish(1, 4), receiver.onPublish(1, 5)]).toEqual([
      0,
      accept,
      quotaExceeded,
    ])
  })

  it('starts anew with a connection, on which a resent PUBLISH counts again, once', () => {
    const receiver = new Receiver({ receiveMaximum: 3 })
    for (const packetId of [1, 2]) accepted(receiver, packetId)
    receiver.resume(2)
    expect(receiver.unacknowledged).toBe(0)
    expect([accepted(receiver, 1), accepted(receiver, 1), receiver.unacknowledged]).toEqual([repeat, repeat, 1])
    expect([accepted(receiver, 2), accepted(receiver, 3)]).toEqual([repeat, quotaExceeded])
  })

  it('a PUBCOMP for an earlier connection lets the peer send one more, as §4.9 has the peer count it', () => {
    const receiver = new Receiver({ receiveMaximum: 1 })
    accepted(receiver, 1)
    receiver.resume(1)
    expect([accepted(receiver, 2), receiver.onPubrel(1), accepted(receiver, 3)]).toEqual([accept, true, accept])
  })

  it('65,535 is no limit: nothing is counted', () => {
    const receiver = new Receiver({ receiveMaximum: 65_535 })
    const outcomes = Array.from({ length: 70_000 }, () => receiver.onPublish(1, 1))
    expect(new Set(outcomes)).toEqual(new Set([accept]))
    expect(receiver.unacknowledged).toBe(0)
  })

  it.each([0, 65_536, 0.5])('refuses %s as a Receive Maximum', (receiveMaximum) => {
    expect(() => new Receiver({ receiveMaximum })).toThrow(QosError)
    expect(() => new Receiver({ receiveMaximum: 1 }).resume(receiveMaximum)).toThrow(QosError)
  })
})

describe('snapshots', () => {
  it('I4 restore equals the original, whichever connection an identifier is from', () => {
    const receiver = new Receiver({ receiveMaximum: 10 })
    for (const packetId of [500, 3]) accepted(receiver, packetId)
    receiver.resume(10)
    accepted(receiver, 40)
    expect(receiverSnapshot(receiver)).toEqual({ held: [3, 40, 500] })
    const restored = restoreReceiver({ receiveMaximum: 10 }, receiverSnapshot(receiver))
    expect([receiverSnapshot(restored), restored.unacknowledged]).toEqual([receiverSnapshot(receiver), 0])
    expect([accepted(restored, 500), accepted(restored, 41)]).toEqual([repeat, accept])
    expect(receiverSnapshot(new Receiver({ receiveMaximum: 10 }))).toEqual({ held: [] })
  })
})
