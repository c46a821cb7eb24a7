import { describe, expect, it, vi } from 'vitest'
import { InFlightTable } from './in-flight-table.ts'
import { QosError } from './qos-error.ts'
import { Sender, type SenderResend } from './sender.ts'
import { restoreSender, senderSnapshot } from './session-snapshot.ts'
import { startWith } from './start-with.ts'
import { SenderOutcome, SenderState } from './transitions.ts'

const { completed, sendPubrel } = SenderOutcome

function senderWith(receiveMaximum: number, qos: readonly (1 | 2)[]): Sender<string> {
  const sender = new Sender<string>({ receiveMaximum })
  for (const each of qos) sender.start(each, `message ${sender.position}`)
  return sender
}

function brief(resends: readonly SenderResend<string>[]): string[] {
  return resends.map((resend) =>
    resend.type === 'pubrel' ? `pubrel ${resend.packetId}` : `publish ${resend.packetId} dup ${resend.dup}`,
  )
}

describe('what is sent again', () => {
  it('[MQTT-4.4.0-1 v3.1.1 v5.0] hostile #82 everything unacknowledged, once, same identifiers, original order, DUP set', () => {
    const sender = senderWith(10, [1, 2, 1])
    sender.onPuback(1, 0)
    sender.start(2, 'later')
    expect(sender.resends()).toEqual([])
    sender.resume(65_535)
    expect(sender.owed).toBe(3)
    expect(sender.resends()).toEqual([
      { type: 'publish', packetId: 2, qos: 2, dup: true, message: 'message 1' },
      { type: 'publish', packetId: 3, qos: 1, dup: true, message: 'message 2' },
      { type: 'publish', packetId: 4, qos: 2, dup: true, message: 'later' },
    ])
    expect([sender.resends(), sender.owed, sender.quota]).toEqual([[], 0, 7])
  })

  it('[MQTT-4.3.3-6] hostile #81 I6 past PUBREC only PUBREL is sent again, and before anything new', () => {
    const sender = senderWith(10, [2])
    sender.onPubrec(1, 0)
    sender.resume(65_535)
    expect([sender.quota, sender.start(1, 'new'), startWith(sender, 1, 9, 'new')]).toEqual([0, 0, false])
    expect(brief(sender.resends())).toEqual(['pubrel 1'])
    expect([sender.quota, sender.start(1, 'new')]).toEqual([10, 2])
  })

  it('[MQTT-4.6.0-4 v3.1.1 v5.0] PUBRELs in the order of their PUBRECs, among the others where they were first sent', () => {
    const sender = senderWith(10, [2, 1, 2])
    sender.onPubrec(3, 0)
    sender.onPubrec(1, 0)
    sender.start(1, 'last')
    sender.resume(65_535)
    expect(brief(sender.resends())).toEqual(['publish 2 dup true', 'pubrel 3', 'pubrel 1', 'publish 4 dup true'])
  })

  it('hostile #82 I11 what never left the commit gate goes with DUP 0', () => {
    const sender = new Sender<string>({ receiveMaximum: 10 })
    for (const text of ['a', 'b', 'c', 'd']) sender.start(1, text, false)
    startWith(sender, 2, 100, 'e', false)
    sender.markSent(3)
    sender.markSent(99)
    expect(sender.position).toBe(5)
    sender.markSentBefore(1)
    sender.markSentBefore(0)
    sender.resume(65_535)
    expect(brief(sender.resends())).toEqual([
      'publish 1 dup true',
      'publish 2 dup false',
      'publish 3 dup true',
      'publish 4 dup false',
      'publish 100 dup false',
    ])
    // Now they have left.
    sender.resume(65_535)
    expect(brief(sender.resends()).every((text) => text.endsWith('dup true'))).toBe(true)
  })

  it('QoS 2 that never left is not owed to the receiver when it is given up', () => {
    const sender = new Sender<string>({ receiveMaximum: 10 })
    sender.start(2, 'a', false)
    sender.resume(65_535)
    sender.resends()
    expect([sender.abandon(1), sender.outstanding]).toEqual([completed, 0])
  })
})

