import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Receiver } from './receiver.ts'
import { Sender } from './sender.ts'
import {
  applySessionDelta,
  receiverSnapshot,
  senderSnapshot,
  sessionDelta,
  type InFlightSnapshot,
  type SessionSnapshot,
} from './session-snapshot.ts'

const entry: fc.Arbitrary<InFlightSnapshot<string>> = fc
  .record({
    packetId: fc.integer({ min: 1, max: 8 }),
    state: fc.constantFrom<1 | 2 | 3>(1, 2, 3),
    sent: fc.boolean(),
    message: fc.constantFrom('a', 'b'),
  })
  .map((fields) => ({ ...fields, qos: fields.state === 1 ? 1 : 2 }))

const snapshot: fc.Arbitrary<SessionSnapshot<string>> = fc
  .record({
    lastPacketId: fc.integer({ min: 0, max: 65_535 }),
    inFlight: fc.uniqueArray(entry, { selector: ({ packetId }) => packetId }),
    held: fc.uniqueArray(fc.integer({ min: 1, max: 8 })),
  })
  .map(({ lastPacketId, inFlight, held }) => ({
    sender: { lastPacketId, inFlight },
    receiver: { held: held.sort((a, b) => a - b) },
  }))

describe('what changed in a Session', () => {
  it('applied to the earlier snapshot gives the later one, for any two', () => {
    fc.assert(
      fc.property(snapshot, snapshot, (before, after) => {
        expect(applySessionDelta(before, sessionDelta(before, after))).toEqual(after)
      }),
      { numRuns: 2000 },
    )
  })

  it('of a Session in which nothing happened is empty', () => {
    fc.assert(
      fc.property(snapshot, (same) => {
        const { sender, receiver } = sessionDelta(same, structuredClone(same))
        expect([sender.freed, sender.updated, sender.appended, receiver.held, receiver.released]).toEqual([
          [],
          [],
          [],
          [],
          [],
        ])
      }),
    )
  })

  it.each<[string, Partial<InFlightSnapshot<string>>]>([
    ['state', { state: 3 }],
    ['message', { message: 'b' }],
    ['having left', { sent: true }],
    ['QoS', { qos: 1 }],
  ])('names a message whose %s changed, and no other', (_what, change) => {
    const stays: InFlightSnapshot<string> = { packetId: 1, qos: 2, state: 2, sent: false, message: 'a' }
    const changes: InFlightSnapshot<string> = { ...stays, packetId: 2 }
    const of = (...inFlight: InFlightSnapshot<string>[]) => ({
      sender: { lastPacketId: 2, inFlight },
      receiver: { held: [] },
    })
    const after = of(stays, { ...changes, ...change })
    const delta = sessionDelta(of(stays, changes), after)
    expect(delta.sender).toEqual({ lastPacketId: 2, freed: [], updated: [{ ...changes, ...change }], appended: [] })
    expect(applySessionDelta(of(stays, changes), delta)).toEqual(after)
  })

  it('names one step of each kind by its identifier alone', () => {
    const sender = new Sender<string>({ receiveMaximum: 10 })
    const receiver = new Receiver({ receiveMaximum: 10 })
    for (const message of ['a', 'b', 'c', 'd']) sender.start(2, message, message !== 'b')
    receiver.hold(4)
    receiver.hold(5)
    const before: SessionSnapshot<string> = { sender: senderSnapshot(sender), receiver: receiverSnapshot(receiver) }
    sender.onPubrec(1, 0)
    sender.markSent(2)
    sender.onPubrec(3, 0x80)
    sender.start(1, 'e')
    receiver.onPubrel(4)
    receiver.hold(6)
    const delta = sessionDelta(before, { sender: senderSnapshot(sender), receiver: receiverSnapshot(receiver) })
    expect(delta).toEqual({
      sender: {
        lastPacketId: 5,
        freed: [1, 3],
        updated: [{ packetId: 2, qos: 2, state: 2, sent: true, message: 'b' }],
        appended: [
          { packetId: 1, qos: 2, state: 3, sent: true, message: 'a' },
          { packetId: 5, qos: 1, state: 1, sent: true, message: 'e' },
        ],
      },
      receiver: { held: [6], released: [4] },
    })
  })
})
