import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { KeepAlive, KeepAliveOutcome, serverKeepAliveDeadlineMs } from './keep-alive.ts'

const { nothing, sendPingreq, timedOut } = KeepAliveOutcome

describe('the server', () => {
  it.each([
    [60, 1000, 91_000],
    [1, 0, 1500],
    [65_535, 5, 98_302_505],
    [0, 7, Number.POSITIVE_INFINITY],
  ])(
    '[MQTT-3.1.2-22 v5.0] [MQTT-3.1.2-24 v3.1.1] I28 Keep Alive %i, last packet at %i: closes at %i',
    (keepAliveSeconds, lastReceivedMs, deadlineMs) => {
      expect(serverKeepAliveDeadlineMs(keepAliveSeconds, lastReceivedMs)).toBe(deadlineMs)
    },
  )
})

describe('the client', () => {
  it('[MQTT-3.1.2-20 v5.0] [MQTT-3.1.2-23 v3.1.1] sends PINGREQ after one Keep Alive in which it sent nothing', () => {
    const keepAlive = new KeepAlive(60, 0)
    keepAlive.sent(10_000)
    keepAlive.received(50_000)
    expect([keepAlive.deadlineMs, keepAlive.check(69_999), keepAlive.check(70_000)]).toEqual([
      70_000,
      nothing,
      sendPingreq,
    ])
    expect(keepAlive.deadlineMs).toBe(100_000)
  })

  it('C8 asks too when it sent all the time and nothing came back', () => {
    const keepAlive = new KeepAlive(60, 0)
    for (let now = 0; now <= 60_000; now += 1000) keepAlive.sent(now)
    expect(keepAlive.check(60_000)).toBe(sendPingreq)
  })

  it.each([
    [60, 30_000],
    [10, 10_000],
    [1, 10_000],
    [1200, 600_000],
  ])('C8 Keep Alive %i: the answer must come within %i ms', (keepAliveSeconds, responseTimeoutMs) => {
    const keepAlive = new KeepAlive(keepAliveSeconds, 0)
    const pinged = keepAliveSeconds * 1000
    keepAlive.check(pinged)
    expect(keepAlive.responseTimeoutMs).toBe(responseTimeoutMs)
    expect(keepAlive.check(pinged + responseTimeoutMs - 1)).toBe(nothing)
    expect(keepAlive.check(pinged + responseTimeoutMs)).toBe(timedOut)
  })

  it('C8 any packet counts as the answer', () => {
    const keepAlive = new KeepAlive(60, 0)
    keepAlive.check(60_000)
    keepAlive.received(75_000)
    expect([keepAlive.deadlineMs, keepAlive.check(100_000), keepAlive.check(120_000)]).toEqual([
      120_000,
      nothing,
      sendPingreq,
    ])
  })

  it('C8 after sleep it asks once more instead of giving up, and only once', () => {
    const keepAlive = new KeepAlive(60, 0)
    keepAlive.check(60_000)
    expect([keepAlive.check(3_600_000), keepAlive.deadlineMs]).toEqual([sendPingreq, 3_630_000])
    expect(keepAlive.check(3_630_000)).toBe(timedOut)
    keepAlive.received(3_630_001)
    keepAlive.check(3_700_000)
    expect(keepAlive.check(9_000_000)).toBe(sendPingreq)
    expect(keepAlive.check(19_000_000)).toBe(timedOut)
  })

  it.each([
    [94_999, timedOut],
    [95_000, sendPingreq],
  ])('C8 a check that is late by less than 5 s gives up, one by more asks: at %i ms', (nowMs, outcome) => {
    const keepAlive = new KeepAlive(60, 0)
    keepAlive.check(60_000)
    expect(keepAlive.check(nowMs)).toBe(outcome)
  })

  it('C8 a sleep before any PINGREQ just asks', () => {
    const keepAlive = new KeepAlive(60, 0)
    expect([keepAlive.check(3_600_000), keepAlive.check(3_600_001)]).toEqual([sendPingreq, nothing])
  })

  it('0 turns it off, but for a question asked on purpose', () => {
    const keepAlive = new KeepAlive(0, 0)
    expect([keepAlive.deadlineMs, keepAlive.check(1e12)]).toEqual([Number.POSITIVE_INFINITY, nothing])
    expect([keepAlive.probe(1e12), keepAlive.deadlineMs, keepAlive.check(1e12 + 10_000)]).toEqual([
      sendPingreq,
      1e12 + 10_000,
      timedOut,
    ])
    keepAlive.received(1e12 + 10_001)
    expect(keepAlive.deadlineMs).toBe(Number.POSITIVE_INFINITY)
  })

  it('[MQTT-3.1.2-20 v5.0] never leaves the server without a packet for longer than the Keep Alive, and never gives up on one that answers', () => {
    const step = fc.record({ afterMs: fc.integer({ min: 0, max: 40_000 }), kind: fc.constantFrom('sent', 'received') })
    fc.assert(
      fc.property(fc.integer({ min: 5, max: 30 }), fc.array(step, { maxLength: 60 }), (keepAliveSeconds, steps) => {
        const keepAlive = new KeepAlive(keepAliveSeconds, 0)
        let now = 0
        let lastSent = 0
        for (const { afterMs, kind } of steps) {
          const until = now + afterMs
          while (keepAlive.deadlineMs <= until) {
            now = keepAlive.deadlineMs
            expect(now - lastSent).toBeLessThanOrEqual(keepAliveSeconds * 1000)
            expect(keepAlive.check(now)).toBe(sendPingreq)
            lastSent = now
            keepAlive.received(now + 1)
          }
          now = Math.max(now, until)
          if (kind === 'sent') lastSent = now
          if (kind === 'sent') keepAlive.sent(now)
          else keepAlive.received(now)
        }
      }),
    )
  })
})