describe('quota after a reconnect', () => {
  it('hostile #153 I8 more in flight than the new Receive Maximum: slices, in order, nothing new before the last', () => {
    const sender = senderWith(10, [1, 1, 2, 1, 1])
    sender.resume(2)
    expect(brief(sender.resends())).toEqual(['publish 1 dup true', 'publish 2 dup true'])
    expect([sender.resends(), sender.owed, sender.start(1, 'new')]).toEqual([[], 3, 0])
    sender.onPuback(2, 0)
    expect(brief(sender.resends())).toEqual(['publish 3 dup true'])
    sender.onPubrec(3, 0)
    expect(sender.resends()).toEqual([])
    sender.onPubcomp(3, 0)
    sender.onPuback(1, 0)
    expect(brief(sender.resends(1))).toEqual(['publish 4 dup true'])
    expect(brief(sender.resends(1))).toEqual(['publish 5 dup true'])
    expect([sender.owed, sender.quota]).toEqual([0, 0])
    sender.onPuback(4, 0)
    expect([sender.quota, sender.start(1, 'new')]).toEqual([1, 6])
  })

  it('[MQTT-4.9.0-3] a PUBLISH that waits for quota does not hold back a PUBREL behind it', () => {
    const sender = senderWith(10, [1, 1, 2])
    sender.onPubrec(3, 0)
    sender.resume(1)
    expect(brief(sender.resends())).toEqual(['publish 1 dup true', 'pubrel 3'])
    expect(sender.owed).toBe(1)
  })

  it('I8 a PUBCOMP for a resent PUBREL never lifts the quota above its start, nor gives back what others took', () => {
    const sender = senderWith(2, [2, 2])
    sender.onPubrec(1, 0)
    sender.onPubrec(2, 0)
    sender.resume(2)
    sender.resends()
    sender.start(1, 'a')
    sender.start(1, 'b')
    expect([sender.quota, sender.onPubcomp(1, 0), sender.onPubcomp(2, 0), sender.quota]).toEqual([
      0,
      completed,
      completed,
      0,
    ])
    sender.onPuback(3, 0)
    sender.onPuback(4, 0)
    expect(sender.quota).toBe(2)
  })

  it.each([
    [10, 3, 3],
    [3, 10, 3],
    [5, 65_535, 5],
    [5, 0, 1],
  ])('[MQTT-4.9.0-1] own limit %i, Receive Maximum %i: starts at %i', (own, receiveMaximum, quota) => {
    const sender = new Sender({ receiveMaximum: own })
    sender.resume(receiveMaximum)
    expect(sender.quota).toBe(quota)
  })

  it('an answer that comes before the resend takes it off what is owed', () => {
    const sender = senderWith(10, [1, 2, 2, 2])
    sender.onPubrec(4, 0)
    sender.resume(1)
    expect([sender.onPuback(1, 0), sender.onPubrec(2, 0), sender.onPubrec(4, 0)]).toEqual([
      completed,
      sendPubrel,
      sendPubrel,
    ])
    expect(brief(sender.resends())).toEqual(['publish 3 dup true'])
    expect([sender.onPubcomp(2, 0), sender.onPubcomp(4, 0), sender.onPubrec(3, 0x80)].length).toBe(3)
    expect([sender.outstanding, sender.quota]).toEqual([0, 1])
    sender.start(1, 'again')
    sender.resume(1)
    expect([sender.onPuback(5, 0), sender.owed, sender.resends()]).toEqual([completed, 0, []])
  })

  it('a SUBSCRIBE that waits for its answer is not sent again here', () => {
    const sender = senderWith(10, [1])
    sender.take()
    sender.resume(65_535)
    expect([sender.owed, brief(sender.resends())]).toEqual([1, ['publish 1 dup true']])
  })
})

describe('snapshots', () => {
  it('restore equals the original: states, order, DUP, messages, the next identifier', () => {
    const sender = senderWith(10, [1, 2, 2])
    sender.onPubrec(2, 0)
    sender.start(1, 'gated', false)
    sender.start(2, undefined)
    sender.take()
    const snapshot = senderSnapshot(sender)
    const restored = restoreSender({ receiveMaximum: 10 }, structuredClone(snapshot))
    expect(senderSnapshot(restored)).toEqual(snapshot)
    sender.resume(3)
    restored.resume(3)
    expect(restored.resends()).toEqual(sender.resends())
    expect(senderSnapshot(restored)).toEqual(senderSnapshot(sender))
  })

  it('a message with a chosen identifier has left, unless it is said otherwise, and is found by any identifier', () => {
    for (let packetId = 1; packetId <= 64; packetId += 1) {
      const sender = senderWith(10, [])
      startWith(sender, 2, packetId, 'a')
      expect([packetId, sender.state(packetId)]).toEqual([packetId, SenderState.awaitingPubrec])
      sender.resume(10)
      expect(brief(sender.resends())).toEqual([`publish ${packetId} dup true`])
      expect([packetId, sender.abandon(packetId)]).toEqual([packetId, sendPubrel])
    }
  })

  it('any identifier is marked as sent, and is not given out while it is in use', () => {
    for (let packetId = 1; packetId <= 64; packetId += 1) {
      const sender = senderWith(10, [])
      startWith(sender, 1, packetId, 'a', false)
      sender.lastPacketId = packetId - 1
      expect(sender.start(1, 'b', false)).toBe(packetId + 1)
      sender.markSent(packetId)
      sender.resume(10)
      expect(brief(sender.resends())).toEqual([`publish ${packetId} dup true`, `publish ${packetId + 1} dup false`])
    }
  })

  it('[MQTT-4.6.0-4 v3.1.1 v5.0] a second PUBREC does not move its PUBREL behind others', () => {
    const sender = senderWith(10, [2, 2])
    for (const packetId of [2, 1, 2]) sender.onPubrec(packetId, 0)
    sender.resume(10)
    expect(brief(sender.resends())).toEqual(['pubrel 2', 'pubrel 1'])
  })

  it('giving up what was not sent again yet lifts no quota', () => {
    const sender = senderWith(2, [2, 2])
    sender.resume(2)
    expect(brief(sender.resends(1))).toEqual(['publish 1 dup true'])
    expect([sender.abandon(2), sender.owed, sender.quota]).toEqual([sendPubrel, 0, 1])
  })

  it('an acknowledgement walks over nothing that still waits: ten times the messages take about ten times the look-ups', () => {
    const find = vi.spyOn(InFlightTable.prototype, 'find')
    const looks = (count: number): number => {
      const sender = senderWith(
        count,
        Array.from({ length: count }, (_, number) => (number % 2 === 0 ? 1 : 2)),
      )
      // The PUBREL that are owed come first, at once.
      for (let packetId = 2; packetId <= Math.min(20, count); packetId += 2) sender.onPubrec(packetId, 0)
      sender.resume(1)
      find.mockClear()
      let sent = 0
      for (let owed = true; owed; owed = sender.owed > 0) {
        for (const resend of sender.resends()) {
          sent += 1
          if (resend.type === 'pubrel') sender.onPubcomp(resend.packetId, 0)
          else if (resend.qos === 1) sender.onPuback(resend.packetId, 0)
          else sender.onPubrec(resend.packetId, 0x80)
        }
      }
      expect([sent, sender.outstanding]).toEqual([count, 0])
      return find.mock.calls.length
    }
    const [few, many] = [looks(100), looks(1_000)]
    find.mockRestore()
    expect(many).toBeLessThan(few * 20)
  })

  it('nothing new starts from a restored Sender before what it owes', () => {
    const restored = restoreSender({ receiveMaximum: 10 }, senderSnapshot(senderWith(10, [1])))
    expect([restored.owed, restored.start(1, 'new')]).toEqual([1, 0])
  })

  it.each([
    ['PACKET_IDENTIFIER_IN_USE', [4, 4]],
    ['PACKET_IDENTIFIER_OUT_OF_RANGE', [65_536]],
  ])('refuses a broken snapshot: %s', (code, packetIds) => {
    const inFlight = packetIds.map((packetId) => ({
      packetId,
      qos: 1 as const,
      state: 1 as const,
      sent: true,
      message: 'x',
    }))
    let caught: unknown
    try {
      restoreSender({ receiveMaximum: 10 }, { lastPacketId: 4, inFlight })
    } catch (error) {
      caught = error
    }
    const message = { PACKET_IDENTIFIER_IN_USE: 'uses 4 twice', PACKET_IDENTIFIER_OUT_OF_RANGE: '65536' }[code]
    expect(caught).toMatchObject({ code, message: expect.stringContaining(message!) })
    expect(QosError.isInstance(caught)).toBe(true)
  })
})
